"""Runs as lines of a list: what each is about, how it stands, what it cost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, get_args

from bot.pages.run_state import standing_of
from validators.verdict import VerdictWord
from workflows.run import DONE, RunState, RunSummary

# As people are told them; those of `state_in_words`.
STATES: tuple[str, ...] = (*get_args(RunState), DONE)


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
    """One line: ``mood`` and ``state`` are the state for its colour and in words.

    ``number`` is its pull request's, and ``is_ours`` whether that is one of the served repository.
    """

    run: RunSummary
    number: int
    campaign: str
    mood: str
    state: str
    verdict_mood: str
    is_ours: bool


def run_lines(
    rows: Iterable[Row], holder: Callable[[str], str], is_ours: Callable[[str], bool]
) -> tuple[RunLine, ...]:
    """Return the lines of runs; ``holder`` tells who writes a run, or "" when nobody does.

    ``is_ours`` tells of a repository, as tasks name it, whether it is the one that is served.
    """
    return tuple(_line(row, holder, is_ours) for row in rows)


def _line(row: Row, holder: Callable[[str], str], is_ours: Callable[[str], bool]) -> RunLine:
    run = row.summary
    mood, state = standing_of(run, is_held=run.state == "running" and bool(holder(run.id)))
    verdict = run.verdict if run.verdict in get_args(VerdictWord) else "none"
    ours = is_ours(run.repository)
    return RunLine(run, row.number, row.campaign, mood, state, str(verdict), ours)
