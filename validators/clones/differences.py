"""What differs between two trees of a clone: by raw entry, by content, by line, as text.

A change is judged by what it did to the tree, never by the text of a patch. Attributes of either
tree take no part: a change cannot declare itself binary to be left out of the count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from validators.clones.clone import Clone, object_name, split_paths, undamaged
from validators.clones.trees import DELETED, SUBMODULE, read_blobs
from validators.git import git
from validators.sandbox import FileChange

_PLAINLY = ("-r", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")


@dataclass(frozen=True, slots=True)
class RawChange:
    """One entry that differs. ``status`` is A, M, D, T or R; ``old_path`` is ``path`` but for R.

    Modes are git's (``000000``: not there), hashes are of blobs, or of a submodule's commit.
    """

    status: str
    old_mode: str
    new_mode: str
    old_sha: str
    new_sha: str
    path: str
    old_path: str


@dataclass(frozen=True, slots=True)
class LineCount:
    """Lines added and removed in one file, by its new path; a binary file has no lines."""

    path: str
    added: int
    removed: int
    binary: bool


def raw_changes(clone: Clone, old: str, new: str) -> tuple[RawChange, ...]:
    """Return every entry that differs between two trees, renames found by content."""
    return tuple(_raw(clone, old, new, "-M"))


def file_changes(clone: Clone, old: str, new: str) -> tuple[FileChange, ...]:
    """Return the exact contents that turn ``old`` into ``new``, a rename as both its halves."""
    raw = list(_raw(clone, old, new, "--no-renames"))
    wanted = [change.new_sha for change in raw if change.new_mode not in {DELETED, SUBMODULE}]
    blobs = read_blobs(clone, wanted)
    return tuple(FileChange(c.path, c.new_mode, _content(c, blobs)) for c in raw)


def line_counts(clone: Clone, old: str, new: str) -> tuple[LineCount, ...]:
    """Return the lines added and removed by file; a pure rename has none."""
    listed = _diff(clone, old, new, "--numstat", "-z", "-M")
    fields = iter(split_paths(listed))
    counts = []
    for field in fields:
        added, removed, path = field.split("\t", 2)
        if not path:  # a rename: its two names are fields of their own
            next(fields)
            path = next(fields)
        binary = added == "-"
        lines = (0, 0) if binary else (int(added), int(removed))
        counts.append(LineCount(path, *lines, binary))
    return tuple(counts)


def diff_text(
    clone: Clone, old: str, new: str, paths: Sequence[str] = (), limit_bytes: int = 1_000_000
) -> str:
    """Return the unified diff for people, of ``paths`` alone if any; a cut is marked."""
    options = ("-p", "-M", "--full-index", "--no-color", "--src-prefix=a/", "--dst-prefix=b/")
    diff = _diff(clone, old, new, *options, paths=paths)
    text = diff[:limit_bytes].decode("utf-8", "replace")
    left_out = len(diff) - limit_bytes
    return f"{text}\n[... {left_out} bytes left out ...]\n" if left_out > 0 else text


def _diff(clone: Clone, old: str, new: str, *options: str, paths: Sequence[str] = ()) -> bytes:
    trees = (object_name(old), object_name(new))
    with undamaged(clone):
        return git(clone.git_dir, "diff-tree", *_PLAINLY, *options, *trees, "--", *paths)


def _raw(clone: Clone, old: str, new: str, renames: str) -> Iterator[RawChange]:
    listed = _diff(clone, old, new, "--raw", "-z", "--no-abbrev", renames)
    fields = iter(split_paths(listed))
    for facts in fields:
        old_mode, new_mode, old_sha, new_sha, status = facts.removeprefix(":").split()
        old_path = next(fields)
        path = next(fields) if status.startswith("R") else old_path
        yield RawChange(status[0], old_mode, new_mode, old_sha, new_sha, path, old_path)


def _content(change: RawChange, blobs: Iterator[bytes]) -> bytes | None:
    if change.new_mode == DELETED:
        return None
    if change.new_mode == SUBMODULE:
        return change.new_sha.encode()
    return next(blobs)
