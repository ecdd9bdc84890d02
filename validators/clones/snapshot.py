"""What commands did to a directory, read back as if whoever ran there still meant harm.

No link is followed: every folder is opened beside its parent's descriptor and every file is opened
without following, then checked to be the file that was listed. No git runs inside: a directory
where strangers' commands ran may hold a config.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scoping.refusal import Refusal
from validators.clones.tree_names import is_git_like, parents
from validators.clones.trees import DELETED, EXECUTABLE, LINK, PLAIN
from validators.encoding import digest
from validators.sandbox import Changes, FileChange

# The kernel stamps files with a clock that ticks: a second change within the same tick leaves no
# trace in a file's times. So content counts, not times, for what is as young as the youngest file.
_TICK_NS = 20_000_000
_MAX_HASHED_BYTES = 64 * 1024**2
_MAX_DEPTH = 200  # one open descriptor a level
_MAX_ENTRIES = 1_000_000
_SEARCH = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
KINDS = {
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class SnapshotRefusal(Refusal):
    """A directory cannot be read back: what is in the way."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What changes when a file does: ``content`` is a hash, only where times cannot tell."""

    facts: tuple[int, ...]
    content: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every file of a directory at one moment, by path; folders are known by what is in them."""

    files: Mapping[str, Identity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """One entry while its parent's ``folder`` is open; ``why_refused`` is empty for a file."""

    path: str
    name: str
    folder: int
    status: os.stat_result
    why_refused: str = ""


def take(directory: Path) -> Snapshot:
    """Remember ``directory`` as it is, mostly without reading it."""
    files = {found.path: Identity(_facts(found.status)) for found in _walk(directory)}
    youngest = max((identity.facts[-1] for identity in files.values()), default=0)
    for found in _walk(directory):
        if youngest - found.status.st_ctime_ns <= _TICK_NS:
            files[found.path] = Identity(_facts(found.status), _content_hash(found))
    return Snapshot(files)


def changes_since(snapshot: Snapshot, directory: Path, limit_bytes: int) -> Changes:
    """Return what was done to ``directory`` since; at most ``limit_bytes`` of contents in all.

    A file that was only touched may be among the files, with the content it had. SnapshotRefusal
    when there are more entries than anybody can be asked to read.
    """
    seen: set[str] = set()
    refused: dict[str, str] = {}
    files: list[FileChange] = []
    left = limit_bytes
    for found in _walk(directory):
        seen.add(found.path)
        before = snapshot.files.get(found.path, Identity(()))
        same = before.facts == _facts(found.status)
        if same and (not before.content or before.content == _content_hash(found)):
            continue
        change = _file_change(found, left)
        if isinstance(change, str):
            refused[found.path] = change
        else:
            left -= len(change.content or b"")
            files.append(change)
    # What lies in a folder that could not be read may still be there.
    gone = snapshot.files.keys() - seen
    known_gone = (path for path in gone if refused.keys().isdisjoint(parents(path)))
    files.extend(FileChange(path, DELETED) for path in known_gone)
    files.sort(key=lambda change: change.path)
    return Changes(tuple(files), tuple(sorted(refused.items())))


def _walk(directory: Path) -> Iterator[_Found]:
    """Yield every entry that is not a plain folder; each is good until the next is asked for."""
    top = os.open(directory, _SEARCH)
    try:
        for count, found in enumerate(_walk_folder(top, "", 0)):
            if count >= _MAX_ENTRIES:
                raise SnapshotRefusal(f"{directory} holds more than {_MAX_ENTRIES} files")
            yield found
    finally:
        os.close(top)


def _walk_folder(folder: int, above: str, depth: int) -> Iterator[_Found]:
    with os.scandir(folder) as listing:
        names = sorted(entry.name for entry in listing)
    for name in names:
        path = f"{above}{name}"
        status = _status(folder, name)
        if status is None:
            continue
        if is_git_like(name):
            yield _Found(path, name, folder, status, "it is named like git's own directory")
        elif not stat.S_ISDIR(status.st_mode):
            yield _Found(path, name, folder, status, _why_no_file(status))
        elif depth >= _MAX_DEPTH:
            yield _Found(path, name, folder, status, f"it lies deeper than {_MAX_DEPTH} folders")
        else:
            yield from _descend(_Found(path, name, folder, status), depth)


def _descend(found: _Found, depth: int) -> Iterator[_Found]:
    try:
        inside = os.open(found.name, _SEARCH, dir_fd=found.folder)
    except OSError as error:
        why = f"the folder cannot be opened ({error.strerror})"
        yield _Found(found.path, found.name, found.folder, found.status, why)
        return
    try:
        yield from _walk_folder(inside, f"{found.path}/", depth + 1)
    finally:
        os.close(inside)


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:  # gone since it was listed
        return None


def _why_no_file(status: os.stat_result) -> str:
    kind = stat.S_IFMT(status.st_mode)
    return "" if kind in {stat.S_IFREG, stat.S_IFLNK} else f"it is {KINDS.get(kind, 'no file')}"


def _file_change(found: _Found, limit_bytes: int) -> FileChange | str:
    """Return the entry as git would keep it, or why it is refused; setuid and the like are gone."""
    status = found.status
    if found.why_refused:
        return found.why_refused
    if status.st_size > limit_bytes:
        return f"its {status.st_size} bytes are past the limit for one change"
    content = _read(found, limit_bytes)
    if content is None:
        return "it could not be read, or changed while it was read"
    if stat.S_ISLNK(status.st_mode):
        return FileChange(found.path, LINK, content)
    executable = status.st_mode & stat.S_IXUSR
    return FileChange(found.path, EXECUTABLE if executable else PLAIN, content)


def _content_hash(found: _Found) -> str:
    """Return a hash of what a file of bearable size holds, or an empty string."""
    if found.why_refused or found.status.st_size > _MAX_HASHED_BYTES:
        return ""
    content = _read(found, found.status.st_size)
    return "" if content is None else digest(content)


def _read(found: _Found, limit_bytes: int) -> bytes | None:
    """Return the content, a link's target, or None when it is not what was listed."""
    try:
        if stat.S_ISLNK(found.status.st_mode):
            return os.fsencode(os.readlink(found.name, dir_fd=found.folder))
        descriptor = os.open(found.name, _READ, dir_fd=found.folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if _facts(os.fstat(descriptor)) != _facts(found.status):
            return None
        content = stream.read(limit_bytes + 1)
    return content if len(content) <= limit_bytes else None


def _facts(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_mode,
        status.st_size,
        status.st_ino,
        status.st_dev,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
