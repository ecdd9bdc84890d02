"""Which lines of a tree a change added or rewrote, by path.

Read from git's diff without context. The headers in it quote odd names in ways of their own, so a
file is known there by its two blobs, and its name is taken from the raw listing, which is exact.
"""

import re
from collections.abc import Iterator, Mapping

from validators.clones.clone import Clone, object_name, undamaged
from validators.clones.differences import raw_changes
from validators.clones.trees import EXECUTABLE, PLAIN
from validators.git import git

# `--text`: a file with a NUL in it has lines as well.
_OPTIONS = (
    *("-r", "-p", "-M", "--unified=0", "--text", "--full-index", "--no-color", "--no-ext-diff"),
    *("--no-textconv", "--ignore-submodules=none"),
)
_HEADER = re.compile(rb"@@ -\d+(?:,(?P<old>\d+))? \+(?P<first>\d+)(?:,(?P<new>\d+))? @@")
_INDEX = re.compile(rb"index (?P<old>[0-9a-f]{40,64})\.\.(?P<new>[0-9a-f]{40,64})(?: \d{6})?")
_FILES = frozenset({PLAIN, EXECUTABLE})


def added_lines(clone: Clone, base_tree: str, applied_tree: str) -> Mapping[str, frozenset[int]]:
    """Return the numbers of the lines that ``applied_tree`` adds or rewrites, by its paths.

    A file that is only moved, or loses lines and gains none, is not named.
    """
    paths: dict[tuple[str, str], list[str]] = {}
    for change in raw_changes(clone, base_tree, applied_tree):
        if change.new_mode in _FILES:
            # What was a link is shown as gone, and the file in its place as new.
            nothing = "0" * len(change.old_sha)
            old = nothing if change.status == "T" else change.old_sha
            paths.setdefault((old, change.new_sha), []).append(change.path)
    trees = (object_name(base_tree), object_name(applied_tree))
    with undamaged(clone):
        diff = git(clone.git_dir, "diff-tree", *_OPTIONS, *trees, "--")
    found: dict[str, frozenset[int]] = {}
    for pair, lines in _by_blobs(diff):
        # Two files of the same contents before and after have the same lines added.
        found.update(dict.fromkeys(paths.get(pair, ()), lines))
    return {path: lines for path, lines in found.items() if lines}


def _by_blobs(diff: bytes) -> Iterator[tuple[tuple[str, str], frozenset[int]]]:
    """Yield the names of the two blobs of each file in ``diff``, and the lines added in it.

    A hunk's lines are counted off, so that what they hold is never taken for a header.
    """
    pair: tuple[str, str] | None = None
    added: set[int] = set()
    lines = iter(diff.split(b"\n"))
    for line in lines:
        header = _HEADER.match(line)
        if header is not None:
            first, new = int(header["first"]), int(header["new"] or 1)
            added.update(range(first, first + new))
            _skip(lines, int(header["old"] or 1) + new)
            continue
        index = _INDEX.fullmatch(line)
        if index is not None:
            if pair is not None:
                yield pair, frozenset(added)
            pair, added = (index["old"].decode(), index["new"].decode()), set()
    if pair is not None:
        yield pair, frozenset(added)


def _skip(lines: Iterator[bytes], count: int) -> None:
    r"""Pass over the lines of a hunk; "\ No newline at end of file" is none of them."""
    while count > 0:
        line = next(lines, None)
        if line is None:
            return
        count -= not line.startswith(b"\\")
