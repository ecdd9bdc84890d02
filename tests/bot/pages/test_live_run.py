"""How a run stands while it happens, told from what is in the journal so far."""

from typing import Any

import pytest

from bot.pages.live_run import LiveGate, LiveRun, live_run, live_steps
from bot.progress import line_of
from workflows.run import Entry, Event, EventKind

Told = tuple[EventKind, dict[str, Any]]
TASK = {"title": "Totals", "body": "", "repository": "ada/tally"}
BUDGET = {"usd": 2.0, "tokens": 1_000, "turns": 4, "minutes": 30.0, "requests": None}
BEGUN = {"task": TASK, "task_key": "issue-7", "model": "small", "base_commit": "a" * 40}
STARTED: Told = ("run.started", BEGUN | {"budget": BUDGET, "max_attempts": 3})
PROMPT: Told = ("prompt.sent", {"attempt": 1, "reservation": "1", "conversation": ""})
RESERVED: Told = ("budget.reserved", {"reservation": "1", "usd": 0.5, "tokens": 500})
SETTLED: Told = (
    "budget.settled",
    {"reservation": "1", "usd": 0.25, "tokens": 250, "requests": 1, "elapsed_s": 3.0},
)
LANDED: Told = ("patch.landed", {"attempt": 1, "edits": []})


def told(*events: Told) -> list[Entry]:
    return [
        Entry(at * 10, "r1", f"2026-01-02T03:04:{at:02}Z", Event(kind, data))
        for at, (kind, data) in enumerate(events, 1)
    ]


def gate(name: str, side: str, summary: str) -> Told:
    return "gate.finished", {"gate": name, "side": side, "summary": summary, "seconds": 1.0}


def judged(word: str, number: int = 1) -> Told:
    attempt = {"number": number, "verdict": {"word": word, "findings": []}}
    return "attempt.finished", {"attempt": attempt}


def ended(state: str) -> Told:
    return "run.finished", {"state": state, "verdict": "pass", "why": "after 1 attempt"}


def now(*events: Told, is_held: bool = True) -> LiveRun:
    return live_run(told(*events), is_held=is_held)


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ((STARTED,), "choosing the code to read"),
        ((STARTED, PROMPT, RESERVED), "waiting for the model"),
        ((STARTED, PROMPT, RESERVED, SETTLED), "reading the reply"),
        ((STARTED, LANDED), "running the gates"),
        ((STARTED, judged("fail")), "deciding what to try next"),
        ((STARTED, judged("pass")), "writing the bundle"),
        ((STARTED, ended("proposed")), "after 1 attempt"),
        ((STARTED, ("run.admitted", {})), "at work"),
    ],
)
def test_a_person_is_told_what_happens_at_present(events: tuple[Told, ...], phase: str) -> None:
    assert now(*events).phase == phase


@pytest.mark.parametrize(
    ("events", "is_held", "state", "is_over"),
    [
        ((STARTED,), True, ("running", "running"), False),
        ((STARTED,), False, ("stopped", "cut off"), True),
        ((STARTED, ended("proposed")), True, ("good", "proposed"), True),
        ((STARTED, ended("failed")), False, ("bad", "failed"), True),
        ((STARTED, ended("cancelled"), ("run.resumed", {})), True, ("running", "running"), False),
    ],
)
def test_a_run_is_over_when_it_ended_or_nobody_writes_it(
    events: tuple[Told, ...], *, is_held: bool, state: tuple[str, str], is_over: bool
) -> None:
    view = now(*events, is_held=is_held)
    assert ((view.mood, view.state), view.is_over) == (state, is_over)


def test_what_is_reserved_counts_in_full_until_it_is_settled() -> None:
    before, after = now(STARTED, PROMPT, RESERVED), now(STARTED, PROMPT, RESERVED, SETTLED)
    assert [(one.words, one.percent) for one in before.meters] == [
        ("$0.5000 of $2.00", 25.0),
        ("500 of 1,000", 50.0),
        ("1 of 4", 25.0),
    ]
    assert after.meters[0].words == "$0.2500 of $2.00"


def test_a_run_without_bounds_of_its_own_says_what_it_cost() -> None:
    view = now(("run.started", BEGUN), PROMPT, RESERVED, SETTLED)
    assert [(one.words, one.percent) for one in view.meters] == [("$0.2500", 0.0), ("250", 0.0)]


def test_gates_are_those_of_the_newest_change_beside_the_base() -> None:
    view = now(
        STARTED, LANDED, gate("lint", "base", "0 findings"), gate("lint", "patched", "2 findings"),
        gate("tests", "base", "9 passed"), judged("fail"), LANDED,
        gate("tests", "coverage", "1 passed"),
    )  # fmt: skip
    assert view.gates == (
        LiveGate("lint", "0 findings", "", 0),
        LiveGate("tests", "9 passed", "", 1),
    )
    assert (view.attempt, view.most_attempts, view.verdict) == (1, 3, "fail")


def test_steps_have_the_numbers_of_show_and_are_sent_from_a_position_on() -> None:
    entries = told(STARTED, PROMPT, RESERVED, judged("fail"))
    assert [one.number for one in live_steps(entries, line_of)] == [1, 2, 3, 4]
    last = live_steps(entries, line_of, after=30)
    assert [(one.number, one.position, one.offset, one.mood) for one in last] == [
        (4, 40, "+3 s", "fail")
    ]


def test_a_step_of_another_version_is_named_and_hides_no_other() -> None:
    steps = live_steps(told(STARTED, ("scope.selected", {}), PROMPT), line_of)
    assert [one.line for one in steps][1:] == [
        "scope.selected, as another version wrote it",
        "attempt 1: asking the model",
    ]


def test_what_people_decided_is_told_in_words() -> None:
    review = {"reviewer": "ada", "verdict": "rejected"}
    outcome = {"number": 7, "state": "rejected"}
    steps = live_steps(
        told(
            ("review.recorded", {"review": review}),
            ("outcome.collected", {"outcome": outcome}),
        ),
        line_of,
    )
    assert [one.line for one in steps] == ["review: ada rejected it", "pull request 7: rejected"]


def test_what_never_began_is_no_run() -> None:
    with pytest.raises(ValueError, match="no start"):
        now(PROMPT)
