"""The tree that commands were given, beside which what they left is held.

Nobody changed it since; but it may hold links, and what commands left decides which of its paths
are asked for, so none is followed.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from validators.clones.folder_walk import Found, chunks, walk_files
from validators.clones.trees import EXECUTABLE, LINK, PLAIN


def git_mode(status: os.stat_result) -> str:
    """Return the mode as git would keep it: setuid and the like are gone."""
    if stat.S_ISLNK(status.st_mode):
        return LINK
    return EXECUTABLE if status.st_mode & stat.S_IXUSR else PLAIN


class Original:
    """The ``directory`` as it was given, looked up by paths with ``/``."""

    def __init__(self, directory: Path) -> None:
        self._top = os.fspath(directory)
        self._folders = {"": True}

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder, not reached through any link."""
        if path not in self._folders:
            status = self._status(path)
            self._folders[path] = status is not None and stat.S_ISDIR(status.st_mode)
        return self._folders[path]

    def files(self, path: str) -> Iterator[str]:
        """Yield ``path`` if there is one that is no folder, or all such below it if it is one."""
        if self.is_folder(path):
            for found in walk_files(Path(self._top, path)):
                yield f"{path}/{found.path}" if path else found.path
        elif self._status(path) is not None:
            yield path

    def holds(self, found: Found) -> bool:
        """Whether git would call the entry unchanged: the same kind, mode and content."""
        status = self._status(found.path)
        if status is None or found.why_refused or git_mode(status) != git_mode(found.status):
            return False
        place = f"{self._top}/{found.path}"
        try:
            if stat.S_ISLNK(status.st_mode):
                target = os.readlink(place)  # noqa: PTH115 - as below
                return target == os.readlink(found.name, dir_fd=found.folder)
            if not stat.S_ISREG(status.st_mode) or status.st_size != found.status.st_size:
                return False
            with open(place, "rb") as stream:  # noqa: PTH123 - one path object a file costs more
                same = all(stream.read(len(chunk)) == chunk for chunk in chunks(found))
                return same and not stream.read(1)
        except (
            OSError
        ):  # it cannot be read, or is not what was listed: whoever reads it next says so
            return False

    def _status(self, path: str) -> os.stat_result | None:
        if not self.is_folder(path.rpartition("/")[0]):
            return None
        try:
            return os.lstat(f"{self._top}/{path}")
        except OSError:  # not there, or deeper than a path may be long
            return None
