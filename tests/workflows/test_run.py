"""The state of a run is what its events say."""

from typing import Any

import pytest

from workflows.run import (
    Effect,
    Entry,
    Event,
    EventKind,
    RunSummary,
    cache_hit_rate,
    effects,
    is_half_published,
    summarise,
)

TASK = {"title": "It is wrong", "repository": "/repo"}


def entries(*events: tuple[EventKind, dict[str, Any]]) -> list[Entry]:
    return [Entry(n, "r1", f"t{n}", Event(*event)) for n, event in enumerate(events)]


STARTED: tuple[EventKind, dict[str, Any]] = ("run.started", {"task": TASK, "task_key": "issue-7"})


def test_a_run_that_began_is_running() -> None:
    assert summarise(entries(STARTED)) == RunSummary(
        "r1", "issue-7", "It is wrong", "/repo", "running", None, "t0", 0, 0.0, 0
    )


def test_a_run_is_summed_up_from_all_its_events() -> None:
    ended = {"state": "proposed", "verdict": "pass", "why": "proposed after 2 attempts"}
    found = summarise(
        entries(
            STARTED,
            ("budget.settled", {"reservation": "1.1", "usd": 0.5, "tokens": 10}),
            ("attempt.finished", {"attempt": {"number": 1}}),
            ("budget.settled", {"reservation": "2.2", "usd": None, "tokens": 5, "lost": True}),
            ("attempt.finished", {"attempt": {"number": 2}}),
            ("bundle.written", {"path": "r1.json", "sha256": "x"}),
            ("run.finished", ended),
        )
    )

    assert found == RunSummary(
        *("r1", "issue-7", "It is wrong", "/repo", "proposed", "pass", "t0", 2, 0.5, 15),
        bundle="r1.json",
        why="proposed after 2 attempts",
        lost_replies=1,
    )


def test_the_last_end_counts() -> None:
    ends: list[tuple[EventKind, dict[str, Any]]] = [
        ("run.finished", {"state": state, "verdict": "pass", "why": state})
        for state in ("proposed", "published", "accepted")
    ]

    assert summarise(entries(STARTED, *ends)).state == "accepted"


def test_what_never_began_has_no_summary() -> None:
    with pytest.raises(ValueError, match="no start of this run"):
        summarise([])


def test_effects_are_told_apart_by_key_and_settled_by_outcome() -> None:
    found = effects(
        entries(
            STARTED,
            ("effect.intended", {"key": "a", "kind": "push", "request": {"x": 1}}),
            ("effect.intended", {"key": "b", "kind": "pull-request", "request": {}}),
            ("effect.settled", {"key": "a", "outcome": {"head": "h"}}),
        )
    )

    assert found == {
        "a": Effect("a", "push", {"x": 1}, {"head": "h"}),
        "b": Effect("b", "pull-request", {}),
    }


def test_a_run_that_was_taken_up_runs_until_it_ends_again() -> None:
    end: tuple[EventKind, dict[str, Any]] = (
        "run.finished",
        {"state": "cancelled", "verdict": "cancelled", "why": "interrupted by a person"},
    )
    resumed: tuple[EventKind, dict[str, Any]] = ("run.resumed", {"replies": 1, "attempts": 0})

    found = summarise(entries(STARTED, end, resumed))

    assert (found.state, found.verdict, found.why) == ("running", None, "")
    assert summarise(entries(STARTED, end, resumed, end)).state == "cancelled"


def test_an_attempt_that_was_judged_twice_is_one_attempt() -> None:
    judged: tuple[EventKind, dict[str, Any]] = ("attempt.finished", {"attempt": {"number": 1}})

    assert summarise(entries(STARTED, judged, judged)).attempts == 1


def test_the_last_bundle_counts() -> None:
    written: list[tuple[EventKind, dict[str, Any]]] = [
        ("bundle.written", {"path": path}) for path in ("r1.partial.json", "r1.json")
    ]

    assert summarise(entries(STARTED, *written)).bundle == "r1.json"


def ended(state: str) -> tuple[EventKind, dict[str, Any]]:
    return "run.finished", {"state": state, "verdict": "pass", "why": ""}


PUSH: tuple[EventKind, dict[str, Any]] = (
    "effect.intended",
    {"key": "push b c", "kind": "push", "request": {}},
)
PUSHED: tuple[EventKind, dict[str, Any]] = (
    "effect.settled",
    {"key": "push b c", "outcome": {"head": "c"}},
)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], False),
        ([ended("proposed")], False),
        ([ended("proposed"), PUSH], True),
        ([ended("proposed"), PUSH, PUSHED], True),
        ([ended("proposed"), PUSH, PUSHED, ended("published")], False),
        ([ended("proposed"), PUSH, PUSHED, ended("published"), ended("rejected")], False),
        # Unfinished work has a branch and nothing more to come.
        ([ended("cancelled"), PUSH, PUSHED], False),
        ([PUSH], False),
    ],
)
def test_a_run_is_half_published_between_its_push_and_its_end(
    events: list[tuple[EventKind, dict[str, Any]]], *, expected: bool
) -> None:
    assert is_half_published(entries(STARTED, *events)) is expected


def test_what_was_read_from_the_cache_is_among_the_figures() -> None:
    def booked(read: int, **more: Any) -> tuple[EventKind, dict[str, Any]]:
        data = {"usd": 0.1, "tokens": 1010, "output_tokens": 10, "cache_read_tokens": read}
        return "budget.settled", data | {"lost": False} | more

    found = summarise(
        entries(
            STARTED,
            booked(0),
            booked(900),
            booked(300, cache_missed="600 of 900 tokens", at_least=True),
            booked(0, lost=True),
        )
    )

    assert (found.cache_hit_rate, found.cache_misses, found.at_least) == (0.4, 1, True)
    assert summarise(entries(STARTED)).cache_hit_rate is None


def test_what_a_request_under_way_costs_is_not_known_yet() -> None:
    begun: tuple[EventKind, dict[str, Any]] = (
        "budget.reserved",
        {"reservation": "1.1", "usd": 0.5, "tokens": 90},
    )
    ended_: tuple[EventKind, dict[str, Any]] = (
        "budget.settled",
        {"reservation": "1.1", "usd": 0.1, "tokens": 10},
    )

    assert summarise(entries(STARTED, begun)).at_least
    assert not summarise(entries(STARTED, begun, ended_)).at_least


@pytest.mark.parametrize(
    ("booked", "rate"),
    [
        ([], None),
        ([(0, 900)], None),
        ([(0, 0), (0, 0)], None),
        ([(400, 0)], 0.4),
        ([(0, 900), (0, 900)], 0.0),
        ([(0, 900), (800, 100)], 0.4),
    ],
)
def test_there_is_a_share_of_the_cache_where_something_could_have_been_read(
    booked: list[tuple[int, int]], rate: float | None
) -> None:
    counts = {"tokens": 1010, "output_tokens": 10, "lost": False}
    events = [
        Event("budget.settled", counts | {"cache_read_tokens": read, "cache_write_tokens": written})
        for read, written in booked
    ]

    assert cache_hit_rate([Entry(n, "r1", "t", event) for n, event in enumerate(events)]) == rate
