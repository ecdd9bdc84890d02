"""Which commits changed a line, as ``git log -L`` tells: along those that changed its file.

git compares the versions of a file anew for each line that is asked about. Here what two versions
differ in is kept, so that only the first question about a file takes as long.
"""

from collections import defaultdict
from collections.abc import Iterator
from heapq import heappop, heappush

from scoping.line_ranges import Range, before, union
from scoping.objects import Commit, ObjectReader
from scoping.path_changes import ChangeStore, Edge, PathChanges

# So many versions are compared at once, more as the walk goes on: most lines soon have an answer.
_FIRST_AHEAD = 4
_MOST_AHEAD = 32
_MOST_NAMES = 20


def line_history(
    reader: ObjectReader, store: ChangeStore | None, commit: str, place: tuple[str, int], limit: int
) -> tuple[Commit, ...]:
    """Return the newest commits up to ``commit`` that changed ``place``: a path, and a line from 1.

    The line must be there. A path that got its name by a renaming is followed under the old one.
    ObjectsRefusal where there is no such commit, and in a partial clone that lacks its past.
    """
    path, line = place
    walk = _Walk(reader, store)
    walk.enter(PathChanges(reader, commit, path, store), ((line - 1, line),))
    found: list[str] = []
    for name in walk.touching():
        found.append(name)
        if len(found) == limit:
            break
    return reader.commits(found)


class _Walk:
    """Goes from commit to commit, the newest first, with the lines that are of interest in each."""

    def __init__(self, reader: ObjectReader, store: ChangeStore | None) -> None:
        self._reader = reader
        self._store = store
        self._names: list[PathChanges] = []
        # Which name of the file, which of its commits; as they come, and with their lines.
        self._next: list[tuple[int, int]] = []
        self._ranges: defaultdict[tuple[int, int], tuple[Range, ...]] = defaultdict(tuple)
        self._ahead = _FIRST_AHEAD

    def enter(self, changes: PathChanges, ranges: tuple[Range, ...]) -> None:
        """Go on at the newest commit of a path."""
        if changes.order and len(self._names) < _MOST_NAMES:
            self._names.append(changes)
            self._add(len(self._names) - 1, changes.order[0], ranges)

    def touching(self) -> Iterator[str]:
        """Yield the commits that changed what is of interest."""
        while self._next:
            at = heappop(self._next)
            changes, ranges = self._names[at[0]], self._ranges.pop(at)
            if self._passes(at[0], changes, changes.order[at[1]], ranges):
                yield changes.order[at[1]]

    def _passes(
        self, name: int, changes: PathChanges, commit: str, ranges: tuple[Range, ...]
    ) -> bool:
        """Hand the lines on to the commits before, and return whether this one changed them."""
        parents = changes.parents[commit]
        beside = []
        for parent in parents:
            change = changes.change((commit, parent), self._edges_from(changes, commit))
            if change.is_new:
                break
            there, is_touched = before(ranges, change.hunks)
            if not is_touched:
                # What one of several has like this came from it alone.
                self._add(name, parent, there)
                return False
            beside.append((parent, there))
        else:
            for parent, there in beside:
                self._add(name, parent, there)
            if parents:
                return True
        return self._begins(changes, commit, ranges)

    def _begins(self, changes: PathChanges, commit: str, ranges: tuple[Range, ...]) -> bool:
        """Go on under the name the file had before; where it had none, all of it is new."""
        older = changes.renamed_in(commit)
        if older is None:
            return True
        there, is_touched = before(ranges, older.hunks)
        self.enter(PathChanges(self._reader, f"{commit}^1", older.path, self._store), there)
        return is_touched

    def _edges_from(self, changes: PathChanges, commit: str) -> list[Edge]:
        """Return what is likely to be compared next: how the first of the commits before differ."""
        edges: list[Edge] = []
        while len(edges) < self._ahead and (parents := changes.parents.get(commit)):
            edges += ((commit, parent) for parent in parents)
            commit = parents[0]
        self._ahead = min(2 * self._ahead, _MOST_AHEAD)
        return edges

    def _add(self, name: int, commit: str, ranges: tuple[Range, ...]) -> None:
        if not ranges:
            return
        at = (name, self._names[name].place[commit])
        if at not in self._ranges:
            heappush(self._next, at)
        self._ranges[at] = union((*self._ranges[at], *ranges))
