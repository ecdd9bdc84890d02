"""What commands did to a directory, read back as if whoever ran there still meant harm.

No link is followed (`folder_walk`), and no git runs inside: a directory where strangers' commands
ran may hold a config. `upper_changes` is for a directory that is stacked over the original by the
kernel, `changes_since` for a copy of it; both tell the same.
"""

import errno
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from validators.clones.folder_walk import Found, facts_of, read, walk, walk_files
from validators.clones.original import Original, git_mode
from validators.clones.tree_names import parents
from validators.clones.trees import DELETED
from validators.encoding import digest
from validators.sandbox import Changes, FileChange

# The kernel stamps files with a clock that ticks: a second change within the same tick leaves no
# trace in a file's times. So content counts, not times, for what is as young as the youngest file.
_TICK_NS = 20_000_000
_MAX_HASHED_BYTES = 64 * 1024**2
_OPAQUE = "user.overlay.opaque"


@dataclass(frozen=True, slots=True)
class Identity:
    """What changes when a file does: ``content`` is a hash, only where times cannot tell."""

    facts: tuple[int, ...]
    content: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every file of a directory at one moment, by path; folders are known by what is in them."""

    files: Mapping[str, Identity] = field(default_factory=dict)


class _Account:
    """What is to be told so far: at most ``limit_bytes`` of contents in all."""

    def __init__(self, original: Original, limit_bytes: int) -> None:
        self._original = original
        self._left = limit_bytes
        self._files: list[FileChange] = []
        self._refused: dict[str, str] = {}

    def add(self, found: Found) -> None:
        """Tell of an entry as git would keep it, or why it is refused; or not, if it is as it was.

        What was only touched, or written with what it held, is no change.
        """
        if self._original.holds(found):
            return
        status = found.status
        if found.why_refused:
            self._refused[found.path] = found.why_refused
        elif status.st_size > self._left:
            why = f"its {status.st_size} bytes are past the limit for one change"
            self._refused[found.path] = why
        elif (content := read(found, self._left)) is None:
            self._refused[found.path] = "it could not be read, or changed while it was read"
        else:
            self._left -= len(content)
            self._files.append(FileChange(found.path, git_mode(status), content))

    def changes(self, gone: Iterable[str]) -> Changes:
        """Return all that was told, and that files are ``gone``."""
        # What lies in a folder that could not be read may still be there.
        known = (path for path in gone if self._refused.keys().isdisjoint(parents(path)))
        self._files.extend(FileChange(path, DELETED) for path in known)
        self._files.sort(key=lambda change: change.path)
        return Changes(tuple(self._files), tuple(sorted(self._refused.items())))


def take(directory: Path) -> Snapshot:
    """Remember ``directory`` as it is, mostly without reading it."""
    files = {found.path: Identity(facts_of(found.status)) for found in walk_files(directory)}
    youngest = max((identity.facts[-1] for identity in files.values()), default=0)
    for found in walk_files(directory):
        if youngest - found.status.st_ctime_ns <= _TICK_NS:
            files[found.path] = Identity(facts_of(found.status), _content_hash(found))
    return Snapshot(files)


def changes_since(snapshot: Snapshot, directory: Path, original: Path, limit_bytes: int) -> Changes:
    """Return what was done since to ``directory``, which was a copy of ``original``.

    At most ``limit_bytes`` of contents in all. SnapshotRefusal when there are more entries than
    anybody can be asked to read.
    """
    account = _Account(Original(original), limit_bytes)
    seen: set[str] = set()
    for found in walk_files(directory):
        seen.add(found.path)
        before = snapshot.files.get(found.path, Identity(()))
        same = before.facts == facts_of(found.status)
        if not (same and (not before.content or before.content == _content_hash(found))):
            account.add(found)
    return account.changes(snapshot.files.keys() - seen)


def upper_changes(upper: Path, lower: Path, limit_bytes: int) -> Changes:
    """Return what was done to ``lower`` where the kernel put ``upper`` over it; as `changes_since`.

    A device numbered 0:0 stands for what was deleted, and a folder marked opaque hides the one
    below it. Commands can make neither: not the device, and the mark they see is another one.
    """
    original = Original(lower)
    account = _Account(original, limit_bytes)
    seen: set[str] = set()
    hidden: set[str] = set()
    for found in walk(upper):
        if found.inside is not None:
            if _is_opaque(found.inside) or not original.is_folder(found.path):
                hidden.update(original.files(found.path))
            continue
        hidden.update(original.files(found.path))
        if not _is_whiteout(found.status):
            seen.add(found.path)
            account.add(found)
    return account.changes(hidden - seen)


def _is_whiteout(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _is_opaque(folder: int) -> bool:
    try:
        return os.getxattr(folder, _OPAQUE) == b"y"
    except OSError as error:
        if error.errno == errno.ENODATA:
            return False
        raise


def _content_hash(found: Found) -> str:
    """Return a hash of what a file of bearable size holds, or an empty string."""
    if found.why_refused or found.status.st_size > _MAX_HASHED_BYTES:
        return ""
    content = read(found, found.status.st_size)
    return "" if content is None else digest(content)
