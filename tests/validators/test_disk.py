"""A disk in trouble is known by its number, by the tools' words, and by what is left on it."""

import errno
import os
from pathlib import Path

import pytest

from scoping.refusal import Refusal
from validators.disk import disk_trouble, is_full, says_full

READ_ONLY = "the disk takes no writes, it is mounted read-only"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (OSError(errno.ENOSPC, "x", "/some/file"), "the disk is full"),
        (OSError(errno.EDQUOT, "x"), "the disk quota is used up"),
        (OSError(errno.EROFS, "x"), READ_ONLY),
        (OSError(errno.EACCES, "x"), ""),
        (OSError("nothing known"), ""),
        (Refusal("git hash-object failed: No space left on device"), "the disk is full"),
        (Refusal("git update-index failed: fatal: Out of diskspace"), "the disk is full"),
        (Refusal("cp failed: Disk quota exceeded"), "the disk quota is used up"),
        (Refusal("cp failed: Read-only file system"), READ_ONLY),
        (Refusal("there is no such commit"), ""),
        (ValueError("No space left on device"), ""),
    ],
)
def test_trouble_with_the_disk_is_told_from_all_other(error: Exception, meaning: str) -> None:
    assert disk_trouble(error) == meaning


def test_the_words_are_those_of_this_machines_tools() -> None:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        assert disk_trouble(Refusal(f"cp: cannot write: {os.strerror(number)}"))


def test_a_disk_with_room_is_not_full_whatever_a_command_says(tmp_path: Path) -> None:
    assert not is_full(tmp_path)
    assert says_full("OSError: [Errno 28] No space left on device")
    assert not says_full("Read-only file system")
