"""Which new files a tree asks not to be kept: what commands leave behind is not all a change."""

import tempfile
from pathlib import Path

from validators.clones.clone import Clone, split_paths
from validators.clones.tree_names import refuse_names
from validators.clones.trees import EXECUTABLE, PLAIN, list_files, read_blobs
from validators.git import GitRefusal, Terms, git
from validators.sandbox import Changes


def not_ignored(clone: Clone, tree: str, changes: Changes) -> Changes:
    """Return ``changes`` without the new files that the ``.gitignore`` files of ``tree`` name.

    They are taken from the tree, not from the directory where commands ran and may have changed
    them. What is in the tree already is never ignored.
    """
    entries = list_files(clone, tree)
    tracked = {entry.path for entry in entries}
    new = [change.path for change in changes.files if change.path not in tracked]
    sources = [
        entry
        for entry in entries
        if entry.path.rpartition("/")[2] == ".gitignore" and entry.mode in {PLAIN, EXECUTABLE}
    ]
    if not new or not sources:
        return changes
    refuse_names(entry.path for entry in sources)
    with tempfile.TemporaryDirectory(dir=clone.git_dir) as folder:
        contents = read_blobs(clone, (entry.sha for entry in sources))
        for entry, content in zip(sources, contents, strict=True):
            place = Path(folder, entry.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        ignored = _ignored(clone, Path(folder), new)
    kept = tuple(change for change in changes.files if change.path not in ignored)
    return Changes(kept, changes.refused)


def _ignored(clone: Clone, work_tree: Path, paths: list[str]) -> frozenset[str]:
    # This command knows no literal path; the ./ keeps a name like ":(top)x" from being magic.
    stdin = "".join(f"./{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    try:
        found = git(
            clone.git_dir,
            *("check-ignore", "-z", "--stdin", "--no-index"),
            work_tree=work_tree,
            stdin=stdin,
            terms=Terms(environment={"GIT_LITERAL_PATHSPECS": "0"}),
        )
    except GitRefusal as error:
        if error.code != 1:  # 1 is: none of them
            raise
        return frozenset()
    return frozenset(path.removeprefix("./") for path in split_paths(found))
