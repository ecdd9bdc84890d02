"""Where lines of a file stood before a change: the arithmetic of ``git log -L``, on hunks alone.

A range is a pair of lines counted from 0, its end not included. A change that touches a range takes
all that it replaced along with the rest; what only stands behind a change moves.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Range = tuple[int, int]


class Hunk(NamedTuple):
    """Lines ``before`` that a change replaced by lines ``after``; either may be none."""

    before: Range
    after: Range


def hunk_of(before_line: int, before_count: int, after_line: int, after_count: int) -> Hunk:
    """Return what ``@@ -line,count +line,count @@`` says: lines from 1, of none the one before."""
    return Hunk(_range(before_line, before_count), _range(after_line, after_count))


def before(ranges: Sequence[Range], hunks: Sequence[Hunk]) -> tuple[tuple[Range, ...], bool]:
    """Return where the lines of ``ranges`` stood before a change, and whether it touched them.

    Both are ordered and do not overlap.
    """
    touched = [hunk for hunk in hunks if any(_overlap(hunk.after, one) for one in ranges)]
    kept = list(ranges)
    for hunk in touched:
        kept = [part for one in kept for part in _without(one, hunk.after)]
    moved = [_moved(one, hunks) for one in kept]
    return union((*moved, *(hunk.before for hunk in touched))), bool(touched)


def union(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return the same lines as ordered ranges that neither overlap nor touch."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if start == end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def _range(line: int, count: int) -> Range:
    start = line - 1 if count else line
    return (start, start + count)


def _overlap(one: Range, other: Range) -> bool:
    return one[1] > other[0] and other[1] > one[0]


def _without(one: Range, gone: Range) -> list[Range]:
    """Return what is left of a range; of an empty one in it, the parts before and behind."""
    if not (_overlap(one, gone) or one[0] < gone[0] == gone[1] < one[1]):
        return [one]
    parts = [(one[0], min(one[1], gone[0])), (max(one[0], gone[1]), one[1])]
    return [part for part in parts if part[0] < part[1]]


def _moved(one: Range, hunks: Sequence[Hunk]) -> Range:
    by = 0
    for hunk in hunks:
        if hunk.after[0] > one[0]:
            break
        by += (hunk.before[1] - hunk.before[0]) - (hunk.after[1] - hunk.after[0])
    return (one[0] + by, one[1] + by)
