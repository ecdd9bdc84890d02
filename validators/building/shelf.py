"""Where built environments stand: a folder for each target, in it one for each key.

The target is part of the place and not of the key: a build may run code that no key knows of, and
must not leave anything for another target. A key, on the other hand, is the same on all machines.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from validators.encoding import digest


@contextmanager
def shelved(cache: Path, target: Path, key: str) -> Iterator[Path]:
    """Yield the folder of ``key``, which may not exist, and hold its lock.

    Of two runs on one target at once, one builds and the other waits.
    """
    shelf = cache / digest(os.fsencode(target))[:16]
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (shelf / f"{key}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shelf / key


def empty(home: Path) -> None:
    """Make ``home`` anew, with an inner folder that a sandbox's user may write to."""
    if home.exists():
        shutil.rmtree(home)
    (home / "inside").mkdir(parents=True)
    (home / "inside").chmod(0o777)  # the sandbox's user may be another than ours
