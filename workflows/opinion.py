"""A model's second opinion on a change that passed its gates: the nouns, and what the journal has.

It may only veto. Each reason is tied to a hunk of the change, so that a person can look at it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from validators.encoding import decode, encode
from workflows.history import kind_of
from workflows.run import Entry

Decision = Literal["accept", "veto", "none"]
# The kind of conversation that opinions are asked in.
LANE = "opinion"

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a change: its unified diff as git wrote it, perhaps cut at its end.

    ``old_path`` is ``path`` but for a file that was moved.
    """

    path: str
    old_path: str
    text: str

    def touches(self, start_line: int, end_line: int) -> bool:
        """Whether these lines, of the file as it is or as it was, stand in a hunk.

        A file without hunks (binary, only moved, other rights) is touched as a whole: line 0.
        """
        hunks = [found for line in self.text.split("\n") if (found := _HEADER.match(line))]
        spans = [(int(start), int(count or 1)) for h in hunks for start, count in _sides(h)]
        if not spans:
            return start_line == end_line == 0
        return start_line <= end_line and any(
            start_line < start + count and start <= end_line for start, count in spans
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change should not be accepted, tied to lines of one of its hunks."""

    path: str
    start_line: int
    end_line: int
    why: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another conversation thinks of an attempt that passed.

    ``none`` is no verdict: ``trouble`` says why there is none. ``dropped`` counts reasons that
    named no hunk of the change. The author answers a veto that ``goes_back``; no other.
    """

    attempt: int
    decision: Decision
    model: str
    reasons: tuple[Reason, ...] = ()
    dropped: int = 0
    trouble: str = ""
    goes_back: bool = False


def opinions(entries: Iterable[Entry]) -> tuple[Opinion, ...]:
    """Return the opinions that a run's journal holds, by the number of their attempt."""
    found: dict[int, Opinion] = {}
    for entry in entries:
        if entry.event.kind == "adjudication.finished":
            opinion = decode(encode(entry.event.data["opinion"]), Opinion)
            found[opinion.attempt] = opinion
    return tuple(found[number] for number in sorted(found))


def _sides(header: re.Match[str]) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    return (header[1], header[2]), (header[3], header[4])


def cost_of_opinions(entries: Iterable[Entry]) -> tuple[int, float | None]:
    """Return the tokens and US dollars of a run's second opinions; None where a price is unknown.

    Those that nobody could keep are not among them: they are counted as lost.
    """
    settled = [entry.event.data for entry in entries if entry.event.kind == "budget.settled"]
    ours = [data for data in settled if kind_of(data["reservation"]) == LANE]
    heard = [data for data in ours if not data["lost"]]
    prices = [data["usd"] for data in heard]
    usd = None if None in prices else round(sum(prices, 0.0), 10)
    return sum(data["tokens"] for data in heard), usd
