"""The state folder is kept small: what a killed process left, and what is old, is removed.

Only what changewright put there under names of its own is touched, links are never followed, and
what cannot be removed is reported and left for the next time.
"""

import fcntl
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.retention import ended, iso, prune
from bot.scratch import ALIVE
from scoping.refusal import Refusal

_DAY_S = 86_400.0
_MIB = 1024**2
# A draft this old belongs to no living process: none takes as long over one.
_DRAFT_S = 3_600.0
# A run may still use an environment it found this long ago, without holding its lock.
_IN_USE_S = _DAY_S
_DRAFT = re.compile(r"\.unfinished(-wal|-shm|-journal)?\Z")
_STAMP = ".tidied"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how much is kept: of runs and logs, of blobs, and of built environments."""

    days: int = 90
    journal_mb: int = 1024
    cache_days: int = 30
    cache_mb: int = 4096


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed, and in ``troubles`` what could not be, each with the reason."""

    scratch: int = 0
    drafts: int = 0
    environments: int = 0
    files: int = 0
    bundles: int = 0
    blobs: int = 0
    freed_bytes: int = 0
    troubles: tuple[str, ...] = ()


class _Count:
    """What was removed so far, by the names of `Tidied`."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self.troubles: list[str] = []

    def tidied(self) -> Tidied:
        return Tidied(**self.removed, troubles=tuple(self.troubles))


def tidy_once_a_day(state: Path, bounds: Bounds, now: float) -> Tidied | None:
    """Tidy unless that was done within a day of ``now`` (epoch seconds); None when it was."""
    stamp = state / _STAMP
    # Nobody has tidied yet where there is no stamp.
    with suppress(FileNotFoundError):
        if abs(now - stamp.lstat().st_mtime) < _DAY_S:
            return None
    try:
        # First: of two processes one tidies, and what fails is not tried again at every start.
        stamp.touch(mode=0o600)
        os.utime(stamp, (now, now))
    except OSError as error:
        return Tidied(troubles=(_trouble(stamp, error),))
    return tidy(state, bounds, now)


def tidy(state: Path, bounds: Bounds, now: float) -> Tidied:
    """Bring the state folder within its bounds; whatever a living process uses is left alone."""
    done = _Count()
    _sweep(state, now, done)
    old = now - bounds.days * _DAY_S
    _remove_drafts(state, now, done)
    _tidy_environments(state / "environments", bounds, now, done)
    _tidy_base_sides(state / "base-sides", now - bounds.cache_days * _DAY_S, done)
    backups = [path for path in _inside(state, done) if path.suffix == ".backup"]
    logs = [path for name in ("logs", "reports") for path in _inside(state / name, done)]
    for path in (*backups, *logs):
        if _modified(path) < old:
            done.removed["files"] += _remove(path, done)
    _tidy_journal(state, bounds, now, done)
    return done.tidied()


def sweep_scratch(state: Path, now: float | None = None) -> Tidied:
    """Remove the scratch folders of processes that ended; cheap enough for every start.

    ``now`` is the present, unless another moment is given.
    """
    done = _Count()
    _sweep(state, time.time() if now is None else now, done)
    return done.tidied()


def _sweep(state: Path, now: float, done: _Count) -> None:
    for folder in _inside(state / "scratch", done):
        if folder.is_dir() and not folder.is_symlink():
            # Without a lock it was made in this moment, or by a program that knew of none.
            is_old = _modified(folder) < now - _DRAFT_S
            with _unlocked(folder / ALIVE, otherwise=is_old) as is_abandoned:
                if is_abandoned:
                    done.removed["scratch"] += _remove(folder, done)


@contextmanager
def _unlocked(lock: Path, *, otherwise: bool) -> Iterator[bool]:
    """Yield whether nobody holds a lock, and hold it; ``otherwise`` where there is none."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield otherwise
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_free = True
    except OSError:
        is_free = False
    try:
        yield is_free
    finally:
        os.close(descriptor)


