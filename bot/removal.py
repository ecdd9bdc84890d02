"""What is removed from the state folder, and how: links are never followed, nothing is half there.

What cannot be removed is reported, and left for the next time.
"""

import fcntl
import os
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from validators.processes.layer import remove as remove_folder
from validators.sandbox import SandboxRefusal


class Removals:
    """What was removed so far, by the names of `housekeeping.Tidied`, and what could not be."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self.troubles: list[str] = []


@contextmanager
def unlocked(lock: Path, *, otherwise: bool) -> Iterator[bool]:
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


def remove(path: Path, done: Removals) -> bool:
    """Remove a file, a link or a whole folder; whether it is gone."""
    size = size_of(path)
    try:
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        done.troubles.append(trouble_of(path, error))
        return False
    except SandboxRefusal as refusal:
        done.troubles.append(str(refusal))
        return False
    done.removed["freed_bytes"] += size
    return True


def remove_whole(home: Path, done: Removals) -> bool:
    """Remove a folder so that nobody ever finds a part of it under its name."""
    gone = home.with_name(f"{home.name}.unfinished")
    try:
        home.rename(gone)
    except OSError as error:
        done.troubles.append(trouble_of(home, error))
        return False
    return remove(gone, done)


def inside(folder: Path, done: Removals) -> list[Path]:
    """Return what lies in a folder of ours; nothing where there is none, or a link in its place."""
    try:
        return [] if folder.is_symlink() else sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        done.troubles.append(trouble_of(folder, error))
        return []


def modified(path: Path) -> float:
    """Return when something changed last; never, for what has gone meanwhile."""
    with suppress(OSError):
        return path.lstat().st_mtime
    return float("inf")


def size_of(path: Path) -> int:
    """Return how much of the disk something takes, as far as a path can name it."""
    total = 0
    left = [os.fspath(path)]
    while left:  # no call in a call: strangers made folders in folders
        place = left.pop()
        with suppress(OSError):
            status = os.lstat(place)
            total += status.st_blocks * 512
            if stat.S_ISDIR(status.st_mode):
                left += [f"{place}/{name}" for name in os.listdir(place)]  # noqa: PTH208 - names
    return total


def trouble_of(path: Path, error: OSError) -> str:
    """Return what could not be done, and why."""
    return f"{error.filename or path}: {error.strerror or error}"
