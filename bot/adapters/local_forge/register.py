"""How each pull request stands, kept in memory, so that a list of them reads what is on its page.

A record is one file that is replaced whole, so what a file is says whether it was read already; and
the folder's own time says whether any was replaced.
"""

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from validators.encoding import EncodingRefusal, decode
from workflows.pull_request import PullRequestState
from workflows.review import ReviewVerdict

# Two changes within one tick of a file system's clock look like one.
_TICK_NS = 200_000_000


@dataclass(frozen=True, slots=True)
class Standing:
    """One pull request as a list orders it; ``decided`` is when it was last, UTC ISO 8601."""

    number: int
    state: PullRequestState
    verdict: ReviewVerdict | None = None
    decided: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether a person has to decide: what was accepted waits for its merge alone."""
        return self.state == "open" and self.verdict != "accepted"


class Register:
    """The standings of one ``folder`` of records; safe for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read_at = -1
        self._known: dict[int, tuple[tuple[int, ...], Standing]] = {}
        self._standings: Sequence[Standing] = ()

    def standings(self) -> Sequence[Standing]:
        """Return all of them, newest first; empty where there is no folder yet."""
        with self._lock:
            try:
                changed = self._folder.stat().st_mtime_ns
            except FileNotFoundError:
                return ()
            if changed != self._read_at:
                self._look()
                is_settled = time.time_ns() - changed > _TICK_NS
                self._read_at = changed if is_settled else -1
            return self._standings

    def _look(self) -> None:
        known: dict[int, tuple[tuple[int, ...], Standing]] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                stem, dot, suffix = entry.name.partition(".")
                if dot + suffix != ".json" or not (stem.isascii() and stem.isdecimal()):
                    continue
                status = entry.stat()
                sign = (status.st_ino, status.st_size, status.st_mtime_ns)
                before = self._known.get(int(stem))
                same = before is not None and before[0] == sign
                known[int(stem)] = before if before and same else (sign, _read(entry, int(stem)))
        self._known = known
        self._standings = tuple(known[number][1] for number in sorted(known, reverse=True))


@dataclass(frozen=True, slots=True)
class _Review:
    verdict: ReviewVerdict
    at: str


@dataclass(frozen=True, slots=True)
class _PullRequest:
    state: PullRequestState
    reviews: tuple[_Review, ...] = ()
    ended: str = ""


@dataclass(frozen=True, slots=True)
class _Record:
    pull_request: _PullRequest


def _read(entry: "os.DirEntry[str]", number: int) -> Standing:
    try:
        found = decode(Path(entry.path).read_bytes(), _Record).pull_request
    except (OSError, EncodingRefusal):
        return Standing(number, "open")
    last = found.reviews[-1] if found.reviews else None
    decided = max(found.ended, last.at if last else "")
    return Standing(number, found.state, last.verdict if last else None, decided)
