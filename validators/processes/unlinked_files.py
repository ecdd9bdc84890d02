"""Files that processes hold open and that have no name: the room they take, as /proc tells.

They are missing from every walk over folders, and `memfd_create` makes them in memory that no
limit on one process counts.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from validators.processes.process_tree import Member

_BLOCK_BYTES = 512
_IN_MEMORY = {b"tmpfs", b"ramfs", b"devtmpfs", b"hugetlbfs"}


def unlinked_bytes(members: Iterable[Member]) -> tuple[int, int]:
    """Return the bytes of nameless files of ``members``: in memory, and on disks.

    What was mapped and then closed is not found, nor what is on its way between two processes.
    """
    found: dict[tuple[int, int], int] = {}
    disks: set[int] = set()
    for member in members:
        with suppress(OSError):  # it ended, or is not ours to look at
            nameless = _nameless(member.pid)
            if nameless:
                found.update(nameless)
                disks |= _disks(member.pid)
    on_disks = sum(size for (device, _), size in found.items() if device in disks)
    return sum(found.values()) - on_disks, on_disks


def _nameless(pid: int) -> dict[tuple[int, int], int]:
    """Return the bytes of each such file of one process, by device and number."""
    found = {}
    folder = f"/proc/{pid}/fd"
    for descriptor in os.listdir(folder):  # noqa: PTH208 - called very often
        with suppress(OSError):  # closed meanwhile
            status = os.stat(f"{folder}/{descriptor}")  # noqa: PTH116 - the same
            if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                found[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK_BYTES
    return found


def _disks(pid: int) -> set[int]:
    """Return the devices a process sees that are no memory; those of memfd_create it never sees."""
    found = set()
    with open(f"/proc/{pid}/mountinfo", "rb") as stream:  # noqa: PTH123 - called very often
        for line in stream:
            before, _, after = line.partition(b" - ")
            if after.split(maxsplit=1)[0] not in _IN_MEMORY:
                major, _, minor = before.split()[2].partition(b":")
                found.add(os.makedev(int(major), int(minor)))
    return found
