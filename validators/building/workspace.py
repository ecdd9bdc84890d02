"""The trees that commands of the target are shown: one of the target, with what set-up left.

Set-up may generate files that tests need (a version module, a compiled extension). They are kept as
a layer and laid under each later tree: a file of the tree itself always wins.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from validators.checkout import Clone, list_files, write_tree
from validators.clones.tree_names import parents, why_unsafe
from validators.sandbox import FileChange

_NOT_KEPT = {"__pycache__", "node_modules", ".venv", ".cache", ".pytest_cache", ".ruff_cache"}
_LOCKS = {"package-lock.json"}  # written by an install that found none; no test reads it
_PLAIN_MODES = {"100644", "100755"}


def keep_layer(files: Iterable[FileChange], tracked: Iterable[str]) -> tuple[FileChange, ...]:
    """Return the ``files`` that set-up added beside the ``tracked`` ones and tests may need."""
    known = set(tracked)
    return tuple(
        change
        for change in files
        if change.mode in _PLAIN_MODES
        and change.path not in known | _LOCKS
        and not why_unsafe(change.path)
        and change.path.isprintable()
        and not _NOT_KEPT.intersection(PurePosixPath(change.path).parts)
    )


def layered_tree(clone: Clone, tree: str, layer: tuple[FileChange, ...]) -> str:
    """Return ``tree`` with the files of ``layer`` that stand in nobody's way."""
    if not layer:
        return tree
    files = {file.path for file in list_files(clone, tree)}
    folders = {folder for path in files for folder in parents(path)}
    taken = files | folders
    free = [
        change
        for change in layer
        if change.path not in taken and files.isdisjoint(parents(change.path))
    ]
    return write_tree(clone, tree, free)
