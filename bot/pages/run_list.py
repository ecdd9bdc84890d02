"""Runs as lines of a list: what each is about, how it stands, what it cost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, get_args

from validators.verdict import VerdictWord
from workflows.run import RunState, RunSummary

STATES: tuple[RunState, ...] = get_args(RunState)
_MOODS = {"proposed": "good", "published": "good", "accepted": "good", "running": "running"}


class Row(Protocol):
    """What a list is made from; ``number`` is the run's pull request, or 0."""

    @property
    def summary(self) -> RunSummary:
        """The run."""
        ...

    @property
    def number(self) -> int:
        """Its pull request."""
        ...

    @property
    def campaign(self) -> str:
        """The key of its campaign, or ""."""
        ...


@dataclass(frozen=True, slots=True)
class RunLine:
    """One line: ``mood`` and ``state`` are the state for its colour and in words."""

    run: RunSummary
    number: int
    campaign: str
    mood: str
    state: str
    verdict_mood: str


def run_lines(rows: Iterable[Row], holder: Callable[[str], str]) -> tuple[RunLine, ...]:
    """Return the lines of runs; ``holder`` tells who writes a run, or "" when nobody does."""
    return tuple(_line(row, holder) for row in rows)


def _line(row: Row, holder: Callable[[str], str]) -> RunLine:
    run = row.summary
    mood, state = _MOODS.get(run.state, "bad"), str(run.state)
    if run.state == "running" and not holder(run.id):
        mood, state = "stopped", "cut off"
    verdict = run.verdict if run.verdict in get_args(VerdictWord) else "none"
    return RunLine(run, row.number, row.campaign, mood, state, str(verdict))
