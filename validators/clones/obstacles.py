"""What in a user's folder git would stumble over: pipes it would wait at, files it may not read."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from validators.clones.folder_walk import KINDS
from validators.clones.repository import CheckoutRefusal

# Git opens these wherever it meets them below the files of its user, and waits at a pipe for ever.
_READ_BY_GIT = frozenset((".gitignore", ".gitattributes", "HEAD", "commondir", "config"))


def refuse_blocking(root: Path) -> None:
    """Raise CheckoutRefusal for a pipe or device in place of a file that git itself would read."""
    folders = [os.fspath(root)]
    while folders:
        try:
            with os.scandir(folders.pop()) as listing:
                entries = list(listing)
        except OSError:  # git cannot look into it either
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name in _READ_BY_GIT and not entry.is_symlink():
                _refuse_special(Path(entry.path), entry.stat(follow_symlinks=False).st_mode)


def refuse_unreadable(root: Path, paths: Iterable[str]) -> None:
    """Raise CheckoutRefusal for the first of ``paths`` that git could not take into a tree."""
    for path in paths:
        try:
            mode = os.lstat(root / path).st_mode
        except (FileNotFoundError, NotADirectoryError):  # a deletion
            continue
        if stat.S_ISREG(mode) and not os.access(root / path, os.R_OK):
            raise CheckoutRefusal(
                f"{root / path} cannot be read: Permission denied; make it readable, or put it"
                " into .gitignore"
            )
        if not stat.S_ISLNK(mode) and not stat.S_ISDIR(mode):
            _refuse_special(root / path, mode)


def _refuse_special(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "no file")
        raise CheckoutRefusal(f"{path} is {kind} where there should be a file; remove it")
