"""What a journal tells about a run that was begun before, found by what each event is."""

from typing import Any

import pytest

from workflows.history import Exchange, History, history_of
from workflows.run import Entry, Event, EventKind

Said = tuple[EventKind, dict[str, Any]]


def history(*events: Said) -> History:
    return history_of(Entry(n, "r1", f"t{n}", Event(*event)) for n, event in enumerate(events))


def sent(reservation: str, conversation: str = "c1") -> Said:
    return "prompt.sent", {
        "attempt": 1,
        "reservation": reservation,
        "conversation": conversation,
    }


def reserved(reservation: str, usd: float | None = 0.5, tokens: int = 90) -> Said:
    return "budget.reserved", {"reservation": reservation, "usd": usd, "tokens": tokens}


def replied(reservation: str, reply: str = "b1") -> Said:
    return "model.replied", {"attempt": 1, "reservation": reservation, "reply": reply}


def settled(reservation: str, elapsed_s: float = 3.0) -> Said:
    return "budget.settled", {"reservation": reservation, "elapsed_s": elapsed_s, "usd": 0.1}


def finished(number: int, word: str) -> Said:
    return "attempt.finished", {
        "attempt": {"number": number, "verdict": {"word": word}},
        "evidence": "",
    }


def test_of_no_events_nothing_is_known() -> None:
    assert history() == History()
    assert History().replies == 0


def test_what_a_run_began_with_is_known_and_when() -> None:
    found = history(("run.started", {"task_key": "issue-7"}))

    assert (found.started, found.started_at, found.ended) == ({"task_key": "issue-7"}, "t0", None)


def test_each_event_that_is_told_once_is_the_last_of_its_kind() -> None:
    found = history(
        ("scope.selected", {"excerpts": "old"}),
        ("scope.selected", {"excerpts": "new"}),
    )

    assert found.scope == {"excerpts": "new"}


def test_what_a_migrations_step_came_to_is_known_by_its_try_and_its_number() -> None:
    first = {"attempt": 1, "step": 1, "changes": "a"}
    again = {"attempt": 2, "step": 1, "changes": "b"}
    found = history(
        ("command.finished", {"changes": "of an earlier version"}),
        ("command.finished", first),
        ("command.finished", again),
    )

    assert found.commands == {(1, 1): first, (2, 1): again}


def test_a_run_that_was_taken_up_has_not_ended() -> None:
    end: Said = ("run.finished", {"state": "cancelled"})
    begun: Said = ("run.started", {})
    resumed: Said = ("run.resumed", {"replies": 0, "attempts": 0})

    assert history(begun, end).ended == {"state": "cancelled"}
    assert (history(begun, end, resumed).ended, history(begun, end, resumed).resumed) == (None, 1)
    last: Said = ("run.finished", {"state": "proposed"})
    found = history(begun, resumed, end, resumed, last)
    assert (found.ended, found.resumed) == ({"state": "proposed"}, 2)


@pytest.mark.parametrize(
    ("events", "expected", "is_lost"),
    [
        ([reserved("1.1")], Exchange("1.1", "c1", 0.5, 90), True),
        (
            [reserved("1.1"), settled("1.1")],
            Exchange("1.1", "c1", 0.5, 90, "", was_settled=True),
            False,
        ),
        ([reserved("1.1"), replied("1.1")], Exchange("1.1", "c1", 0.5, 90, "b1"), False),
        (
            [reserved("1.1"), replied("1.1"), settled("1.1")],
            Exchange("1.1", "c1", 0.5, 90, "b1", was_settled=True),
            False,
        ),
        # As an earlier program wrote them: the price first.
        (
            [reserved("1.1"), settled("1.1"), replied("1.1")],
            Exchange("1.1", "c1", 0.5, 90, "b1", was_settled=True),
            False,
        ),
        ([reserved("1.1", None)], Exchange("1.1", "c1", None, 90), True),
    ],
)
def test_a_request_is_followed_from_its_reservation_to_its_price(
    events: list[Said], expected: Exchange, *, is_lost: bool
) -> None:
    found = history(sent("1.1"), *events)

    assert found.exchanges == {"1.1": expected}
    assert found.exchanges["1.1"].is_lost is is_lost
    assert found.replies == bool(expected.reply)


