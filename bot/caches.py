"""What is kept because making it anew takes long: environments, and the files of base trees.

Each has a lock file beside it, in a folder with others. Whoever takes one opens its lock for
writing, which dates its last use, and may hold it for as long as it is needed.
"""

from dataclasses import dataclass
from pathlib import Path

from bot.removal import Removals, inside, modified, remove_whole, size_of, unlocked

_DAY_S = 86_400.0
_MIB = 1024**2
# A run may still use what it found this long ago, without holding its lock.
_IN_USE_S = _DAY_S


@dataclass(frozen=True, slots=True)
class _Cached:
    """One ``home``, by its ``kind``. ``used`` is in epoch seconds, ``size`` in bytes."""

    used: float
    kind: str
    home: Path
    lock: Path
    size: int


def shelves(state: Path, kind: str, done: Removals) -> list[Path]:
    """Return the folders of ours in which homes of one kind stand."""
    return [shelf for shelf in inside(state / kind, done) if not shelf.is_symlink()]


def tidy_caches(state: Path, days: int, most_mb: int, now: float, done: Removals) -> None:
    """Remove what was unused for ``days``, then what was unused longest until all fits."""
    found = _cached(state, done)
    total = sum(cached.size for cached in found)
    for cached in sorted(found, key=lambda cached: cached.used):
        is_old = cached.used < now - days * _DAY_S
        if cached.used >= now - _IN_USE_S or not (is_old or total > most_mb * _MIB):
            continue
        # The lock file stays: a process may be waiting for it in this moment.
        with unlocked(cached.lock, otherwise=False) as is_free:
            # Somebody may have used it since it was looked at.
            is_unused = is_free and modified(cached.lock) == cached.used
            if is_unused and remove_whole(cached.home, done):
                done.removed[cached.kind] += 1
                total -= cached.size


def _cached(state: Path, done: Removals) -> list[_Cached]:
    found = []
    for kind in ("environments", "trees"):
        for shelf in shelves(state, kind, done):
            for lock in inside(shelf, done):
                home = lock.with_suffix("")
                if lock.suffix == ".lock" and home.is_dir() and not home.is_symlink():
                    found.append(_Cached(modified(lock), kind, home, lock, size_of(home)))
    return found
