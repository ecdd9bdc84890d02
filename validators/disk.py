"""Tells a disk in trouble from a tool, a tree or a patch in trouble.

The same trouble comes as an error number where Python writes, and as words where git, cp or a test
does. Whoever it is that complains: nothing may be concluded from it about a change.
"""

import errno
import os
import tempfile
from pathlib import Path

from scoping.refusal import Refusal

_NUMBERS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk takes no writes, it is mounted read-only",
}
# What is said of each by the C library, and by git of the first.
_WORDS = {os.strerror(number): said for number, said in _NUMBERS.items()} | {
    "Out of diskspace": _NUMBERS[errno.ENOSPC]
}
_FULL_WORDS = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))
_FILE_BYTES = 1024**2
_FEW_FILES = 8


class DiskRefusal(Refusal):
    """The disk does not take what must be written: what was lost, and what to free."""


def disk_trouble(error: Exception) -> str:
    """Return what is wrong with the disk in words, empty when ``error`` is about something else."""
    if isinstance(error, OSError):
        return _NUMBERS.get(error.errno or 0, "")
    if isinstance(error, Refusal):
        said = str(error)
        return next((meaning for words, meaning in _WORDS.items() if words in said), "")
    return ""


def says_full(said: str) -> bool:
    """Whether a command complains that something it wrote to is full: its word, and no more."""
    return any(words in said for words in _FULL_WORDS)


def is_full(folder: Path) -> bool:
    """Whether not one more file of a MiB fits into ``folder``."""
    usage = os.statvfs(folder)
    has_bytes = usage.f_bavail * usage.f_frsize >= _FILE_BYTES
    if has_bytes and usage.f_favail >= _FEW_FILES:
        return False
    # Some file systems count neither: only trying tells.
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
    except OSError as error:
        return bool(disk_trouble(error))
    return False
