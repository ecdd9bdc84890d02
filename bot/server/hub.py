"""One reader of the journal for all who watch runs: each event is handed to those who wait for it.

The reader is a thread that begins with the first viewer and ends with the last. It also looks,
every few seconds, whether the watched runs still have a living writer. A viewer that does not take
what it is handed loses its place: it never slows the reader, the run or another viewer.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scoping.refusal import Refusal
from workflows.ports import Journal, JournalRefusal
from workflows.run import Entry

MOST_VIEWERS = 200
# Events that wait for one viewer; a run has tens of them in a minute.
_MOST_WAITING = 400
_IDLE_S = 0.25
_LEASES_S = 2.0
_JOIN_S = 10.0


class HubRefusal(Refusal):
    """Nobody more can watch: why, and what to do instead."""


class Viewer:
    """Who watches one run; used by one coroutine, and filled from the reader's thread.

    ``is_abandoned`` tells that no living process writes the run, ``is_dropped`` that more waited
    than is kept; ``trouble`` is why nothing more can be read, or "".
    """

    def __init__(self, run: str) -> None:
        self.run = run
        self.is_abandoned = self.is_dropped = False
        self.trouble = ""
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Entry] = deque()
        self._news = asyncio.Event()

    async def next(self, timeout_s: float) -> tuple[Entry, ...]:
        """Return what came since, as soon as anything did; nothing after ``timeout_s``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        self._news.clear()
        found = tuple(self._waiting)
        self._waiting.clear()
        return found

    def hand(self, entry: Entry) -> None:
        """Give it an event, from any thread."""
        self._call(self._take, entry)

    def tell(self, *, abandoned: bool = False, trouble: str = "") -> None:
        """Tell it that nothing more is to come, from any thread."""
        self._call(self._end, abandoned, trouble)

    def _call(self, function: object, *values: object) -> None:
        # A loop that was closed has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)  # type: ignore[arg-type]

    def _take(self, entry: Entry) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self.is_dropped = True
            self._waiting.clear()
        elif not self.is_dropped:
            self._waiting.append(entry)
        self._news.set()

    def _end(self, abandoned: bool, trouble: str) -> None:  # noqa: FBT001 - called by the loop
        self.is_abandoned, self.trouble = abandoned, trouble
        self._news.set()


class Hub:
    """Hands the events of a journal to viewers; every ``leases_s`` it looks who still writes."""

    def __init__(self, journal: Journal, leases_s: float = _LEASES_S) -> None:
        self._journal = journal
        self._leases_s = leases_s
        self._lock = threading.Lock()
        self._viewers: dict[Viewer, None] = {}
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @contextmanager
    def watching(self, run: str, position: int) -> Iterator[Viewer]:
        """Hand the events of ``run`` to a viewer, for as long as it watches; HubRefusal when full.

        Whoever asks has read no further than ``position``, and reads the run once more when this
        was entered: all that is written after that reading is handed over, perhaps with some that
        it has read.
        """
        viewer = Viewer(run)
        with self._lock:
            if self._is_closed or len(self._viewers) >= MOST_VIEWERS:
                raise HubRefusal(
                    f"{len(self._viewers)} pages are watching runs, and no more can; close one of"
                    " them, or load this page again to see how the run stands"
                )
            self._viewers[viewer] = None
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._read, args=(position,), name="journal-reader", daemon=True
                )
                self._thread.start()
        try:
            yield viewer
        finally:
            with self._lock:
                self._viewers.pop(viewer, None)

    def close(self) -> None:
        """End the reader; whoever watches is told nothing more."""
        with self._lock:
            self._is_closed = True
            self._viewers.clear()
            thread = self._thread
        if thread is not None:
            thread.join(_JOIN_S)

    @property
    def viewers(self) -> int:
        """How many watch at present."""
        with self._lock:
            return len(self._viewers)

    def _read(self, position: int) -> None:
        due = time.monotonic() + self._leases_s
        try:
            while viewers := self._still_watching():
                for entry in self._journal.follow(position, wait_s=_IDLE_S):
                    position = entry.position
                    self._hand(entry)
                    if time.monotonic() >= due:
                        break
                if time.monotonic() >= due:
                    self._tell_of_leases(viewers, position)
                    due = time.monotonic() + self._leases_s
        except JournalRefusal as refusal:
            self._tell_trouble(str(refusal))

    def _still_watching(self) -> tuple[Viewer, ...]:
        """Return who watches; with nobody left the reader is none any more."""
        with self._lock:
            if not self._viewers:
                self._thread = None
            return tuple(self._viewers)

    def _hand(self, entry: Entry) -> None:
        with self._lock:
            wanted = [one for one in self._viewers if one.run == entry.run]
        for viewer in wanted:
            viewer.hand(entry)

    def _tell_of_leases(self, viewers: tuple[Viewer, ...], position: int) -> None:
        """Tell those whose run nobody writes, after all that its writer has written."""
        held = {run: bool(self._journal.holder(run)) for run in {one.run for one in viewers}}
        left = [one for one in viewers if not held[one.run]]
        if not left:
            return
        for entry in self._journal.follow(position):
            for viewer in left:
                if viewer.run == entry.run:
                    viewer.hand(entry)
        for viewer in left:
            viewer.tell(abandoned=True)

    def _tell_trouble(self, words: str) -> None:
        with self._lock:
            viewers, self._thread = tuple(self._viewers), None
        for viewer in viewers:
            viewer.tell(trouble=words)
