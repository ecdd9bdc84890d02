"""The room a session takes on the disk, looked at while its commands run.

There is no quota for a folder that an ordinary user could set. So the session's folders are walked
through, a small part at each look, and a large one once the file systems, which are asked each
time, hold much more than before: then it may be this session, or anybody else.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from validators.processes.excess import Excess
from validators.processes.process_tree import Member
from validators.processes.unlinked_files import unlinked_bytes

_BLOCK_BYTES = 512
# Entries of one look, about a millisecond; what others delete meanwhile hides what is written.
_ENTRIES_AT_REST = 200
_ENTRIES_IN_DOUBT = 4000
# In doubt is who holds this part of the limit, or writes while the disk grows by it.
_PART = 4
_UNEXPLAINED = (
    "the disk grew by {size} bytes while it ran, and its folders do not hold them; if that was"
    " something else on this machine, run it again when that has ended"
)
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A path has at most 4,096 bytes; and so many of them one below the other are enough for anybody.
_LONG_PATH = 3000
_LONG_PATHS = 32


@dataclass(slots=True)
class _Room:
    """What a walk has counted so far; ``closed`` folders could not be looked into."""

    size: int = 0
    files: int = 0
    closed: int = 0
    seen: set[tuple[int, int]] = field(default_factory=set)

    def add(self, status: os.stat_result) -> None:
        """Count one entry; a file of many names has its bytes once."""
        self.files += 1
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in self.seen:
                return
            self.seen.add((status.st_dev, status.st_ino))
        self.size += status.st_blocks * _BLOCK_BYTES


@dataclass(slots=True)
class DiskWatch:
    """Looks whether ``folders`` hold more than ``limit_bytes`` or ``limit_files`` together.

    What stood in them before counts too. A folder that we may not look into counts as too much once
    the file system itself grew by more than the limit. A file without a name that is on its way
    between two processes is not found: that ends when the file system grew by twice the limit and
    ``others_bytes``, which may have been others, so nothing is said of the command then.
    """

    folders: Sequence[Path]
    limit_bytes: int
    limit_files: int
    others_bytes: int = 2 * 1024**3
    _least: dict[int, tuple[int, int]] = field(default_factory=dict)
    _room: _Room = field(default_factory=_Room)
    _walk: Iterator[None] | None = None

    def __post_init__(self) -> None:
        self._growth()

    def excess(self, members: tuple[Member, ...]) -> Excess | None:
        """Tell whether there is more than there may be, as far as it was walked through."""
        size, files = self._growth()
        most = max(size, self._room.size), max(files, self._room.files)
        calm = most[0] * _PART < self.limit_bytes and most[1] * _PART < self.limit_files
        ended = self._step(_ENTRIES_AT_REST if calm else _ENTRIES_IN_DOUBT)
        room = self._room
        nameless = unlinked_bytes(members)[1] if ended and not calm else 0
        hidden = room.closed and (size > self.limit_bytes or files > self.limit_files)
        if ended:
            self._walk, self._room = None, _Room()
        if room.files > self.limit_files:
            return _excess(f"more than {self.limit_files} files")
        if room.size + nameless > self.limit_bytes:
            return _excess(f"more than {self.limit_bytes} bytes")
        if hidden:
            return _excess("too much behind folders that cannot be looked into")
        if size > 2 * self.limit_bytes + self.others_bytes:
            return Excess("sandbox-error", _UNEXPLAINED.format(size=size))
        return None

    def _growth(self) -> tuple[int, int]:
        """Return bytes and files by which the file systems grew since they held least."""
        size = files = 0
        for number, folder in enumerate(self.folders):
            usage = os.statvfs(folder)
            holds = (
                (usage.f_blocks - usage.f_bfree) * usage.f_frsize,
                usage.f_files - usage.f_ffree,
            )
            least = self._least.get(number, holds)
            self._least[number] = min(least[0], holds[0]), min(least[1], holds[1])
            size = max(size, holds[0] - self._least[number][0])
            files = max(files, holds[1] - self._least[number][1])
        return size, files

    def _step(self, entries: int) -> bool:
        """Walk on by so many entries; return whether everything has been seen, or enough."""
        if self._walk is None:
            self._walk = _walk([str(folder) for folder in self.folders], self._room)
        for _ in range(entries):
            if next(self._walk, self) is self:
                return True
            if self._room.files > self.limit_files or self._room.size > self.limit_bytes:
                return True
        return False


def _excess(what: str) -> Excess:
    return Excess("output-limit", f"it wrote {what} to its folders on the disk")


def _walk(folders: list[str], room: _Room, level: int = 0) -> Iterator[None]:
    """Add every entry to ``room``, following no link; a path is hostile, only its size is read."""
    while folders:
        folder = folders.pop()
        try:
            if len(folder) > _LONG_PATH and level < _LONG_PATHS:
                # The kernel takes no longer path: start a new one here.
                descriptor = os.open(folder, _FOLDER)
                try:
                    yield from _walk([f"/proc/self/fd/{descriptor}"], room, level + 1)
                finally:
                    os.close(descriptor)
                continue
            entries = os.scandir(folder)
        except FileNotFoundError:
            continue
        except OSError:  # closed to us, deeper than anybody goes, or no folder any more
            room.closed += 1
            continue
        with entries:
            for entry in entries:
                yield
                with suppress(OSError):  # gone meanwhile
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    room.add(entry.stat(follow_symlinks=False))
