"""What the commits of one path changed in it, hunk by hunk; what was once compared is kept.

git names commits and compares trees; of what it prints the numbers of lines alone are read.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from scoping.line_ranges import Hunk, hunk_of
from scoping.objects import ObjectReader

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
# As `git log -L` compares, whatever the repository's own settings and attributes say.
_COMPARE = (
    *("diff-tree", "--always", "-r", "-p", "-U0", "--text"),
    *("--no-indent-heuristic", "--diff-algorithm=myers", "--no-ext-diff", "--no-textconv"),
    *("--no-color", "--inter-hunk-context=0"),
)

Edge = tuple[str, str]


class ChangeStore(Protocol):
    """Keeps texts about commits by their names."""

    def changes(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is known of these keys."""
        ...

    def keep_changes(self, told: Mapping[str, bytes]) -> None:
        """Keep it for others."""
        ...


@dataclass(frozen=True, slots=True)
class Renamed:
    """The path a file had before one commit gave it another, and what that commit changed in it."""

    path: str
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit changed in a path beside one before it; ``is_new`` where it was not there."""

    hunks: tuple[Hunk, ...] = ()
    is_new: bool = False


class PathChanges:
    """The commits up to ``commit`` that changed ``path``, the newest first, and what they did.

    ``order`` are their names, ``place`` their places in it, and ``parents`` of each the nearest
    such commits before it. ObjectsRefusal where there is no such commit, and in a partial clone
    that lacks what is compared.
    """

    def __init__(
        self, reader: ObjectReader, commit: str, path: str, store: ChangeStore | None
    ) -> None:
        self._reader = reader
        self._path = path
        self._store = store
        self._known: dict[Edge, Change] = {}
        # The path itself may hold what is no text.
        self._mark = sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.parents = self._listed(reader.resolve(commit))
        self.order = tuple(self.parents)
        self.place = {name: number for number, name in enumerate(self.order)}

    def change(self, edge: Edge, ahead: Sequence[Edge]) -> Change:
        """Return what lies between two commits; those of ``ahead`` are compared at once with it."""
        if edge not in self._known:
            wanted = [one for one in dict.fromkeys((edge, *ahead)) if one not in self._known]
            self._known |= self._stored(wanted)
            missing = [one for one in wanted if one not in self._known]
            # What is asked for first may be known, and then nothing need be compared yet.
            if edge in missing:
                self._known |= self._compared(missing)
        return self._known[edge]

    def renamed_in(self, commit: str) -> Renamed | None:
        """Return what the file was called before ``commit`` renamed it, or None."""
        key = f"{commit}:renamed:{self._mark}"
        told = self._store.changes([key]).get(key) if self._store else None
        if told is None:
            told = self._sought(commit)
            self._keep({key: told})
        path, hunks = json.loads(told)
        return Renamed(path, _hunks(hunks)) if path else None

    def _sought(self, commit: str) -> bytes:
        raw = ("diff-tree", "-r", "-z", "--raw", "-M", "--diff-filter=R", "--no-commit-id")
        told = self._reader.ask(*raw, "--end-of-options", commit)
        # About the file, what it was called, what it is called; and so on.
        parts = told.decode("utf-8", "surrogateescape").split("\0")
        before = dict(zip(parts[2::3], parts[1::3], strict=False)).get(self._path, "")
        hunks: tuple[Hunk, ...] = ()
        if before:
            printed = self._reader.ask(*_COMPARE, "-M", commit, "--", before, self._path)
            hunks = next(_changes(printed)).hunks
        return json.dumps([before, hunks]).encode()

    def _listed(self, commit: str) -> dict[str, tuple[str, ...]]:
        key = f"{commit}:{self._mark}"
        told = self._store.changes([key]).get(key) if self._store else None
        if told is None:
            told = self._reader.ask(
                "rev-list", "--parents", "--end-of-options", commit, "--", self._path
            )
            self._keep({key: told})
        lines = (line.split() for line in told.decode("ascii").splitlines())
        return {name: tuple(parents) for name, *parents in lines}

    def _stored(self, edges: Sequence[Edge]) -> dict[Edge, Change]:
        if self._store is None:
            return {}
        keys = {f"{newer}:{older}:{self._mark}": (newer, older) for newer, older in edges}
        told = self._store.changes(tuple(keys))
        return {keys[key]: _change_of(text) for key, text in told.items()}

    def _compared(self, edges: Sequence[Edge]) -> dict[Edge, Change]:
        asked = "".join(f"{newer} {older}\n" for newer, older in edges).encode("ascii")
        printed = self._reader.ask(
            *_COMPARE, "--no-renames", "--stdin", "--", self._path, stdin=asked
        )
        found = dict(zip(edges, _changes(printed), strict=True))
        self._keep(
            {
                f"{newer}:{older}:{self._mark}": _text_of(change)
                for (newer, older), change in found.items()
            }
        )
        return found

    def _keep(self, told: Mapping[str, bytes]) -> None:
        if self._store is not None:
            self._store.keep_changes(told)


def _changes(printed: bytes) -> Iterator[Change]:
    """Yield a change for each commit that git names; no other line of its looks like a name."""
    hunks: list[Hunk] = []
    is_first, is_new = True, False
    for line in printed.split(b"\n"):
        if line[:1] == b"@" and (found := _HUNK.match(line)):
            counts = [1 if number is None else int(number) for number in found.groups()]
            hunks.append(hunk_of(*counts))
        elif line.startswith(b"new file mode "):
            is_new = True
        elif _COMMIT.fullmatch(line):
            if not is_first:
                yield Change(tuple(hunks), is_new)
            hunks, is_first, is_new = [], False, False
    if not is_first:
        yield Change(tuple(hunks), is_new)


def _text_of(change: Change) -> bytes:
    return json.dumps([change.is_new, change.hunks], separators=(",", ":")).encode()


def _change_of(text: bytes) -> Change:
    is_new, hunks = json.loads(text)
    return Change(_hunks(hunks), is_new)


def _hunks(told: Sequence[Sequence[Sequence[int]]]) -> tuple[Hunk, ...]:
    return tuple(Hunk((old[0], old[1]), (new[0], new[1])) for old, new in told)
