"""Which threads wait, what is believed of an answer, and how it goes out once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from validators.encoding import encode
from workflows.answer_threads import answer_threads
from workflows.conversation import ActionCall, Message, Reply, Usage
from workflows.outbound import QuarantineRefusal
from workflows.publish import publish
from workflows.recorder import Recorder, leased
from workflows.run import Entry, Event
from workflows.thread_answers import answers_of, unanswered
from workflows.threads import Thread, ThreadAnswer, ThreadComment, answer_key, shown_of, waiting
from workflows.workshop import Revision

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

AT = "2026-11-21T09:00:00Z"


def said(author: str, body: str = "why?", at: str = AT) -> ThreadComment:
    return ThreadComment(author, body, at, is_ours=author == "us")


def thread(name: str, *authors: str, path: str = "a.py", resolved: bool = False) -> Thread:
    turns = tuple(said(author) for author in authors)
    return Thread(name, path, 1, "head", turns, resolved=resolved)


def test_a_thread_waits_for_us_when_somebody_who_may_had_the_last_word() -> None:
    found = waiting(
        (
            thread("1", "ada"),
            thread("2", "ada", "us"),
            thread("3", "ada", "us", "ada"),
            thread("4", "eve"),
            thread("5", "ada", "us", "eve"),
            thread("6", "ada", resolved=True),
            thread("7", "ada", "eve"),
        ),
        lambda login: login != "eve",
    )

    assert [(one.id, [turn.author for turn in one.comments]) for one in found] == [
        ("1", ["ada"]),
        ("3", ["ada", "us", "ada"]),
        ("7", ["ada"]),
    ]


@pytest.mark.parametrize(
    ("turns", "waits"),
    [
        (["ada 1", "us 1"], []),
        (["ada 1", "ada 2", "us 1"], ["ada 1", "us 1", "ada 2"]),
        (["ada 1", "ada 2", "us 1", "ada 3"], ["ada 1", "us 1", "ada 2", "ada 3"]),
        (["ada 1", "ada 2", "us 1", "us 2"], []),
        (["ada 1", "ada 2", "us 2", "us 1"], []),
        (["ada 1", "us 1", "ada 2", "ada 3", "us 2"], ["ada 1", "us 1", "ada 2", "us 2", "ada 3"]),
        (["ada 1", "eve 2", "us 1"], []),
        (["ada 1", "ada 2", "us"], []),
    ],
)
def test_what_our_author_was_not_shown_waits_behind_the_answer(
    turns: list[str], waits: list[str]
) -> None:
    comments = []
    for turn in turns:
        author, _, second = turn.partition(" ")
        at = f"2026-11-21T09:00:0{second}Z"
        told = replace(said(author, turn, at=at if author != "us" else AT), key="")
        if author == "us" and second:
            told = replace(told, key=answer_key(f"r{second}", at))
        comments.append(told)

    found = waiting([replace(thread("1"), comments=tuple(comments))], lambda login: login != "eve")

    assert [turn.body for one in found for turn in one.comments] == waits


# --- what the author says ------------------------------------------------------------------------


def answered(
    threads: Sequence[Thread], *texts: str, changed: Sequence[str] = (), lane: str = ""
) -> list[tuple[str, str]]:
    revision = Revision(1, "t", "", "", "r1", tuple(threads))
    blobs = {"revision": encode(revision)}
    events = [Event("run.started", {"revision": "revision"})]
    for number, text in enumerate(texts):
        calls = (ActionCall("c", "finish", {"summary": text}),) if text[:1] == "!" else ()
        message = Message("model", "" if calls else text, calls)
        blobs[str(number)] = encode(Reply(message, "end", Usage(), "m"))
        data: dict[str, Any] = {"reservation": f"{lane}{number}", "reply": str(number)}
        events.append(Event("model.replied", data))
    entries = [Entry(n, "r2", AT, event) for n, event in enumerate(events, 1)]
    found = answers_of(entries, lambda name: blobs[name], changed)
    return [(one.kind, one.words) for one in found]


def test_a_change_is_believed_where_the_tree_shows_it() -> None:
    threads = [thread("a"), thread("b", path="b.py"), thread("c", path="")]
    text = "THREAD 1: CHANGED a\nTHREAD 2: CHANGED b\nTHREAD 3: ANSWER c"

    assert answered(threads, text, changed=["a.py"]) == [
        ("changed", "a"),
        ("answered", "b"),
        ("answered", "c"),
    ]
    assert answered(threads, "THREAD 3: CHANGED", changed=["a.py"]) == [
        ("unanswered", ""),
        ("unanswered", ""),
        ("changed", ""),
    ]


def test_a_change_that_nobody_claims_settles_no_thread() -> None:
    threads = [thread("a"), thread("b")]

    found = answered(threads, "THREAD 2: CHANGED so", changed=["a.py"])

    assert found == [("unanswered", ""), ("changed", "so")]


def test_the_last_word_counts_and_what_is_said_elsewhere_does_not() -> None:
    threads = [thread("a"), thread("b")]
    first, second = "THREAD 1: ANSWER one\nTHREAD 2: ANSWER two", "THREAD 1: ANSWER three"
    assert answered(threads, first, second) == [("answered", "three"), ("answered", "two")]
    assert answered(threads, f"!\n{second}")[0] == ("answered", "three")  # as it finished
    nothing = [("unanswered", ""), ("unanswered", "")]
    assert answered(threads, first, lane="opinion/") == nothing
    assert (
        answered(threads, "> THREAD 1: ANSWER x\nTHREAD 9: ANSWER y\nTHREAD 2: ANSWER") == nothing
    )


def test_nobody_is_left_without_a_word_about_what_was_left_out() -> None:
    one = ThreadAnswer("a", "a.py", 3, "unanswered")
    (found,) = unanswered([one, ThreadAnswer("b", "", 0, "answered", "so")])
    assert (found.code, found.severity, found.path, found.line) == (
        "thread-unanswered", "warn", "a.py", 3,
    )  # fmt: skip


# --- how it goes out -----------------------------------------------------------------------------


@pytest.fixture
def opened(studio: "Studio") -> "Studio":
    """Pull request 1, with two threads on it."""
    studio.seal()
    publish(*studio.bundle(), studio.press)
    for _ in range(2):
        studio.forge.begin_thread(1, ("tally.py", 1, "head"), said("ada"))
    return studio


def deliver(studio: "Studio", *answers: ThreadAnswer) -> list[str]:
    with leased(studio.journal, "r1", "test") as pen:
        recorder = Recorder(studio.journal, pen)
        found = answer_threads(1, answers, studio.forge, recorder, lambda one: one.words)
    return [one.thread for one in found]


def answer(name: str, words: str = "so") -> ThreadAnswer:
    return ThreadAnswer(name, "tally.py", 1, "answered", words, AT)


def test_a_secret_keeps_every_answer_back(opened: "Studio") -> None:
    token = "ghp_" + "x7Kd93mQpL2vT8sWbR4nY6zHc1JfG5aUeD0q"

    with pytest.raises(QuarantineRefusal, match="nothing is said"):
        deliver(opened, answer("1"), answer("2", f"use {token}"))

    assert [len(one.comments) for one in opened.forge.threads(1)] == [1, 1]


def test_what_died_between_two_answers_is_gone_on_with(
    opened: "Studio", monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(opened.forge, "resolve_thread", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(opened, answer("1"), answer("2"))

    assert deliver(opened, answer("1"), answer("2")) == ["1", "2"]

    found = opened.forge.threads(1)
    assert [(len(one.comments), one.resolved) for one in found] == [(2, True), (2, True)]
    assert opened.kinds().count("effect.settled") == 2 + 4


def test_what_a_person_settled_meanwhile_is_left_alone(opened: "Studio") -> None:
    opened.forge.resolve_thread(1, "1")
    opened.forge.reply(1, "2", said("ada", "and another thing", "2026-11-21T09:00:01Z"))

    assert deliver(opened, answer("1"), answer("2"), answer("gone")) == ["2"]

    found = opened.forge.threads(1)
    assert [(len(one.comments), one.resolved) for one in found] == [(1, True), (3, False)]
    [left] = waiting(found)
    assert (left.id, left.comments[-1].body) == ("2", "and another thing")


# --- how much one run deals with -----------------------------------------------------------------


def test_what_one_run_cannot_deal_with_waits_and_a_long_thread_is_shown_by_its_end() -> None:
    long = thread("1", *["ada"] * 20)
    many = [long, *(thread(str(number), "ada") for number in range(2, 70))]
    large = replace(thread("l"), comments=(said("ada", "x" * 300_000),))

    assert [len(one.comments) for one in shown_of(many)] == [12, *[1] * 49]
    assert [one.id for one in shown_of([large, *many])] == ["l"]
    assert [one.id for one in shown_of([long, large, *many])] == ["1"]
    assert shown_of([]) == ()
