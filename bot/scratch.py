"""A folder for one command, gone when it ends, and known for dead when its process was killed.

The living process holds a lock on ``.alive`` in it, which the kernel gives back however it ends.
"""

import errno
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scoping.refusal import Refusal

ALIVE = ".alive"
# What a run writes before its first effect, several times over: a journal, a clone, two trees.
_ROOM_BYTES = 32 * 1024**2
_ROOM_FILES = 1_000


class StateRefusal(Refusal):
    """The state folder cannot be used: which, why, and what to do."""


@contextmanager
def scratch(state: Path) -> Iterator[Path]:
    """Yield a new folder below ``state``; StateRefusal when nothing can be written there."""
    # Now, not when it ends; who wants `private` alone needs neither.
    from validators.processes.layer import remove  # noqa: PLC0415
    from validators.sandbox import SandboxRefusal  # noqa: PLC0415

    require_room(state)
    folder = private(private(state / "scratch") / secrets.token_hex(8))
    try:
        descriptor = os.open(folder / ".new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # Under its name it is only ever seen locked.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            (folder / ".new").rename(folder / ALIVE)
            with _temporary(folder):
                yield folder
        finally:
            # What cannot be removed now is tried again at each start.
            with suppress(SandboxRefusal):
                remove(folder)
            os.close(descriptor)
    except OSError as error:
        if error.errno == errno.ENOENT and not folder.parent.is_dir():
            raise StateRefusal(
                f"the state folder {state} was removed while this command worked in it; start again"
            ) from error
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise StateRefusal(
            f"the disk of {state} is full; free some space on it, or use another --state."
            " What the journal holds is kept: `changewright resume` goes on from there"
        ) from error


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Have every temporary file of this process stand in ``folder``, where it is found again."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def require_room(state: Path) -> None:
    """Raise StateRefusal unless a run could begin: stopping now costs nothing."""
    disk = os.statvfs(private(state))
    free = disk.f_bavail * disk.f_frsize
    if free < _ROOM_BYTES:
        raise StateRefusal(
            f"only {free // 1024**2} MiB are free in the state folder {state}, and a run needs"
            f" {_ROOM_BYTES // 1024**2}; free some space on its disk, or use another --state"
        )
    if disk.f_files and disk.f_favail < _ROOM_FILES:  # some file systems count none
        raise StateRefusal(
            f"the disk of the state folder {state} has room for {disk.f_favail} more files, and a"
            f" run needs {_ROOM_FILES}; remove some files on it, or use another --state"
        )


def private(folder: Path) -> Path:
    """Return ``folder``, made for this user alone when it was not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StateRefusal(
            f"cannot make the state folder {folder}: {error.strerror}; choose another with --state"
        ) from error
    return folder
