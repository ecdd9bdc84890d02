"""The state of a run is what its events say."""

from typing import Any

import pytest

from workflows.run import Effect, Entry, Event, EventKind, RunSummary, effects, summarise

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
            ("attempt.finished", {}),
            ("budget.settled", {"reservation": "2.2", "usd": None, "tokens": 5}),
            ("attempt.finished", {}),
            ("bundle.written", {"path": "/b.json", "sha256": "x"}),
            ("run.finished", ended),
        )
    )

    assert found == RunSummary(
        *("r1", "issue-7", "It is wrong", "/repo", "proposed", "pass", "t0", 2, 0.5, 15),
        bundle="/b.json",
        why="proposed after 2 attempts",
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
