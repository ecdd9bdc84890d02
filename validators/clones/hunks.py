"""Where two trees of a clone differ, as ranges of lines by path; a moved file is two paths.

Read from git's diff without context; a file is known in it by its two blobs, as in `added_lines`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from validators.clones.clone import Clone, object_name, split_paths, undamaged
from validators.git import git

_OPTIONS = (
    *("-r", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv"),
    "--ignore-submodules=none",
)
_NAMES = ("--raw", "-z", "--no-abbrev")
_LINES = ("-p", "--unified=0", "--full-index")
_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_INDEX = re.compile(rb"index ([0-9a-f]{40,64})\.\.([0-9a-f]{40,64})(?: \d{6})?")


@dataclass(frozen=True, slots=True)
class Hunk:
    """``old`` lines from ``old_start`` became ``new`` lines from ``new_start``; both count from 1.

    Where a count is 0 the start is the line behind which nothing stands, or stood.
    """

    old_start: int
    old: int
    new_start: int
    new: int

    @property
    def size(self) -> int:
        """How many lines were edited at most: each is changed, added or removed once."""
        return max(self.old, self.new)

    def meets(self, start: int, count: int) -> bool:
        """Whether it changes any of ``count`` old lines from ``start``, or stands between two.

        With ``count`` 0 that is the place behind line ``start``. What stands beside them, above the
        first or below the last, does not meet them.
        """
        first, last = _span(start, count)
        mine, end = _span(self.old_start, self.old)
        return mine < last and first < end


def _span(start: int, count: int) -> tuple[float, float]:
    """Return lines as an interval in which a place between two lines is half-way."""
    return (start - 0.4, start + count - 0.6) if count else (start + 0.45, start + 0.55)


def hunks(
    clone: Clone, old: str, new: str, paths: Iterable[str] = ()
) -> Mapping[str, tuple[Hunk, ...]]:
    """Return the hunks by path, of ``paths`` alone if any; one without lines has none."""
    trees, wanted = (object_name(old), object_name(new)), ("--", *paths)
    with undamaged(clone):
        listed = git(clone.git_dir, "diff-tree", *_OPTIONS, *_NAMES, *trees, *wanted)
        diff = git(clone.git_dir, "diff-tree", *_OPTIONS, *_LINES, *trees, *wanted)
    by_blobs = _by_blobs(diff)
    fields = iter(split_paths(listed))
    found = {}
    for facts in fields:
        _, _, before, after, _ = facts.split()
        found[next(fields)] = by_blobs.get((before, after), ())
    return found


def _by_blobs(diff: bytes) -> Mapping[tuple[str, str], tuple[Hunk, ...]]:
    found: dict[tuple[str, str], list[Hunk]] = {}
    pair = ("", "")
    lines = iter(diff.split(b"\n"))
    for line in lines:
        header = _HEADER.match(line)
        if header is not None:
            old_start, old, new_start, new = (int(one) if one else 1 for one in header.groups())
            found.setdefault(pair, []).append(Hunk(old_start, old, new_start, new))
            _skip(lines, old + new)  # what a line holds is never taken for a header
            continue
        index = _INDEX.fullmatch(line)
        if index is not None:
            pair = (index[1].decode(), index[2].decode())
            found[pair] = []
    return {pair: tuple(one) for pair, one in found.items()}


def _skip(lines: Iterator[bytes], count: int) -> None:
    while count > 0:
        line = next(lines, None)
        if line is None:
            return
        count -= not line.startswith(b"\\")
