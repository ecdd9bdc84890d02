"""What the pages that watch, list and count stand on: made on first use, ended with the server."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

from bot.adapters.sqlite_catalogue.catalogue import Catalogue
from bot.server.boards import Boards
from bot.server.hub import Hub
from scoping.refusal import Refusal
from workflows.metrics import Metrics, metrics_of
from workflows.ports import Journal
from workflows.weeks import Week, by_week, monday_of

CATALOGUE = "catalogue.sqlite"
# How many weeks of figures can be asked for; the first is what is shown unasked.
PERIODS = (12, 26, 52, 104)
# What counting took is waited for this many times over before figures are counted again.
_PATIENCE = 20.0
# How long a page waits for figures that nobody has counted yet.
_WAIT_S = 2.0
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of the last weeks, as of a position of the journal; due again at ``due``."""

    whole: Metrics
    weeks: tuple[Week, ...]
    position: int
    due: float


class Lookout:
    """The catalogue of a journal, its campaigns, its figures, and the one reader of its news.

    What takes long is done in threads of its own, one of a kind; pages show what is known so far.
    """

    def __init__(self, journal: Journal, state: Path) -> None:
        self.hub = Hub(journal)
        self._journal = journal
        self._path = state / CATALOGUE
        self._catalogue: Catalogue | None = None
        self._boards: Boards | None = None
        self._counted: dict[int, Counted] = {}
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._is_closed = threading.Event()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, which is opened by who first asks for it."""
        with self._lock:
            if self._catalogue is None:
                self._catalogue = Catalogue(self._path, self._journal)
            return self._catalogue

    @property
    def boards(self) -> Boards:
        """How campaigns stand."""
        catalogue = self.catalogue
        with self._lock:
            self._boards = self._boards or Boards(self._journal, catalogue)
            return self._boards

    def begin(self) -> None:
        """Read all that is new, and count, so that the first page need not wait."""
        self._beside("reading", self._read_all)

    def catch_up(self) -> bool:
        """Read what is new, and return whether that was all; the rest is read beside the pages."""
        with self._lock:
            if "reading" in self._threads:
                return False
        if self.catalogue.catch_up():
            return True
        self.begin()
        return False

    def counted(self, weeks: int, patience_s: float = _WAIT_S) -> Counted | None:
        """Return the figures of the last ``weeks`` up to the newest run, as of a moment ago.

        None where they were never counted before, and that takes longer than ``patience_s``.
        """
        known = self._counted.get(weeks)
        is_old = known is None or known.position != self.catalogue.position
        if is_old and (known is None or time.monotonic() >= known.due):
            thread = self._beside(f"counting {weeks}", lambda: self._count(weeks))
            if known is None and thread is not None:
                thread.join(patience_s)
        return self._counted.get(weeks)

    def close(self) -> None:
        """End its threads and connections."""
        self._is_closed.set()
        self.hub.close()
        with self._lock:
            threads, catalogue = [*self._threads.values()], self._catalogue
        for thread in threads:
            thread.join(_JOIN_S)
        if catalogue is not None:
            catalogue.close()

    def _beside(self, name: str, act: Callable[[], object]) -> threading.Thread | None:
        """Do something in a thread of its own, unless that is being done; None when closed."""

        def run() -> None:
            try:
                act()
            except Refusal:
                return  # the page that asks next says so
            finally:
                with self._lock:
                    self._threads.pop(name)

        with self._lock:
            if name not in self._threads and not self._is_closed.is_set():
                self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
                self._threads[name].start()
            return self._threads.get(name)

    def _read_all(self) -> None:
        while not self._is_closed.is_set():
            if self.catalogue.catch_up():
                self._beside(f"counting {PERIODS[0]}", lambda: self._count(PERIODS[0]))
                return

    def _count(self, weeks: int) -> Counted:
        started, position = time.monotonic(), self.catalogue.position
        since = _since(self.catalogue.newest_start(), weeks)
        found = self.catalogue.facts(since)
        facts = tuple(takewhile(lambda _: not self._is_closed.is_set(), found))
        whole, listed = metrics_of(facts), by_week(facts, weeks)
        now = time.monotonic()
        due = now + (now - started) * _PATIENCE
        counted = self._counted[weeks] = Counted(whole, listed, position, due)
        return counted


def _since(newest: str, weeks: int) -> str:
    """Return the first day of the last ``weeks`` up to a moment; "" where that is none."""
    monday = monday_of(newest)
    return (monday - timedelta(weeks=weeks - 1)).isoformat() if monday else ""
