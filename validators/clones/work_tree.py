"""The user's own files: what in them differs from the base, and the tree they would make.

Neither the user's index nor a filter of the user's config takes part: the index is copied, and only
the settings on line ends and file modes are taken over.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from validators.clones.clone import (
    Clone,
    scratch_index,
    split_paths,
    unborrowed,
    undamaged,
    write_index,
)
from validators.clones.obstacles import refuse_blocking, refuse_unreadable
from validators.clones.repository import CheckoutRefusal, Place, common_dir, find
from validators.clones.staged_copy import copy_files
from validators.clones.tree_names import parents
from validators.git import GitRefusal, Terms, git

_SPARSE = b"sdir\0\0\0\0"  # the mark of an index that names whole folders
_DIFFERING = (
    *("--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames"),
    "--ignore-submodules=all",
)

# How the user's files are written decides whether they differ; these few settings run no program.
_WORK_TREE_SETTINGS = {
    "core.autocrlf": {"true", "false", "input"},
    "core.eol": {"lf", "crlf", "native"},
    "core.filemode": {"true", "false"},
}


def uncommitted_paths(clone: Clone, work_tree: Path, *, untracked: bool = True) -> tuple[str, ...]:
    """Return the paths of ``work_tree`` that differ from the base or, unignored, are not in it.

    A git repository in a folder of its own counts as one path, with a slash at its end; a bare
    repository has no files that could differ.
    """
    place = find(work_tree)
    if place.root == place.git_dir:
        return ()
    refuse_blocking(place.root)
    with tempfile.TemporaryDirectory(dir=clone.git_dir) as folder:
        index = Path(folder, "index")
        sparse = _copy_index(clone, place, index)
        listed: list[tuple[str, ...]] = [("diff", *_DIFFERING, clone.base_commit, "--")]
        if untracked:
            listed.append(("ls-files", "--others", "--exclude-standard", "-z"))
        ours = (*work_tree_settings(place.git_dir), *_excludes(place.git_dir))
        terms = Terms(config=(*ours, *sparse))
        paths: set[str] = set()
        for arguments in listed:
            with undamaged(clone), _sound_index(place):
                found = git(
                    clone.git_dir, *arguments, work_tree=place.root, index=index, terms=terms
                )
            paths.update(split_paths(found))
    return tuple(sorted(paths))


def uncommitted(clone: Clone, work_tree: Path) -> int:
    """Return how many paths `uncommitted_paths` names, and none where that cannot be told."""
    try:
        return len(uncommitted_paths(clone, work_tree))
    except CheckoutRefusal:
        return 0


def working_tree(clone: Clone, work_tree: Path) -> str:
    """Return the base's tree with the uncommitted work laid over it, written to the clone.

    A file that belongs through a filter (large files kept elsewhere) goes in as it lies there.
    CheckoutRefusal for a path of the base that is no file any more, may not be read, or changes
    while it is read.
    """
    place = find(work_tree)
    paths = [path for path in uncommitted_paths(clone, work_tree) if not path.endswith("/")]
    refuse_unreadable(place.root, paths)
    settings = work_tree_settings(place.git_dir)
    with (
        scratch_index(clone, clone.base_tree) as index,
        tempfile.TemporaryDirectory(dir=clone.git_dir) as folder,
    ):
        copied = copy_files(place.root, (*_attributes_of(paths), *paths), Path(folder))
        # By name alone: git looks for what is gone, but not behind a link in its folder's place.
        gone = [path for path in paths if path not in copied]
        there = [path for path in paths if path in copied]
        for how, some in (("--force-remove",), gone), (("--add", "--replace"), there):
            if some:
                git(
                    clone.git_dir,
                    *("update-index", *how, "-z", "--stdin"),
                    work_tree=Path(folder),
                    index=index,
                    stdin="".join(f"{path}\0" for path in some).encode("utf-8", "surrogateescape"),
                    terms=replace(unborrowed(clone), config=settings),
                )
        return write_index(clone, index)


def _attributes_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the files that say how ``paths`` are written, but for those among them."""
    folders = {"", *(f"{folder}/" for path in paths for folder in parents(path))}
    return tuple(sorted({f"{folder}.gitattributes" for folder in folders}.difference(paths)))


@contextmanager
def _sound_index(place: Place) -> Iterator[None]:
    try:
        yield
    except GitRefusal as error:
        if not re.search(r"index file|bad index|index entry|index uses", error.said):
            raise
        raise CheckoutRefusal(
            f"the index of {place.root} is damaged; make it anew with: git reset"
        ) from error


def _copy_index(clone: Clone, place: Place, index: Path) -> tuple[str, ...]:
    """Copy the user's index, and what it refers to; return the settings it has to be read with."""
    theirs, shared = place.git_dir, common_dir(place.git_dir)
    if (theirs / "index").is_file():
        # With its time: git tells a file changed in the index's own instant by that time.
        shutil.copy2(theirs / "index", index)
        for part in (*theirs.glob("sharedindex.*"), *shared.glob("sharedindex.*")):
            shutil.copy2(part, clone.git_dir / part.name)
    patterns = theirs / "info/sparse-checkout"
    if not (patterns.is_file() and index.is_file() and _SPARSE in index.read_bytes()):
        return ()
    # Without these git would unfold the index, and renew the time stamps of trees as it does.
    shutil.copyfile(patterns, clone.git_dir / "info/sparse-checkout")
    return ("core.sparseCheckout=true", "core.sparseCheckoutCone=true", "index.sparse=true")


def work_tree_settings(git_dir: Path) -> tuple[str, ...]:
    """Return the settings of a user's config that shape files and run nothing, as ``key=value``.

    The config is read as a file, without what it includes.
    """
    config = common_dir(git_dir) / "config"
    found = []
    for key, allowed in _WORK_TREE_SETTINGS.items():
        try:
            value = git(git_dir, "config", f"--file={config}", "--no-includes", "--get", key)
        except GitRefusal as error:
            if error.code != 1:  # 1 is: not set
                raise
            continue
        word = value.decode("utf-8", "replace").strip().lower()
        if word in allowed:
            found.append(f"{key}={word}")
    return tuple(found)


def _excludes(git_dir: Path) -> tuple[str, ...]:
    excludes = common_dir(git_dir) / "info" / "exclude"
    return (f"core.excludesFile={excludes}",) if excludes.is_file() else ()
