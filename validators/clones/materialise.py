"""A tree written out as plain files: the only form in which commands of the target meet it.

Written by us from the blobs, not by git: no attribute of a hostile tree takes part, no umask, and
no link is there yet while files are written.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from validators.clones.clone import Clone
from validators.clones.repository import CheckoutRefusal
from validators.clones.tree_names import parents, refuse_names
from validators.clones.trees import EXECUTABLE, LINK, SUBMODULE, TreeFile, list_files, read_blobs
from validators.git import Terms, git

_MAX_PATH_BYTES = 4096 - 16  # Linux's limit, with room for what commands put beside a file
_BATCH_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Written:
    """A ``tree`` whose files stand in ``folder``, where nobody changes them any more."""

    tree: str
    folder: Path


def materialise(clone: Clone, tree: str, directory: Path, like: Written | None = None) -> None:
    """Write the files of ``tree`` into the new or empty ``directory``; there is no git in it.

    Submodules become empty folders. A file that is the same in ``like`` becomes another name of
    that one: nobody may write into such a directory either. CheckoutRefusal for a tree that would
    write anywhere else, or whose paths no program could open.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise CheckoutRefusal(f"{directory} is not empty; files are written to a new folder only")
    entries = list_files(clone, tree)
    refuse_names(entry.path for entry in entries)
    room = _MAX_PATH_BYTES - len(os.fsencode(directory))
    for entry in entries:
        if len(os.fsencode(entry.path)) > room:
            raise CheckoutRefusal(
                f"the path {entry.path[:80]!r}... of {clone.repository} is too long to be written:"
                f" {len(os.fsencode(entry.path))} bytes; give it a shorter one"
            )
    folders = {entry.path for entry in entries if entry.mode == SUBMODULE}
    for entry in entries:
        folders.update(parents(entry.path))
    for folder in sorted(folders):
        (directory / folder).mkdir()
        (directory / folder).chmod(0o755)
    # Links last: while files are written there is no link they could be written through.
    blobs = [entry for entry in entries if entry.mode != SUBMODULE]
    blobs = _not_linked(clone, blobs, directory, like)
    for batch in _batches(sorted(blobs, key=lambda entry: entry.mode == LINK)):
        if batch[0].size > _BATCH_BYTES and batch[0].mode != LINK:
            _write_large(clone, batch[0], directory)
            continue
        contents = read_blobs(clone, (entry.sha for entry in batch))
        for entry, content in zip(batch, contents, strict=True):
            _write(directory / entry.path, entry.mode, content)


def _not_linked(
    clone: Clone, entries: list[TreeFile], directory: Path, like: Written | None
) -> list[TreeFile]:
    """Link the files that are the same in ``like``; return all others."""
    if like is None:
        return entries
    known = {entry for entry in list_files(clone, like.tree) if entry.mode != LINK}
    left = [entry for entry in entries if entry not in known]
    for entry in (entry for entry in entries if entry in known):
        try:
            os.link(like.folder / entry.path, directory / entry.path)
        except OSError:  # the file system has none, or not that many of one file
            left.append(entry)
    return left


def _batches(entries: list[TreeFile]) -> Iterator[list[TreeFile]]:
    batch: list[TreeFile] = []
    size = 0
    for entry in entries:
        if batch and size + entry.size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch


def _write(path: Path, mode: str, content: bytes) -> None:
    if mode == LINK:
        path.symlink_to(os.fsdecode(content))
        return
    with _new_file(path, mode) as stream:
        stream.write(content)


def _write_large(clone: Clone, entry: TreeFile, directory: Path) -> None:
    """Let git write a file that is too large to be held in memory."""
    with _new_file(directory / entry.path, entry.mode) as stream:
        terms = Terms(output=stream.fileno())
        git(clone.git_dir, "cat-file", "blob", entry.sha, terms=terms)


def _new_file(path: Path, mode: str) -> BinaryIO:
    allowed = 0o755 if mode == EXECUTABLE else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, allowed)
    os.fchmod(descriptor, allowed)  # whatever the umask
    return os.fdopen(descriptor, "wb")