def test_requests_are_told_apart_by_their_reservation_and_not_by_their_place() -> None:
    found = history(
        sent("1.1", "c1"),
        reserved("1.1"),
        ("gate.finished", {"gate": "tests"}),
        sent("1.2", "c2"),
        ("effect.intended", {"key": "x"}),
        reserved("1.2", 0.7, 80),
        replied("1.1", "b1"),
        settled("1.2"),
        settled("1.1"),
    )

    assert found.exchanges == {
        "1.1": Exchange("1.1", "c1", 0.5, 90, "b1", was_settled=True),
        "1.2": Exchange("1.2", "c2", 0.7, 80, "", was_settled=True),
    }
    assert found.replies == 1


def test_what_was_only_about_to_be_sent_is_no_request() -> None:
    assert history(sent("1.1")).exchanges == {}


def test_a_reservation_whose_words_are_not_known_is_one_all_the_same() -> None:
    assert history(reserved("1.1")).exchanges == {"1.1": Exchange("1.1", "", 0.5, 90)}


def test_a_run_of_a_program_whose_replies_named_no_reservation_can_be_read() -> None:
    found = history(
        ("run.started", {"task_key": "issue-7"}),
        ("prompt.sent", {"attempt": 1, "conversation": "c1"}),
        reserved("1.1"),
        ("budget.settled", {"reservation": "1.1", "usd": 0.1, "tokens": 5}),
        ("model.replied", {"attempt": 1, "reply": "b1"}),
        finished(1, "pass"),
        ("run.finished", {"state": "proposed"}),
    )

    assert found.exchanges == {"1.1": Exchange("1.1", "", 0.5, 90, "", was_settled=True)}
    assert (found.ended, list(found.attempts), found.seconds) == ({"state": "proposed"}, [1], 0.0)


def test_the_time_a_run_has_worked_is_that_of_its_latest_booking() -> None:
    found = history(
        reserved("1.1"), reserved("1.2"), settled("1.1", elapsed_s=9.0), settled("1.2", 4.0)
    )

    assert found.seconds == 9.0


def test_what_landed_is_known_by_its_attempt() -> None:
    found = history(
        ("patch.landed", {"attempt": 1, "tree": "a"}), ("patch.landed", {"attempt": 2, "tree": "b"})
    )

    assert found.landed == {1: "a", 2: "b"}


@pytest.mark.parametrize("word", ["pass", "fail", "no-evidence", "unclear"])
def test_an_attempt_that_was_judged_is_kept(word: str) -> None:
    assert history(finished(1, word)).attempts == {1: finished(1, word)[1]}


@pytest.mark.parametrize("word", ["infrastructure", "cancelled", "budget"])
def test_an_attempt_that_was_not_decided_is_not(word: str) -> None:
    assert history(finished(1, "fail"), finished(2, word)).attempts == {1: finished(1, "fail")[1]}
    assert history(finished(1, "pass"), finished(1, word)).attempts == {}
    assert history(finished(1, word), finished(1, "pass")).attempts == {1: finished(1, "pass")[1]}


def test_bundles_are_known_by_their_hash() -> None:
    whole = {"sha256": "x", "path": "r1.json", "partial": False}
    partial = {"sha256": "y", "path": "r1.partial.json", "partial": True}
    found = history(("bundle.written", partial), ("bundle.written", whole))

    assert found.bundles == {"x": whole, "y": partial}


def test_an_event_that_is_not_known_is_left_out() -> None:
    assert history(("nobody.knows", {}), ("review.recorded", {})) == History()  # type: ignore[arg-type]
