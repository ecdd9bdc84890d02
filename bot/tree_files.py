"""Plain files of a directory the user named, never followed through a link out of it."""

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath

from scoping.refusal import Refusal
from validators.sandbox import FileChange

MAX_REPLY_BYTES = 8 * 1024**2


class TreeRefusal(Refusal):
    """A file could not be read or written: which one, and why."""


def read_text(path: Path) -> str:
    """Return the text of a file, or of standard input for ``-``."""
    return read_bytes(path).decode("utf-8", "replace")


def read_bytes(path: Path) -> bytes:
    """Return what is in a file, or on standard input for ``-``; TreeRefusal past the limit."""
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(MAX_REPLY_BYTES + 1)
        else:
            with path.open("rb") as file:
                content = file.read(MAX_REPLY_BYTES + 1)
    except OSError as error:
        raise TreeRefusal(f"{path}: cannot read it: {error.strerror}") from error
    if len(content) > MAX_REPLY_BYTES:
        raise TreeRefusal(f"{path}: it is too long; the limit is {MAX_REPLY_BYTES} bytes")
    return content


def tree_reader(tree: Path) -> Callable[[str], tuple[str, bytes] | None]:
    """Return a function from a relative path to its (git mode, content), or None."""
    root = tree.resolve()

    def read(path: str) -> tuple[str, bytes] | None:
        place = root / path
        if _leads_out(root, path) or place.is_symlink():
            return ("120000", b"") if place.is_symlink() or place.exists() else None
        if not place.is_file():
            if place.exists() and not place.is_dir():
                raise TreeRefusal(f"{place}: it is a pipe, a socket or a device, and stays one")
            return None
        mode = "100755" if place.stat().st_mode & 0o100 else "100644"
        try:
            return mode, place.read_bytes()
        except OSError as error:
            raise TreeRefusal(f"{place}: cannot read it: {error.strerror}") from error

    return read


def write_changes(tree: Path, changes: Sequence[FileChange]) -> None:
    """Write ``changes`` into ``tree``, all or none, each file's mode kept; TreeRefusal when none.

    All contents are on the disk before the first file is exchanged, so that a full disk is noticed
    while nothing is changed.
    """
    root = tree.resolve()
    for change in changes:
        if _leads_out(root, change.path):
            raise TreeRefusal(f"{change.path}: a folder on the way is a link out of {tree}")
    place = root
    with ExitStack() as undo:
        try:
            staged: list[tuple[Path, Path | None]] = []
            for change in changes:
                place = root / change.path
                staged.append((place, _staged(place, change, undo)))
            for place, temporary in staged:
                undo.callback(_put_back, place, _as_it_is(place))
                if temporary is None:
                    place.unlink()
                else:
                    temporary.replace(place)
        except OSError as error:
            raise TreeRefusal(
                f"{place}: cannot write it: {error.strerror}; make its folder writable, or free"
                " space on its disk. Nothing was changed"
            ) from error
        undo.pop_all()


def _staged(place: Path, change: FileChange, undo: ExitStack) -> Path | None:
    """Return a file beside ``place`` with its new content; None where it is deleted."""
    if change.content is None:
        return None
    missing = [folder for folder in place.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir()
        undo.callback(_remove, folder.rmdir)
    # A name nobody can foresee: a link planted in the tree would be written through.
    descriptor, name = tempfile.mkstemp(prefix=".changewright-", dir=place.parent)
    temporary = Path(name)
    undo.callback(_remove, temporary.unlink)
    with os.fdopen(descriptor, "wb") as file:
        file.write(change.content)
        os.fchmod(descriptor, _mode(place, is_executable=change.mode == "100755"))
    return temporary


def _mode(place: Path, *, is_executable: bool) -> int:
    if not place.is_file() or place.is_symlink():
        return 0o755 if is_executable else 0o644
    kept = stat.S_IMODE(place.stat().st_mode) & 0o777
    if is_executable == bool(kept & 0o100):
        return kept
    # Who may execute is the change's to say; who may read and write is the owner's.
    return kept | (kept & 0o444) >> 2 if is_executable else kept & ~0o111


def _as_it_is(place: Path) -> tuple[int, bytes] | None:
    """Return the mode and content of a file; None where there is none."""
    if not place.is_file():
        return None
    return stat.S_IMODE(place.stat().st_mode), place.read_bytes()


def _put_back(place: Path, before: tuple[int, bytes] | None) -> None:
    """Make a file what it was; what cannot be put back stays as it is."""
    if before == _as_it_is(place):
        return
    with suppress(OSError):
        place.unlink(missing_ok=True)
        if before is not None:
            place.write_bytes(before[1])
            place.chmod(before[0])


def _remove(remove: Callable[[], None]) -> None:
    with suppress(OSError):  # it became the file it was made for, or somebody else used the folder
        remove()


def _leads_out(root: Path, path: str) -> bool:
    """Whether ``path`` leaves ``root`` by its words or by a link on the way."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        return True
    place = root
    for part in parts[:-1]:
        place /= part
        if place.is_symlink():
            return True
    return False
