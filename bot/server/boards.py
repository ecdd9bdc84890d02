"""How campaigns stand, kept between requests and brought up to date by what is new of each."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from bot.adapters.sqlite_catalogue.catalogue import Catalogue
from bot.campaigns.opening import begun
from workflows.board import Board
from workflows.ports import Journal
from workflows.progress_report import ProgressReport, report_of
from workflows.run import Entry

# Campaigns whose boards are kept; one of 10,000 targets takes some megabytes.
_MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class _Told:
    """What the journal says of one campaign, in its order, up to where the catalogue has read."""

    campaign: str
    journal: Journal
    catalogue: Catalogue

    def follow(self, after: int = 0) -> Iterator[Entry]:
        """Yield the campaign's events past a position."""
        until = self.catalogue.position
        streams = self.catalogue.streams_of(self.campaign, after)
        entries = [
            entry
            for stream in streams
            for entry in self.journal.read(stream)
            if after < entry.position <= until
        ]
        yield from sorted(entries, key=lambda one: one.position)


@dataclass(slots=True)
class _Kept:
    plan: str
    board: Board
    lock: threading.Lock


class Boards:
    """The boards of the campaigns that were looked at last."""

    def __init__(self, journal: Journal, catalogue: Catalogue) -> None:
        self._journal = journal
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def report(self, key: str) -> "Standing":
        """Return how a campaign stands; LookupRefusal when there is none, or its plan is gone."""
        kept = self._board(key)
        with kept.lock:
            kept.board.refresh()
            return Standing(kept.board, report_of(kept.board))

    def _board(self, key: str) -> _Kept:
        entries = self._journal.read(f"campaign-{key}")
        plans = [one.event.data["plan"] for one in entries if one.event.kind == "campaign.started"]
        plan = str(plans[-1]) if plans else ""
        with self._lock:
            kept = self._kept.pop(key, None)
            if kept is None or kept.plan != plan:
                campaign, _ = begun(self._journal, key)
                told = _Told(key, self._journal, self._catalogue)
                kept = _Kept(plan, Board(told, campaign), threading.Lock())
            self._kept[key] = kept
            while len(self._kept) > _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            return kept


@dataclass(frozen=True, slots=True)
class Standing:
    """A campaign's board and what it comes to; the board goes on, the report does not."""

    board: Board
    report: ProgressReport
