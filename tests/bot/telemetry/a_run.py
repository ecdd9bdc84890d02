"""A run as the journal holds it, written down by hand: each event at its second."""

from collections.abc import Mapping
from typing import Any

from workflows.run import Entry, Event, EventKind

RUN = "r1"
WORDS = "the words of a stranger"


def entry(second: float, kind: EventKind, /, run: str = RUN, **data: Any) -> Entry:
    """Return one event; they are ordered by their times."""
    at = f"2026-01-02T03:04:{second:06.3f}Z"
    return Entry(round(second * 1000), run, at, Event(kind, data))


def started(second: float = 0, run: str = RUN, **more: Any) -> Entry:
    task = {"title": WORDS, "body": WORDS, "repository": WORDS}
    return entry(second, "run.started", run=run, task=task, task_key="task-1", **more)


def request(name: str, attempt: int, at: tuple[float, float], **settled: Any) -> list[Entry]:
    """Return the events of one request that was answered."""
    sent, ended = at
    said: dict[str, Any] = {"reservation": name, "attempt": attempt}
    charge: dict[str, Any] = {
        "reservation": name,
        "usd": 0.5,
        "tokens": 100,
        "lost": False,
        **settled,
    }
    return [
        entry(sent, "prompt.sent", **said, conversation="c" * 64),
        entry(sent, "budget.reserved", reservation=name, usd=1.0, tokens=200),
        entry(ended, "model.replied", **said, reply="d" * 64, model="claude-x"),
        entry(ended, "budget.settled", **charge),
    ]


def gate(second: float, name: str, side: str, seconds: float, outcome: str = "ok") -> Entry:
    told: dict[str, Any] = {"gate": name, "side": side, "outcome": outcome, "seconds": seconds}
    return entry(second, "gate.finished", **told, summary=WORDS, tail=WORDS)


def judged(second: float, number: int, word: str, **findings: str) -> Entry:
    """Return the end of an attempt; ``findings`` are the codes that block, by gate."""
    blocking = [
        {"gate": name, "code": code, "severity": "block", "message": WORDS}
        for name, code in findings.items()
    ]
    verdict = {"word": word, "findings": blocking}
    attempt = {"number": number, "verdict": verdict, "applied_tree": "e" * 40}
    return entry(second, "attempt.finished", attempt=attempt, evidence="")


def finished(second: float, state: str = "failed", verdict: str = "fail") -> Entry:
    return entry(second, "run.finished", state=state, verdict=verdict, why=WORDS)


COUNTS: Mapping[str, int] = {
    "input_tokens": 10,
    "output_tokens": 20,
    "cache_read_tokens": 30,
    "cache_write_tokens": 40,
}


def whole_run() -> list[Entry]:
    """Return a run of one attempt that failed, with all that one may hold, and a push after it."""
    effect: dict[str, Any] = {"key": "push x", "kind": "push"}
    edits: list[dict[str, Any]] = [
        {"path": WORDS, "landed": True, "how": "x"},
        {"path": WORDS, "landed": False},
    ]
    snippet: dict[str, Any] = {
        "snippet": "main/1",
        "sha256": "",
        "outcome": "ok",
        "host_calls": 3,
        "answer": "",
    }
    return [
        started(),
        *request("order-0/1.1", 0, (0.5, 0.75)),
        entry(1, "scope.selected", files=[WORDS], tokens=7),
        entry(3, "environment.ready", seconds=0.5, how="built", trouble=""),
        *request("1.1", 1, (4, 6), **COUNTS),
        gate(7, "tests", "asked", 0.5),
        entry(7.25, "gate.answered", gate="test", tree="a" * 40, outcome="pass", answer=""),
        entry(8, "snippet.finished", **snippet, seconds=0.25, edits=2),
        entry(9, "patch.landed", attempt=1, tree="d" * 40, edits=edits),
        gate(12, "tests", "base", 2),
        gate(14, "tests", "patched", 1.5, "failed"),
        gate(15, "lint", "patched", 0.5, "timeout"),
        judged(16, 1, "fail", tests="newly-failing"),
        finished(17),
        entry(30, "effect.intended", **effect, request={}),
        entry(31, "effect.settled", key="push x", outcome={}),
        entry(50, "review.recorded", review={}),
    ]