def _remove_drafts(state: Path, now: float, done: _Count) -> None:
    shelves = [shelf for shelf in _inside(state / "environments", done) if not shelf.is_symlink()]
    homes = [home for shelf in shelves for home in _inside(shelf, done)]
    homes += [*_inside(state / "forge", done), *_inside(state / "base-sides", done)]
    for folder in (state, state / "bundles", state / "logs", state / "reports", *homes):
        for path in _inside(folder, done):
            if _DRAFT.search(path.name) and _modified(path) < now - _DRAFT_S:
                done.removed["drafts"] += _remove(path, done)


def _tidy_environments(cache: Path, bounds: Bounds, now: float, done: _Count) -> None:
    """Remove environments unused for long, then those unused longest until the rest is in bounds.

    Whoever takes one opens its lock file for writing, which dates its last use.
    """
    found = []
    for shelf in _inside(cache, done):
        for lock in [] if shelf.is_symlink() else _inside(shelf, done):
            home = lock.with_suffix("")
            if lock.suffix == ".lock" and home.is_dir() and not home.is_symlink():
                found.append((_modified(lock), home, lock))
    sizes = {home: _size(home) for _, home, _ in found}
    total = sum(sizes.values())
    for used, home, lock in sorted(found):
        is_old = used < now - bounds.cache_days * _DAY_S
        if used >= now - _IN_USE_S or not (is_old or total > bounds.cache_mb * _MIB):
            continue
        # The lock file stays: a process may be waiting for it in this moment.
        with _unlocked(lock, otherwise=False) as is_free:
            if is_free and _remove(home, done):
                done.removed["environments"] += 1
                total -= sizes[home]


def _tidy_base_sides(cache: Path, old: float, done: _Count) -> None:
    for shelf in _inside(cache, done):
        for path in [] if shelf.is_symlink() else _inside(shelf, done):
            if _modified(path) < old:
                done.removed["files"] += _remove(path, done)


def _tidy_journal(state: Path, bounds: Bounds, now: float, done: _Count) -> None:
    path = state / "journal.sqlite"
    if not path.exists():
        return
    try:
        with closing(SqliteJournal(path, lambda: iso(now), lambda: now)) as journal:
            for run in sorted(ended(journal, bounds.days, now)):
                for name in (f"{run}.json", f"{run}.partial.json"):
                    place = state / "bundles" / name
                    if place.is_file() and not place.parent.is_symlink():
                        done.removed["bundles"] += _remove(place, done)
            pruned = prune(journal, bounds.days, bounds.journal_mb * _MIB, now)
    except Refusal as refusal:
        done.troubles.append(str(refusal))
        return
    done.removed["blobs"] += pruned.blobs
    done.removed["freed_bytes"] += pruned.blob_bytes


def _remove(path: Path, done: _Count) -> bool:
    """Remove a file, a link or a whole folder; whether it is gone."""
    size = _size(path)
    try:
        if path.is_dir() and not path.is_symlink():
            _make_writable(path)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        done.troubles.append(_trouble(path, error))
        return False
    done.removed["freed_bytes"] += size
    return True


def _make_writable(folder: Path) -> None:
    """Give the folders of a tree the permissions without which nothing in them can be removed."""
    folder.chmod(0o700)
    for place, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(place, name)
            if not inner.is_symlink():
                inner.chmod(0o700)


def _inside(folder: Path, done: _Count) -> list[Path]:
    """Return what lies in a folder of ours; nothing where there is none, or a link in its place."""
    try:
        return [] if folder.is_symlink() else sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        done.troubles.append(_trouble(folder, error))
        return []


def _modified(path: Path) -> float:
    """Return when something changed last; never, for what has gone meanwhile."""
    with suppress(OSError):
        return path.lstat().st_mtime
    return float("inf")


def _size(path: Path) -> int:
    """Return how much of the disk something takes."""
    total = 0
    with suppress(OSError):
        total = path.lstat().st_blocks * 512
    for place, folders, files in os.walk(path):
        for name in (*folders, *files):
            with suppress(OSError):
                total += Path(place, name).lstat().st_blocks * 512
    return total


def _trouble(path: Path, error: OSError) -> str:
    return f"{error.filename or path}: {error.strerror or error}"
