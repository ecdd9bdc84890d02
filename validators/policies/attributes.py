"""What the base's attributes say of the files of a change.

Git itself is asked, on an index of the base tree: which line of which ``.gitattributes`` counts is
git's to say, and a patch cannot declare its own files to be harmless.
"""

from collections.abc import Iterable, Mapping

from validators.checkout import Clone, RawChange, TreeFile, read_blobs
from validators.clones.clone import scratch_index, split_paths
from validators.git import git

_FILE_NAME = ".gitattributes"
_GENERATED = "linguist-generated"
_WORDS = {"set": True, "true": True, "unset": False, "false": False}
_PLAIN = frozenset({"100644", "100755"})


def declared_generated(
    clone: Clone, base_tree: str, entries: Iterable[RawChange], standing: Iterable[TreeFile]
) -> Mapping[str, bool]:
    """Return whether changed files are generated, by path, where the base's attributes say so."""
    changes = tuple(entries)
    spoken = read_blobs(clone, _attribute_files(changes, standing))
    if not any(_GENERATED.encode() in content for content in spoken):
        return {}
    paths = dict.fromkeys(path for change in changes for path in (change.old_path, change.path))
    with scratch_index(clone, base_tree) as index:
        answer = git(
            clone.git_dir,
            *("check-attr", "--cached", "-z", "--stdin", _GENERATED),
            index=index,
            stdin="".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape"),
        )
    fields = split_paths(answer)
    said = {path: _WORDS.get(value) for path, value in zip(fields[::3], fields[2::3], strict=True)}
    both = ((c.path, said[c.old_path] if said[c.path] is None else said[c.path]) for c in changes)
    return {path: generated for path, generated in both if generated is not None}


def _attribute_files(changes: Iterable[RawChange], standing: Iterable[TreeFile]) -> list[str]:
    """Return the hashes of the base's files of attributes, told from what stands and changed."""
    changed = {change.path for change in changes}
    kept = {
        file.sha
        for file in standing
        if file.path.endswith(_FILE_NAME) and file.path not in changed and file.mode in _PLAIN
    }
    before = {
        change.old_sha
        for change in changes
        if change.old_path.endswith(_FILE_NAME) and change.old_mode in _PLAIN
    }
    return sorted(kept | before)
