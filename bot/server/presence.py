"""Who looks at a pull request, or has it in hand: a note, so that two do not review it unawares.

It locks nothing, is kept in memory alone, and ends by itself.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.server.session import Session

# A page that is open says so every 30 s, or every minute where its tab is behind another.
LOOKING_S = 90.0
# Whoever took it may close the page and read elsewhere.
IN_HAND_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at a pull request, since when (UTC ISO 8601), and whether they took it."""

    reviewer: str
    since: str
    has_it: bool = False


class Presence:
    """Readers by pull request and session; ``now_s`` is a clock that only goes on. Thread-safe."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        # By pull request and by what only one session knows: the reader, and when the note ends.
        self._readers: dict[tuple[int, str], tuple[Reader, float]] = {}

    def look(self, number: int, session: Session, at: str) -> None:
        """Note that a session has a pull request before it, ``at`` a time in UTC ISO 8601."""
        with self._lock:
            known = self._known(number, session) or Reader(session.reviewer, at)
            self._keep(number, session, replace(known, reviewer=session.reviewer))

    def take(self, number: int, session: Session, at: str) -> None:
        """Note that a session has it in hand, unless it has already."""
        with self._lock:
            known = self._known(number, session)
            begun = known.since if known and known.has_it else at
            self._keep(number, session, Reader(session.reviewer, begun, has_it=True))

    def leave(self, number: int, session: Session) -> None:
        """Forget a session that is done with it, or gave it back."""
        with self._lock:
            self._readers.pop((number, session.csrf), None)

    def own(self, number: int, session: Session) -> Reader | None:
        """Return what the others are told of a session, if anything."""
        with self._lock:
            return self._known(number, session)

    def others(self, number: int, session: Session) -> tuple[Reader, ...]:
        """Return who else is at it, who took it first, then by how long they are there."""
        now = self._now_s()
        with self._lock:
            found = [
                reader
                for (at, key), (reader, until) in self._readers.items()
                if at == number and key != session.csrf and until > now
            ]
        return tuple(sorted(found, key=lambda one: (not one.has_it, one.since)))

    def _known(self, number: int, session: Session) -> Reader | None:
        reader, until = self._readers.get((number, session.csrf), (None, 0.0))
        return reader if until > self._now_s() else None

    def _keep(self, number: int, session: Session, reader: Reader) -> None:
        now = self._now_s()
        self._readers = {key: one for key, one in self._readers.items() if one[1] > now}
        until = now + (IN_HAND_S if reader.has_it else LOOKING_S)
        self._readers[number, session.csrf] = reader, until
