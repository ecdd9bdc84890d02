"""Every entry of a directory where strangers' commands ran, found without following a link.

Every folder is opened beside its parent's descriptor and every file is opened without following,
then checked to be the file that was listed.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scoping.refusal import Refusal
from validators.clones.tree_names import is_git_like

_MAX_DEPTH = 200  # one open descriptor a level
_MAX_ENTRIES = 1_000_000
_SEARCH = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_CHUNK_BYTES = 256 * 1024
KINDS = {
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class SnapshotRefusal(Refusal):
    """A directory cannot be read back: what is in the way."""


@dataclass(frozen=True, slots=True)
class Found:
    """One entry while its parent's ``folder`` is open; ``why_refused`` is empty for a file.

    ``inside`` is the open descriptor of a folder that is walked, None for anything else.
    """

    path: str
    name: str
    folder: int
    status: os.stat_result
    why_refused: str = ""
    inside: int | None = None


def walk(directory: Path) -> Iterator[Found]:
    """Yield every entry, a folder before what is in it; each is good until the next is asked for.

    SnapshotRefusal when there are more than anybody can be asked to read.
    """
    top = os.open(directory, _SEARCH)
    try:
        for count, found in enumerate(_walk_folder(top, "", 0)):
            if count >= _MAX_ENTRIES:
                raise SnapshotRefusal(f"{directory} holds more than {_MAX_ENTRIES} files")
            yield found
    finally:
        os.close(top)


def walk_files(directory: Path) -> Iterator[Found]:
    """Yield every entry that is not a plain folder; otherwise as `walk`."""
    return (found for found in walk(directory) if found.inside is None)


def facts_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file does; the last is when, in nanoseconds."""
    return (
        status.st_mode,
        status.st_size,
        status.st_ino,
        status.st_dev,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def read(found: Found, limit_bytes: int) -> bytes | None:
    """Return the content, a link's target, or None when it is not what was listed."""
    pieces: list[bytes] = []
    size = 0
    try:
        if stat.S_ISLNK(found.status.st_mode):
            return os.fsencode(os.readlink(found.name, dir_fd=found.folder))
        for chunk in chunks(found):
            pieces.append(chunk)
            size += len(chunk)
            if size > limit_bytes:
                return None
    except OSError:
        return None
    return b"".join(pieces)


def chunks(found: Found) -> Iterator[bytes]:
    """Yield a plain file's content in pieces; OSError when it is not what was listed."""
    descriptor = os.open(found.name, _READ, dir_fd=found.folder)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        if facts_of(os.fstat(descriptor)) != facts_of(found.status):
            raise FileNotFoundError(found.path)
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _walk_folder(folder: int, above: str, depth: int) -> Iterator[Found]:
    with os.scandir(folder) as listing:
        names = sorted(entry.name for entry in listing)
    for name in names:
        path = f"{above}{name}"
        status = _status(folder, name)
        if status is None:
            continue
        if is_git_like(name):
            yield Found(path, name, folder, status, "it is named like git's own directory")
        elif not stat.S_ISDIR(status.st_mode):
            yield Found(path, name, folder, status, _why_no_file(status))
        elif depth >= _MAX_DEPTH:
            yield Found(path, name, folder, status, f"it lies deeper than {_MAX_DEPTH} folders")
        else:
            yield from _descend(path, name, folder, status, depth)


def _descend(
    path: str, name: str, folder: int, status: os.stat_result, depth: int
) -> Iterator[Found]:
    try:
        inside = os.open(name, _SEARCH, dir_fd=folder)
    except OSError as error:
        why = f"the folder cannot be opened ({error.strerror})"
        yield Found(path, name, folder, status, why)
        return
    try:
        # Whether what is in it may be looked at, beside its names.
        if not os.access(".", os.X_OK, dir_fd=inside, effective_ids=True):
            why = "what is in the folder may not be looked at"
            yield Found(path, name, folder, status, why)
            return
        yield Found(path, name, folder, status, inside=inside)
        yield from _walk_folder(inside, f"{path}/", depth + 1)
    finally:
        os.close(inside)


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:  # gone since it was listed
        return None
    except OSError as error:
        raise SnapshotRefusal(
            f"{name!r} was closed to us while its folder was read ({error.strerror}); end what"
            " still runs there, and read it again"
        ) from error


def _why_no_file(status: os.stat_result) -> str:
    kind = stat.S_IFMT(status.st_mode)
    return "" if kind in {stat.S_IFREG, stat.S_IFLNK} else f"it is {KINDS.get(kind, 'no file')}"
