"""The memory of a session's processes together, looked at where no cgroup limits it.

What a process maps is in the kernel's list; what stands in the sandbox's own file systems in memory
and in nameless files is added to it. A file in memory that is mapped as well counts twice: rather
too much than too little. Still it is no guarantee: what no process maps or holds open (segments of
System V, descriptors in unread messages, buffers of sockets) is nowhere to be seen.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from validators.processes.excess import Excess
from validators.processes.process_tree import Member, proportional_bytes, resident_bytes
from validators.processes.unlinked_files import unlinked_bytes


@dataclass(frozen=True, slots=True)
class MemoryWatch:
    """Looks for more than ``limit_bytes``; ``places`` are file systems in memory, as seen inside.

    Only what the family's innermost process sees at a place is asked, and only if it is a file
    system of its own.
    """

    limit_bytes: int
    places: Sequence[str] = ()

    def excess(self, members: tuple[Member, ...]) -> Excess | None:
        """Tell whether the family has more than it may, right now."""
        most = self.limit_bytes
        files = self._files(members) + unlinked_bytes(members)[0]
        total = resident_bytes(members) + files
        if total > most:  # pages shared by many count for each: look closer
            total = proportional_bytes(members) + files
        if total <= most:
            return None
        detail = f"its processes have {total} bytes of memory together, and {most} are allowed"
        return Excess("oom", detail, total)

    def _files(self, members: tuple[Member, ...]) -> int:
        """Return what the file systems in memory hold."""
        found: dict[int, int] = {}
        outside = _identity("/")
        # The last to be started is inside; the first ones are the walls, and may not be yet.
        for member in sorted(members, key=lambda member: -member.start) if self.places else ():
            root = f"/proc/{member.pid}/root"
            with suppress(OSError):  # it ended meanwhile, or is not ours to look at
                inside = _identity(root)
                if inside == outside:
                    continue
                for place in self.places:
                    device, _ = _identity(root + place)
                    usage = os.statvfs(root + place)
                    if device != inside[0]:
                        found[device] = (usage.f_blocks - usage.f_bfree) * usage.f_frsize
                break
        return sum(found.values())


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 - called very often
    return status.st_dev, status.st_ino
