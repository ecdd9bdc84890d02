"""Plain files of a directory the user named, never followed through a link out of it."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from scoping.refusal import Refusal
from validators.sandbox import FileChange

MAX_REPLY_BYTES = 8 * 1024**2


class TreeRefusal(Refusal):
    """A file could not be read or written: which one, and why."""


def read_text(path: Path) -> str:
    """Return the text of a file, or of standard input for ``-``."""
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise TreeRefusal(f"{path}: cannot read it: {error.strerror}") from error
    if len(content) > MAX_REPLY_BYTES:
        raise TreeRefusal(f"{path}: {len(content)} bytes; the limit is {MAX_REPLY_BYTES}")
    return content.decode("utf-8", "replace")


def tree_reader(tree: Path) -> Callable[[str], tuple[str, bytes] | None]:
    """Return a function from a relative path to its (git mode, content), or None."""
    root = tree.resolve()

    def read(path: str) -> tuple[str, bytes] | None:
        place = root / path
        if _leads_out(root, path) or place.is_symlink():
            return ("120000", b"") if place.is_symlink() or place.exists() else None
        if not place.is_file():
            return None
        mode = "100755" if os.access(place, os.X_OK) and place.stat().st_mode & 0o100 else "100644"
        return mode, place.read_bytes()

    return read


def write_changes(tree: Path, changes: Sequence[FileChange]) -> None:
    """Write ``changes`` into ``tree``: each file whole or not at all, its mode kept."""
    root = tree.resolve()
    for change in changes:
        place = root / change.path
        if _leads_out(root, change.path):
            raise TreeRefusal(f"{change.path}: a folder on the way is a link out of {tree}")
        if change.content is None:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.changewright")
        try:
            temporary.write_bytes(change.content)
            temporary.chmod(0o755 if change.mode == "100755" else 0o644)
            temporary.replace(place)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise TreeRefusal(f"{place}: cannot write it: {error.strerror}") from error


def _leads_out(root: Path, path: str) -> bool:
    """Whether a folder on the way to ``path`` is a symbolic link."""
    place = root
    for part in PurePosixPath(path).parts[:-1]:
        place /= part
        if place.is_symlink():
            return True
    return False
