"""The state folder is kept small: what a killed process left, and what is old, is removed.

Only what changewright put there under names of its own is touched, links are never followed, and
what cannot be removed is reported and left for the next time.
"""

import os
import re
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.retention import ended, iso, prune
from bot.caches import shelves, tidy_caches
from bot.removal import Removals, inside, modified, remove, trouble_of, unlocked
from bot.scratch import ALIVE
from scoping.refusal import Refusal

_DAY_S = 86_400.0
_MIB = 1024**2
# A draft this old belongs to no living process: none takes as long over one.
_DRAFT_S = 3_600.0
_DRAFT = re.compile(r"\.unfinished(-wal|-shm|-journal)?\Z")
_STAMP = ".tidied"
# What is written about runs beside the journal, and goes when they do.
_KEPT_BESIDE = ("logs", "reports", "traces")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how much is kept: of runs and logs, of blobs, of environments and trees."""

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
    trees: int = 0
    files: int = 0
    bundles: int = 0
    blobs: int = 0
    freed_bytes: int = 0
    troubles: tuple[str, ...] = ()


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
        return Tidied(troubles=(trouble_of(stamp, error),))
    return tidy(state, bounds, now)


def tidy(state: Path, bounds: Bounds, now: float) -> Tidied:
    """Bring the state folder within its bounds; whatever a living process uses is left alone."""
    done = Removals()
    _sweep(state, now, done)
    old = now - bounds.days * _DAY_S
    _remove_drafts(state, now, done)
    tidy_caches(state, bounds.cache_days, bounds.cache_mb, now, done)
    _tidy_base_sides(state / "base-sides", now - bounds.cache_days * _DAY_S, done)
    backups = [path for path in inside(state, done) if path.suffix == ".backup"]
    logs = [path for name in _KEPT_BESIDE for path in inside(state / name, done)]
    for path in (*backups, *logs):
        if modified(path) < old:
            done.removed["files"] += remove(path, done)
    _tidy_journal(state, bounds, now, done)
    return _tidied(done)


def sweep_scratch(state: Path, now: float | None = None) -> Tidied:
    """Remove the scratch folders of processes that ended; cheap enough for every start.

    ``now`` is the present, unless another moment is given.
    """
    done = Removals()
    _sweep(state, time.time() if now is None else now, done)
    return _tidied(done)


def _sweep(state: Path, now: float, done: Removals) -> None:
    for folder in inside(state / "scratch", done):
        if folder.is_dir() and not folder.is_symlink():
            # Without a lock it was made in this moment, or by a program that knew of none.
            is_old = modified(folder) < now - _DRAFT_S
            with unlocked(folder / ALIVE, otherwise=is_old) as is_abandoned:
                if is_abandoned:
                    done.removed["scratch"] += remove(folder, done)


def _remove_drafts(state: Path, now: float, done: Removals) -> None:
    environments = shelves(state, "environments", done)
    # Not what is in a tree: those are names of the target's.
    caches = [*environments, *shelves(state, "trees", done)]
    homes = [home for shelf in environments for home in inside(shelf, done)]
    homes += [*inside(state / "forge", done), *inside(state / "base-sides", done)]
    for folder in (
        state,
        state / "bundles",
        *(state / name for name in _KEPT_BESIDE),
        *caches,
        *homes,
    ):
        for path in inside(folder, done):
            if _DRAFT.search(path.name) and modified(path) < now - _DRAFT_S:
                done.removed["drafts"] += remove(path, done)


def _tidy_base_sides(cache: Path, old: float, done: Removals) -> None:
    for shelf in inside(cache, done):
        for path in [] if shelf.is_symlink() else inside(shelf, done):
            if modified(path) < old:
                done.removed["files"] += remove(path, done)


def _tidy_journal(state: Path, bounds: Bounds, now: float, done: Removals) -> None:
    path = state / "journal.sqlite"
    if not path.exists():
        return
    try:
        with closing(SqliteJournal(path, lambda: iso(now), lambda: now)) as journal:
            for run in sorted(ended(journal, bounds.days, now)):
                for name in (f"{run}.json", f"{run}.partial.json"):
                    place = state / "bundles" / name
                    if place.is_file() and not place.parent.is_symlink():
                        done.removed["bundles"] += remove(place, done)
            pruned = prune(journal, bounds.days, bounds.journal_mb * _MIB, now)
    except Refusal as refusal:
        done.troubles.append(str(refusal))
        return
    done.removed["blobs"] += pruned.blobs
    done.removed["freed_bytes"] += pruned.blob_bytes


def _tidied(done: Removals) -> Tidied:
    return Tidied(**done.removed, troubles=tuple(done.troubles))
