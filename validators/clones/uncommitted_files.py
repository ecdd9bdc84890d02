"""What the user's own files say where they differ from the base, read and never followed.

Whoever only looks at code needs no tree of it: the contents lie over the base as they are. What is
no file, is large, or lies behind a link is not read, and that is told.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from validators.clones.clone import Clone
from validators.clones.folder_walk import KINDS, Found, read
from validators.clones.repository import CheckoutRefusal
from validators.clones.staged_copy import folder_of
from validators.clones.work_tree import uncommitted_paths
from validators.git import GitRefusal

MAX_FILES = 5_000
MAX_TOTAL_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class UncommittedFiles:
    """Content by path, None where the base's file is gone; with what was ``left_out``, and why.

    ``trouble`` says why nothing of it could be told.
    """

    files: Mapping[str, bytes | None] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


def uncommitted_files(clone: Clone, limit_bytes: int) -> UncommittedFiles:
    """Return what of the user's files differs from the base; one past the limit is left out.

    What is left out is gone from the base as well: its content there is not what it is now.
    """
    try:
        paths = uncommitted_paths(clone, clone.repository)
    except (CheckoutRefusal, GitRefusal) as refusal:
        return UncommittedFiles(trouble=str(refusal))
    files: dict[str, bytes | None] = {}
    left_out: list[tuple[str, str]] = []
    total = 0
    for path in paths:
        if path.endswith("/"):
            left_out.append((path, "a git repository of its own"))
            continue
        content: bytes | str | None = "past the uncommitted files that are read"
        if len(files) < MAX_FILES and total < MAX_TOTAL_BYTES:
            content = _content(clone, path, limit_bytes)
        if isinstance(content, str):
            left_out.append((path, content))
            files[path] = None
        else:
            files[path] = content
            total += len(content or b"")
    return UncommittedFiles(files, tuple(left_out))


def _content(clone: Clone, path: str, limit_bytes: int) -> bytes | str | None:
    """Return a file's content, None where it is gone, or why it is not read."""
    try:
        with folder_of(clone.repository, path) as folder:
            if folder is None:
                return None
            name = path.rpartition("/")[2]
            seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(seen.st_mode):
                return None
            why_not = _why_not(seen, limit_bytes)
            return why_not or _read(Found(path, name, folder, seen), limit_bytes)
    except FileNotFoundError:
        return None
    except (CheckoutRefusal, OSError) as error:
        return f"it cannot be read: {getattr(error, 'strerror', error)}"


def _why_not(seen: os.stat_result, limit_bytes: int) -> str:
    """Return why something is not even opened, or nothing when it is."""
    if stat.S_ISLNK(seen.st_mode):
        return "a symbolic link"
    if not stat.S_ISREG(seen.st_mode):
        return KINDS.get(stat.S_IFMT(seen.st_mode), "no file")
    return f"larger than {limit_bytes} bytes" if seen.st_size > limit_bytes else ""


def _read(found: Found, limit_bytes: int) -> bytes | str:
    content = read(found, limit_bytes)
    return "it cannot be read, or changed while it was" if content is None else content
