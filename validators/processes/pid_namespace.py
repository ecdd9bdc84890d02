"""Who runs in a pid namespace of this machine, found from outside it.

What an engine starts in a container is no descendant of the client that asked for it; but the
kernel tells of every process which namespace it is in, and that nobody leaves.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class PidNamespace:
    """The namespace whose first process is ``first``, numbered as on this machine."""

    first: int
    inode: int

    @classmethod
    def of(cls, first: int) -> Self | None:
        """Return the namespace of ``first``; None where it is our own or not ours to look into."""
        inode = _namespace(first)
        own = _PROC.joinpath("self/ns/pid").stat().st_ino
        return None if inode in {None, own} else cls(first, inode or 0)

    def members(self) -> frozenset[tuple[int, int]]:
        """Return pid and start time of all who run in it, but for its first process."""
        numbers = (int(path.name) for path in _PROC.iterdir() if path.name.isdecimal())
        inside = (pid for pid in numbers if pid != self.first and _namespace(pid) == self.inode)
        started = ((pid, _start(pid)) for pid in inside)
        return frozenset((pid, start) for pid, start in started if start is not None)

    def is_there(self) -> bool:
        """Whether its first process still lives."""
        return _namespace(self.first) == self.inode and _start(self.first) is not None

    def end(self) -> None:
        """Kill its first process: the kernel ends all others with it, however many they become."""
        if self.is_there():
            with suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)


def _namespace(pid: int) -> int | None:
    try:
        return (_PROC / str(pid) / "ns" / "pid").stat().st_ino
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return None


def _start(pid: int) -> int | None:
    """Return when a living process started, in the kernel's ticks; None when it has ended."""
    try:
        line = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold some itself: fields are counted from the last.
    fields = line.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])
