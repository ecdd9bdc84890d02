"""Where built environments stand: a folder for each target, in it one for each key.

The target is part of the place and not of the key: a build may run code that no key knows of, and
must not leave anything for another target. A key, on the other hand, is the same on all machines.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from validators.encoding import digest
from validators.processes.layer import remove
from validators.processes.scrubbing import scrub
from validators.sandbox import SandboxRefusal


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
        remove(home)
    (home / "inside").mkdir(parents=True)
    (home / "inside").chmod(0o777)  # the sandbox's user may be another than ours


def leave(home: Path, *, is_kept: bool) -> None:
    """Drop what nobody needs once a build has ended, and scrub what ``is_kept`` of it."""
    if is_kept:
        scrub(home / "inside", devices=True)
    with suppress(SandboxRefusal):  # what stays is removed before it is built anew
        remove(home / "inside" / ".cache" if is_kept else home)
