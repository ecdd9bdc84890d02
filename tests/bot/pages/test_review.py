"""A pull request on a terminal, compared whole."""

from dataclasses import replace

import pytest

from bot.pages.review import review_text
from workflows.pull_request import PullRequest, PullRequestDraft
from workflows.review import Review

BASE = "c" * 40
DRAFT = PullRequestDraft("k", "changewright/x", "main", BASE, "A\ntitle", "Body\n\n", "r1", "")
REQUEST = PullRequest(4, DRAFT, "d" * 40, "open", "file:///x", "2026-01-02T03:04:05Z")


def test_title_body_and_diff_stand_below_each_other() -> None:
    assert review_text(REQUEST, "-old\n+new\n\n", BASE, REQUEST.head) == (
        "#4 A\\ntitle\n"
        "open draft, changewright/x -> main at dddddddddddd, opened 2026-01-02T03:04:05Z\n"
        "\n"
        "Body\n"
        "\n"
        "## Diff\n"
        "\n"
        "-old\n"
        "+new"
    )


@pytest.mark.parametrize(
    ("base_head", "words"), [("e" * 40, "is at eeeeeeeeeeee by now"), (None, "is gone by now")]
)
def test_an_open_one_says_that_its_base_has_moved(base_head: str | None, words: str) -> None:
    shown = review_text(REQUEST, "+new", base_head, REQUEST.head).splitlines()

    assert shown[2] == f"behind: main {words}; the gates ran on cccccccccccc"


@pytest.mark.parametrize(
    ("branch_head", "words"), [("e" * 40, "is at eeeeeeeeeeee by now"), (None, "is gone by now")]
)
def test_an_open_one_says_that_its_own_branch_has_moved(
    branch_head: str | None, words: str
) -> None:
    shown = review_text(REQUEST, "+new", BASE, branch_head).splitlines()

    assert shown[2] == f"not this: changewright/x {words}; below is what was proposed and gated"


def test_each_review_is_a_line_that_says_who_claimed_it() -> None:
    reviews = (
        Review(4, "rejected", "ada\n- forged", "no", "2026-01-03", "not-wanted"),
        Review(4, "accepted", "bob", "", "2026-01-04", verified=True, merged=True),
    )
    merged = replace(REQUEST, reviews=reviews, state="merged", draft=replace(DRAFT, draft=False))

    shown = review_text(merged, "+new", None, None).splitlines()

    assert shown[1].startswith("merged, changewright/x -> main")
    assert shown[5:10] == [
        "## Reviews",
        "",
        r"- 2026-01-03 ada\n- forged (claimed) rejected [not-wanted]: no",
        "- 2026-01-04 bob accepted, merged",
        "",
    ]


def test_labels_and_the_people_asked_are_named() -> None:
    asked = replace(DRAFT, labels=("bot", "fix"), reviewers=("ada", "a\nb"))

    shown = review_text(replace(REQUEST, draft=asked), "+new", BASE, REQUEST.head).splitlines()

    assert shown[2:4] == ["labels: bot, fix", r"asked to review: ada, a\nb"]
