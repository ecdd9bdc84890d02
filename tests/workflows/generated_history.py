"""A history of as many pull requests as wanted, whose figures are known by how it is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from validators.encoding import builtins
from workflows.pull_request_outcome import Aftermath, PullRequestOutcome
from workflows.run import Entry, Event, EventKind

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = ("src/engine.py", "docs/guide.md", "setup.py")


@dataclass(frozen=True, slots=True)
class Story:
    """One run and its pull request; number 0 is a run that came to nothing."""

    number: int
    outcome: PullRequestOutcome | None = None
    usd: float = 0.02
    attempts: int = 1
    opinion: str = ""
    model: str = "small"
    scope: tuple[int, int, int] = (4, 2, 1)
    gates: tuple[tuple[str, str], ...] = field(default=(("tests", "pass"),))

    @property
    def run(self) -> str:
        return f"r{self.number}" if self.number else f"nothing-{id(self)}"


def at(index: int, seconds: int = 0) -> str:
    moment = BEGIN + timedelta(minutes=index, seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stories(count: int) -> Iterator[Story]:
    """Yield ``count`` of them, in tens: five accepted, three rejected, one pending, one superseded.

    Every fifth is vetoed, every second needs a repair, one in a hundred is reverted.
    """
    for index in range(1, count + 1):
        kind = index % 10
        outcome = PullRequestOutcome(
            index, f"issue-{index}", "pending", at(index, 600), at(index, 4_200), files=2, lines=4,
            paths=(PLACES[index % 3], "README.md"),
        )  # fmt: skip
        ended = replace(outcome, ended=at(index, 87_000))
        if kind < 5:
            edited, reverted = 0 if kind < 3 else 1, at(index, 90_000) if index % 100 == 0 else ""
            outcome = replace(
                ended, state="accepted", aftermath=Aftermath(4, edited, reverted=reverted)
            )
        elif kind < 8:
            reason = {5: "too-large", 6: "not-wanted"}.get(kind, "")
            outcome = replace(ended, state="rejected", reason=reason, rounds=1)  # type: ignore[arg-type]  # a kind
        elif kind == 9:
            outcome = replace(ended, state="superseded")
        repaired = index % 2
        yield Story(
            index,
            outcome,
            attempts=1 + repaired,
            opinion="veto" if index % 5 == 0 else "accept",
            scope=(4, 2, 2 - repaired),
            gates=(("tests", "fail"),) * repaired + (("tests", "pass"), ("lint", "pass")),
        )


def history(told: Iterator[Story]) -> Iterator[Entry]:
    """Yield the events of each story, as a journal would hold them."""
    position = 0
    for index, story in enumerate(told, 1):
        for seconds, kind, data in _events(story):
            position += 1
            yield Entry(position, story.run, at(index, seconds), Event(kind, data))


def _events(story: Story) -> Iterator[tuple[int, EventKind, dict[str, Any]]]:
    task = {"title": "", "body": "", "repository": "ada/tally", "number": ""}
    key = f"issue-{story.number}"
    yield 0, "run.started", {"task": task, "task_key": key, "model": story.model}
    spent = {"reservation": "1", "usd": story.usd, "tokens": 10}
    yield 1, "budget.reserved", spent | {"usd": 1.0}
    yield 2, "budget.settled", spent | {"requests": 1}
    for attempt, (gate, word) in enumerate(story.gates, 1):
        yield 3, "gate.finished", {"attempt": attempt, "gate": gate, "outcome": word, "seconds": 1}
    for number in range(1, story.attempts + 1):
        attempt_made = {"number": number, "model": story.model, "verdict": {"word": "pass"}}
        yield 4, "attempt.finished", {"attempt": attempt_made, "evidence": ""}
    if story.opinion:
        yield 5, "adjudication.finished", {"opinion": {"decision": story.opinion}}
    if not story.number:
        yield 6, "run.finished", {"state": "nothing", "verdict": "fail", "why": ""}
        return
    given, changed, met = story.scope
    counts = {"files_given": given, "files_changed": changed, "files_met": met}
    yield 6, "bundle.written", {"sha256": "", "path": "", "partial": False} | counts
    effect = f"pull-request {story.number}"
    yield 500, "effect.intended", {"key": effect, "kind": "pull-request", "request": {}}
    yield 600, "effect.settled", {"key": effect, "outcome": {"number": story.number}}
    yield 601, "run.finished", {"state": "published", "verdict": "pass", "why": ""}
    if story.outcome is not None:
        yield 90_000, "outcome.collected", {"outcome": builtins(story.outcome)}
