"""Plain files of a directory the user named, never followed through a link out of it."""

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
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
    """Write ``changes`` into ``tree``: each file whole or not at all, its mode kept."""
    root = tree.resolve()
    for change in changes:
        place = root / change.path
        if _leads_out(root, change.path):
            raise TreeRefusal(f"{change.path}: a folder on the way is a link out of {tree}")
        try:
            if change.content is None:
                place.unlink()
            else:
                _write(place, change.content, is_executable=change.mode == "100755")
        except OSError as error:
            raise TreeRefusal(
                f"{place}: cannot write it: {error.strerror}; make its folder writable, or free"
                " space on its disk"
            ) from error


def _write(place: Path, content: bytes, *, is_executable: bool) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if is_executable else 0o644
    if place.is_file() and not place.is_symlink():
        kept = stat.S_IMODE(place.stat().st_mode) & 0o777
        # Who may execute is the change's to say; who may read and write is the owner's.
        mode = kept | (kept & 0o444) >> 2 if is_executable else kept & ~0o111
    # A name nobody can foresee: a link planted in the tree would be written through.
    descriptor, name = tempfile.mkstemp(prefix=".changewright-", dir=place.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


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
