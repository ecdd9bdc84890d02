"""Threads of a local pull request: begun by people, answered by a revision, resolved."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.commands.review import reason_of
from bot.desk import open_desk
from workflows.thread_answers import revision_in

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk
    from workflows.workshop import Revision

EDIT = "data/one.txt\n<<<<<<< SEARCH\ngood\n=======\nbetter\n>>>>>>> REPLACE\n"


@pytest.fixture
def published(desk: "Desk") -> "Desk":
    """Pull request 1 is open since a while and makes `good` of data/one.txt."""
    with desk.at("2026-01-01T00:00:00+00:00"):
        _, document = desk.propose("good")
        desk.run("publish", document["bundle"])
    return desk


def begin(desk: "Desk", *places: str) -> None:
    for place in places:
        words = f"about {place or 'all of it'}"
        assert desk.run("review", "comment", "1", *([place] * bool(place)), "--words", words) == 0


def ask(desk: "Desk", *texts: str, quiet: bool = True, words: str = "") -> int:
    """Ask for changes with ``words`` beside the threads; the model says ``texts``."""
    more = ("--unsafe-no-sandbox", *["--quiet"] * quiet, *["--words", words] * bool(words))
    return desk.run("review", "request-changes", "1", *more, saying(desk, *texts))


def saying(desk: "Desk", *texts: str) -> str:
    """Return the option for a model that says ``texts``."""
    script = desk.folder / "answer.yml"
    script.write_text(json.dumps({"replies": [{"text": text} for text in texts]}))
    return f"--model=scripted:{script}"


def revision(desk: "Desk") -> "Revision":
    """Return what the newest run was asked."""
    with desk.journal() as journal:
        found = revision_in(journal.read(newest(desk)["id"]), journal.get_blob)
    assert found is not None
    return found


def threads(desk: "Desk") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("review", "threads", "1", "--all")[1]["threads"]
    return found


def newest(desk: "Desk") -> dict[str, Any]:
    found: dict[str, Any] = desk.ask("runs")[1]["runs"][0]
    return found


def test_every_thread_gets_a_commit_or_an_answer_and_is_resolved(published: "Desk") -> None:
    desk = published
    begin(desk, "data/one.txt:1", "docs/two.txt", "")
    said = "Better indeed.\nTHREAD 1: CHANGED it says better\nTHREAD 2: ANSWER it is meant so\n"

    assert ask(desk, f"{said}THREAD 3: ANSWER @all see #1\n\n{EDIT}") == 0

    assert [one["resolved"] for one in threads(desk)] == [False] * 3  # nothing is published yet
    run = newest(desk)
    for _ in range(2):
        assert desk.run("publish", run["bundle"]) == 0
    found = threads(desk)
    assert [one["resolved"] for one in found] == [True] * 3
    assert [len(one["comments"]) for one in found] == [2] * 3
    answers = [one["comments"][1]["body"] for one in found]
    head = desk.pull_requests()[0]["head"]
    assert answers[0] == f"Changed in {head}.\n\n> it says better"
    assert answers[1] == "> it is meant so"
    assert "@all" not in answers[2]
    kinds = [kind for kind in desk.kinds(run["id"]) if kind == "effect.settled"]
    assert len(kinds) == 2 + 6  # branch and pull request; a reply and an end for each thread
    assert desk.run("review", "threads", "1") == 0
    assert desk.said == "no thread is open on pull request 1\n"


def test_a_review_of_questions_is_answered_without_a_commit(published: "Desk") -> None:
    desk = published
    begin(desk, "data/one.txt:1", "docs/two.txt")
    head = desk.pull_requests()[0]["head"]

    said = "NO CHANGE NEEDED: questions only.\nTHREAD 1: ANSWER because."
    assert ask(desk, said, quiet=False, words="Explain it.") == 1

    assert "thread 1: answered" in desk.noted
    assert revision(desk).words == "Explain it."
    assert [one["resolved"] for one in threads(desk)] == [True, False]
    assert desk.pull_requests()[0]["head"] == head
    # What was answered is not asked again; what nobody dealt with is.
    model = saying(desk, "NO CHANGE NEEDED: as before.\nTHREAD 1: ANSWER because.")
    desk.run("propose", "--revise", "1", "--unsafe-no-sandbox", "--quiet", model)
    assert ([one.id for one in revision(desk).threads], revision(desk).words) == (["2"], "")


def test_a_review_alone_that_needs_no_change_is_not_asked_again(published: "Desk") -> None:
    desk = published
    assert ask(desk, "NO CHANGE NEEDED: it is so already.", words="Explain it.") == 1
    assert revision(desk).words == "Explain it."
    begin(desk, "docs/two.txt")

    model = saying(desk, "NO CHANGE NEEDED: no.\nTHREAD 1: ANSWER because.")
    desk.run("propose", "--revise", "1", "--unsafe-no-sandbox", "--quiet", model)

    assert ([one.id for one in revision(desk).threads], revision(desk).words) == (["1"], "")


def test_an_answer_goes_to_its_own_pull_request_whatever_ran_since(published: "Desk") -> None:
    desk = published
    begin(desk, "data/one.txt:1")
    model = saying(desk, "NO CHANGE NEEDED: it is right.\nTHREAD 1: ANSWER because.")
    desk.run("propose", "--revise", "1", "--unsafe-no-sandbox", "--quiet", model)
    desk.propose("best", name="other")  # somebody else, at the same time

    with open_desk(desk.repo, {"state": desk.state}) as here:
        elsewhere = replace(here, repository="/another/that/has/a/pull/request/1")
        assert elsewhere.answer_without_change(1) == ()
        assert [one.kind for one in here.answer_without_change(1)] == ["answered"]


@pytest.mark.long
def test_what_is_said_to_be_changed_and_is_not_counts_as_words(published: "Desk") -> None:
    desk = published
    begin(desk, "docs/two.txt:1", "docs/two.txt:1", "data/one.txt")
    said = "THREAD 1: CHANGED all of it\nTHREAD 3: CHANGED it says better\n"

    assert ask(desk, f"{said}\n{EDIT}") == 0
    desk.run("publish", newest(desk)["bundle"])

    found = threads(desk)
    assert [one["resolved"] for one in found] == [True, False, True]
    assert found[0]["comments"][1]["body"] == "> all of it"
    assert found[2]["comments"][1]["body"].startswith("Changed in ")
    body = desk.ask("review", "show", "1")[1]["draft"]["body"]
    assert "neither answered nor followed" in body


@pytest.mark.long
def test_whoever_goes_on_talking_keeps_a_thread_open(published: "Desk") -> None:
    desk = published
    begin(desk, "data/one.txt:1")
    assert ask(desk, f"THREAD 1: CHANGED done\n\n{EDIT}") == 0
    with desk.at("2031-01-01T00:00:00Z"):
        desk.run("review", "comment", "1", "--thread", "1", "--words", "and the other one?")

    desk.run("publish", newest(desk)["bundle"])

    (found,) = threads(desk)
    assert (found["resolved"], len(found["comments"])) == (False, 3)


def test_a_person_resolves_and_opens_again(published: "Desk") -> None:
    desk = published
    begin(desk, "data/one.txt:1")
    assert desk.run("review", "resolve", "1", "1") == 0
    assert [one["resolved"] for one in threads(desk)] == [True]
    desk.run("review", "comment", "1", "--thread", "1", "--words", "not so")
    assert desk.run("review", "threads", "1") == 0
    assert "[1] data/one.txt:1  open\n" in desk.said
    assert "about data/one.txt:1\n" in desk.said
    assert "(claimed)" in desk.said


def test_nobody_talks_where_nobody_would_look_or_without_words(published: "Desk") -> None:
    for words, told in (
        (("data/none.txt:1",), "there is no file 'data/none.txt' after the change"),
        (("data/one.txt:9",), "data/one.txt has 1 lines after the change; there is no 9"),
        (("data/one.txt", "--thread", "1"), "give FILE:LINE for a new thread"),
        (("--thread", "7"), "has no thread '7'"),
    ):
        assert published.run("review", "comment", "1", *words, "--words", "hm") == 2
        assert told in published.noted
    assert threads(published) == []
    assert published.run("review", "request-changes", "1", "--unsafe-no-sandbox") == 2
    assert "say it in words: no thread is open" in published.noted


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("too-large", None, ""), ("too-large", "")),
        (("style", None, "tabs"), ("style", "tabs")),
        (("not now", None, ""), ("other", "not now")),
        (("not now", "not-wanted", ""), ("not-wanted", "not now")),
        (("style", "wrong", ""), ("wrong", "style")),
    ],
)
def test_a_reason_is_a_kind_by_its_name_or_words(
    given: tuple[str, Any, str], named: tuple[str, str]
) -> None:
    assert reason_of(*given) == named


def test_after_as_many_rounds_as_are_allowed_no_further_one_begins(
    published: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = published
    operator = desk.folder / "operator.yml"
    operator.write_text("pr: {max_rounds: 1}\n")
    operator.chmod(0o600)
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(operator))
    begin(desk, "docs/two.txt")
    assert ask(desk, "NO CHANGE NEEDED: no.\nTHREAD 1: ANSWER because.") == 1
    begin(desk, "docs/two.txt")
    run = newest(desk)["id"]

    assert ask(desk, "never asked") == 2

    assert newest(desk)["id"] == run
    assert [one["resolved"] for one in threads(desk)] == [True, False]
