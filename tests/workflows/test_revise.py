"""A reviewer's words become the next proposal on the same branch."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from validators.encoding import decode
from validators.sandbox import FileChange
from workflows.prompts import first_request, revision_request
from workflows.proposal import BundleRefusal
from workflows.publish import publish
from workflows.pull_request import PullRequest
from workflows.review import Comment, Review
from workflows.revise import AnsweredReview, newest_request, revision_of, words_of
from workflows.threads import Thread, ThreadComment
from workflows.workshop import Outcome, Revision

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]


def asking(number: int = 1, words: str = "Say uno, please.") -> Review:
    comments = (Comment("why so?", "tally.py", 2),)
    return Review(number, "changes-requested", "ada", words, "t", comments=comments)


@pytest.fixture
def published(studio: "Studio") -> PullRequest:
    studio.seal()
    made = publish(*studio.bundle(), studio.press).pull_request
    assert made is not None
    return made


def revised(studio: "Studio", pull_request: PullRequest, *replies: str) -> Outcome:
    revision = revision_of(pull_request, studio.bundle()[0], studio.clone)
    return studio.propose(replies, run="r2", attempts=2, revision=revision)


def test_the_review_is_answered_on_the_tree_and_the_branch_of_the_request(
    studio: "Studio", published: PullRequest, edit: Edit
) -> None:
    asked = studio.forge.record_review(asking())

    outcome = revised(studio, asked, edit("data/one.txt", "one\n", "uno\n"))

    assert outcome.state == "proposed"
    bundle, sha256 = studio.bundle("r2")
    assert (bundle.revises, bundle.revised_run) == (published.number, "r1")
    assert {change.path for change in bundle.changes} == {"tally.py", "data/one.txt"}
    assert studio.data("run.started", "r2")[0]["revises"] == published.number
    again = publish(bundle, sha256, studio.press).pull_request
    assert again is not None
    assert (again.number, again.draft.run) == (published.number, "r2")
    assert again.head == studio.forge.branch_head(published.draft.branch) != published.head


def test_the_model_is_shown_its_earlier_change_and_the_words(
    studio: "Studio", published: PullRequest, edit: Edit
) -> None:
    revised(studio, studio.forge.record_review(asking()), edit("data/one.txt", "one\n", "uno\n"))

    diff = (
        "diff --git a/tally.py b/tally.py\n"
        f"index {blob(studio, studio.clone.base_tree)}"
        f"..{blob(studio, studio.bundle()[0].applied_tree)} 100644\n"
        "--- a/tally.py\n"
        "+++ b/tally.py\n"
        "@@ -1,5 +1,5 @@\n"
        " def words(text):\n"
        '-    return len(text.split(" "))\n'
        "+    return len(text.split())\n"
        " \n"
        " \n"
        " def lines(text):\n"
    )
    words = "Say uno, please.\n\ntally.py:2: why so?"
    opening = first_request(studio.task, studio.choose(studio.task))
    assert studio.asked("r2")[0].messages[0].text == (
        f"{opening.text}\n\n{revision_request(Revision(1, '', diff, words, '')).text}"
    )


def blob(studio: "Studio", tree: str) -> str:
    from validators.checkout import list_files  # noqa: PLC0415 - for the index line alone

    found = next(file for file in list_files(studio.clone, tree) if file.path == "tally.py")
    return found.sha


def test_without_a_request_there_is_nothing_to_revise(
    studio: "Studio", published: PullRequest, right: str
) -> None:
    with pytest.raises(BundleRefusal, match="nobody asks for changes on pull request 1"):
        revised(studio, published, right)
    assert studio.journal.read("r2") == []


def test_a_closed_request_is_not_revised(studio: "Studio", published: PullRequest) -> None:
    studio.forge.record_review(asking())
    closed = studio.forge.record_review(Review(1, "rejected", "ada", "no", "t"))

    with pytest.raises(BundleRefusal, match="pull request 1 is closed; it cannot be revised"):
        newest_request(closed)


def test_only_the_newest_review_counts(published: PullRequest) -> None:
    accepted = replace(asking(), verdict="accepted")
    settled = replace(published, reviews=(asking(), accepted))
    asked_again = replace(published, reviews=(accepted, asking(), asking(words="again")))

    with pytest.raises(BundleRefusal, match="nobody asks"):
        newest_request(settled)
    assert newest_request(asked_again).words == "again"


def test_a_bundle_that_no_longer_makes_its_tree_is_refused(
    studio: "Studio", published: PullRequest
) -> None:
    asked = studio.forge.record_review(asking())
    false = replace(studio.bundle()[0], changes=(FileChange("a.py", "100644", b""),))

    with pytest.raises(BundleRefusal, match="no longer makes the tree it names"):
        revision_of(asked, false, studio.clone)


def test_a_revision_knows_what_it_continues_and_by_which_run(
    studio: "Studio", published: PullRequest, edit: Edit
) -> None:
    asked = studio.forge.record_review(asking())
    bundle = studio.bundle()[0]

    first = revision_of(asked, bundle, studio.clone)

    assert (first.number, first.tree, first.run) == (1, bundle.applied_tree, "r1")
    assert first.words == words_of(asking())
    revised(studio, asked, edit("data/one.txt", "one\n", "uno\n"))
    kept = studio.journal.get_blob(studio.data("run.started", "r2")[0]["revision"])
    assert decode(kept, Revision) == first


def test_a_revision_is_revised_in_turn(
    studio: "Studio", published: PullRequest, edit: Edit
) -> None:
    revised(studio, studio.forge.record_review(asking()), edit("data/one.txt", "one\n", "uno\n"))
    publish(*studio.bundle("r2"), studio.press)
    asked = studio.forge.record_review(asking(words="Say eins."))
    revision = revision_of(asked, studio.bundle("r2")[0], studio.clone)

    again = edit("data/one.txt", "uno\n", "eins\n")
    assert studio.propose([again], run="r3", revision=revision).state == "proposed"
    made = publish(*studio.bundle("r3"), studio.press).pull_request

    assert made is not None
    assert (made.number, made.draft.run) == (published.number, "r3")
    assert studio.bundle("r3")[0].revised_run == "r2"
    assert {change.path for change in studio.bundle("r3")[0].changes} == {
        "tally.py",
        "data/one.txt",
    }


def test_comments_are_told_with_their_places() -> None:
    comments = (
        Comment("this line", "a.py", 3),
        Comment("this file", "b.py"),
        Comment("all of it"),
        Comment(""),
    )
    review = Review(1, "changes-requested", "ada", "Please:", "t", comments=comments)

    assert words_of(review) == "Please:\n\na.py:3: this line\n\nb.py: this file\n\nall of it"
    assert words_of(replace(review, words="", comments=())) == ""


def test_threads_are_answered_without_the_words_that_were_answered_before(
    studio: "Studio", published: PullRequest
) -> None:
    threads = (Thread("1", "tally.py", 2, "head", (ThreadComment("ada", "why?", "t"),)),)
    earlier = studio.bundle()[0]
    studio.forge.record_review(replace(asking(), at="2026-01-01T00:00:00Z"))

    def words(at: str, *answered: AnsweredReview) -> str:
        known = studio.forge.record_review(replace(asking(), at=at))
        return revision_of(known, earlier, studio.clone, threads, answered).words

    assert words("2026-11-21T08:59:59Z") == ""  # its run began at nine
    assert words("2026-11-21T09:00:01Z") == "Say uno, please."
    # A run that only answered, and what was said to it.
    told = AnsweredReview("2026-11-21T09:00:02.200Z", "Say uno, please.")
    assert words("2026-11-21T09:00:01Z", told) == ""
    assert words("2026-11-21T09:00:02Z", told) == ""
    assert words("2026-11-21T09:00:02Z", replace(told, words="Why?")) == "Say uno, please."
    assert words("2026-11-21T09:00:03Z", told) == "Say uno, please."
    # One without threads was told what stands at the lines of the review as well.
    alone = AnsweredReview("2026-11-21T09:00:04Z", words_of(asking()))
    assert words("2026-11-21T09:00:04Z", alone) == ""
    studio.forge.close_pull_request(published.number, "enough")
    with pytest.raises(BundleRefusal, match="is closed; it cannot be revised"):
        revision_of(studio.forge.pull_request(1), earlier, studio.clone, threads)
