"""Which run a label goes on with, by what the journal's branch tells of earlier ones."""

from collections.abc import Mapping
from typing import Any

import pytest

from workflows.run import Entry, Event
from workflows.run_record import Record, booking, record_of
from workflows.stopped_runs import StoppedRun, stopped_run
from workflows.task import Task

BASE, WORDS, FILE = "b" * 40, "c" * 64, "f" * 64
START = {"task_key": "issue-7", "base_commit": BASE, "task": {"number": "7"}}
ADMITTED = {"text_sha256": WORDS, "delivery": "12", "journal_sha256": FILE, "dispatched": 0}
REPLIED: tuple[str, dict[str, Any]] = ("model.replied", {"attempt": 1, "reservation": "1.1"})
Told = tuple[str, Mapping[str, Any]]


def ended(state: str, verdict: str = "infrastructure") -> Told:
    return "run.finished", {"state": state, "verdict": verdict, "why": ""}


def record(*told: Told, run: str = "r1", minute: int = 0) -> Record:
    entries = [
        Entry(0, run, f"2026-11-22T08:{minute + at:02}:00Z", Event(kind, data))  # type: ignore[arg-type]
        for at, (kind, data) in enumerate((("run.started", START), *told))
    ]
    return record_of(entries, "ada/tally")


def admitted(**more: Any) -> Told:
    return "run.admitted", ADMITTED | more


@pytest.mark.parametrize("end", [ended("failed"), ended("cancelled", "cancelled"), None])
def test_a_run_that_was_stopped_is_gone_on_with(end: Told | None) -> None:
    known = record(REPLIED, *([end] if end else []), admitted())

    assert stopped_run([known], "issue-7", WORDS) == StoppedRun("r1", BASE, "12", FILE)


@pytest.mark.parametrize(
    "told",
    [
        (REPLIED, ended("nothing", "fail"), admitted()),
        (REPLIED, ended("proposed", "pass"), admitted()),
        (REPLIED, ended("published", "pass"), admitted()),
        (REPLIED, ended("failed", "budget"), admitted()),
        (REPLIED, ended("failed"), ("base.stale", {"paths": 1}), admitted()),
        (ended("failed"), admitted()),
        (REPLIED, ended("failed")),
        (REPLIED, ended("failed"), admitted(text_sha256="d" * 64)),
        (REPLIED, ended("failed"), admitted(delivery="../1")),
        (REPLIED, ended("failed"), admitted(journal_sha256="")),
        (REPLIED, ended("failed"), admitted(), admitted(), admitted()),
        (("run.started", START | {"revises": 9}), REPLIED, ended("failed"), admitted()),
    ],
    ids=[
        *("its own end", "not cancelled", "published", "out of budget", "stale", "nothing paid"),
        *("not told", "other words", "no delivery", "no file", "too often"),
        "a revision",
    ],
)
def test_another_run_is_begun_after_one_that(told: tuple[Told, ...]) -> None:
    assert stopped_run([record(*told)], "issue-7", WORDS) is None


def test_only_the_newest_run_of_the_task_counts() -> None:
    stopped = record(REPLIED, ended("failed"), admitted())
    done = record(REPLIED, ended("nothing", "fail"), admitted(), run="r2", minute=9)
    task = Task("t", "b", "ada/tally", number="7")
    lost = booking("r1.13", task, 1.0, 10, "2026-11-22T09:00:00Z")

    assert stopped_run([stopped, done], "issue-7", WORDS) is None
    assert stopped_run([stopped, lost], "issue-7", WORDS) is None
    assert stopped_run([stopped], "issue-8", WORDS) is None
    assert stopped_run([], "issue-7", WORDS) is None


def test_the_workflow_run_that_had_it_last_is_asked() -> None:
    known = record(REPLIED, ended("failed"), admitted(), admitted(delivery="13"))

    found = stopped_run([known], "issue-7", WORDS)

    assert found is not None
    assert found.delivery == "13"
