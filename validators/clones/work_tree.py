"""The user's own files: what in them differs from the base, and the tree they would make.

Neither the user's index nor a filter of the user's config takes part: the index is copied, and only
the settings on line ends and file modes are taken over.
"""

import shutil
import tempfile
from pathlib import Path

from validators.clones.clone import Clone, scratch_index, split_paths, write_index
from validators.clones.repository import common_dir, find
from validators.git import GitRefusal, Terms, git

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
    theirs = place.git_dir
    terms = Terms(config=(*work_tree_settings(theirs), *_excludes(theirs)))
    with tempfile.TemporaryDirectory(dir=clone.git_dir) as folder:
        index = Path(folder, "index")
        if (theirs / "index").is_file():
            # With its time: git tells a file changed in the index's own instant by that time.
            shutil.copy2(theirs / "index", index)
            for part in (*theirs.glob("sharedindex.*"), *common_dir(theirs).glob("sharedindex.*")):
                shutil.copy2(part, clone.git_dir / part.name)
        differing = git(
            clone.git_dir,
            "diff",
            *("--name-only", "-z", "--no-ext-diff", "--no-textconv", "--no-renames"),
            "--ignore-submodules=all",
            clone.base_commit,
            "--",
            work_tree=place.root,
            index=index,
            terms=terms,
        )
        others = b""
        if untracked:
            others = git(
                clone.git_dir,
                *("ls-files", "--others", "--exclude-standard", "-z"),
                work_tree=place.root,
                index=index,
                terms=terms,
            )
    return tuple(sorted(set(split_paths(differing)) | set(split_paths(others))))


def uncommitted(clone: Clone, work_tree: Path) -> int:
    """Return how many paths `uncommitted_paths` names."""
    return len(uncommitted_paths(clone, work_tree))


def working_tree(clone: Clone, work_tree: Path) -> str:
    """Return the base's tree with the uncommitted work laid over it, written to the clone.

    A file that belongs through a filter (large files kept elsewhere) goes in as it lies there. As
    `git add` would, it may renew the time stamp of an object the repository has already.
    """
    place = find(work_tree)
    paths = [path for path in uncommitted_paths(clone, work_tree) if not path.endswith("/")]
    with scratch_index(clone, clone.base_tree) as index:
        git(
            clone.git_dir,
            *("update-index", "--add", "--remove", "--replace", "-z", "--stdin"),
            work_tree=place.root,
            index=index,
            stdin="".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape"),
            terms=Terms(config=work_tree_settings(place.git_dir)),
        )
        return write_index(clone, index)


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
    return (f"core.excludesFile={common_dir(git_dir) / 'info' / 'exclude'}",)
