"""What of the ranked files fits in a prompt: whole files, functions, skeletons, one-line maps.

A file gets a share of what is left when its turn comes, so the likeliest have most room and what
one does not use goes to the next. What will be changed must be there word for word; what it
touches is enough in outline.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scoping.facts import FileFacts, Symbol
from scoping.functions import RankedFunction
from scoping.index import Index
from scoping.rank import RankedFile, Ranking, Read
from scoping.syntax import lines_of

ExcerptKind = Literal["whole", "lines", "skeleton", "map"]

_FRAME_TOKENS = 24  # the marks, the hash and the name around each excerpt in a prompt
_TEST_SHARE = 0.2
_FILE_SHARE = 0.4
_SKELETON_SHARE = 0.25
_SHOWN_IN_FULL = 8
_SHOWN_TESTS = 3
_MOST_FUNCTIONS = 12
_HEAD_LINES = 60
_CLASS_LINES = 15
_GAP_LINES = 3
_MAP_NAMES = 12
_NO_CLUE = "no word of the issue points at any file"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of one file for the prompt, and why it is there. Lines count from 1, both included.

    ``text`` of a ``whole`` or ``lines`` excerpt is the file's own; of a ``skeleton`` it is one
    ``line: signature`` for each definition, of a ``map`` one line of names. ``blob`` is the file's
    object at the base; ``symbol`` names what the lines define, if they were chosen for it.
    """

    path: str
    start_line: int
    end_line: int
    blob: str
    text: str
    reasons: tuple[str, ...] = ()
    symbol: str = ""
    kind: ExcerptKind = "lines"


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be shown: distinct files, and tokens as ``estimate`` counts them in a text."""

    max_files: int
    max_tokens: int
    estimate: Callable[[str], int]

    def cost(self, excerpt: Excerpt) -> int:
        """Return what one excerpt takes of the prompt, its name and marks included."""
        named = f"{excerpt.path} lines {excerpt.start_line}-{excerpt.end_line}\n{excerpt.text}"
        return self.estimate(named) + _FRAME_TOKENS


class _Packer:
    """Excerpts taken so far, and what is left."""

    def __init__(self, index: Index, ranking: Ranking, read: Read, room: Room) -> None:
        self._index = index
        self._functions = ranking.functions
        self._read = read
        self._room = room
        self._order = {file.path: place for place, file in enumerate(ranking.files)}
        self._taken: list[Excerpt] = []
        self.left = room.max_tokens

    @property
    def paths(self) -> set[str]:
        return {excerpt.path for excerpt in self._taken}

    @property
    def is_full(self) -> bool:
        return len(self.paths) >= self._room.max_files or self.left <= _FRAME_TOKENS

    def excerpts(self) -> tuple[Excerpt, ...]:
        key = self._order
        return tuple(sorted(self._taken, key=lambda one: (key[one.path], one.start_line)))

    def show(self, file: RankedFile, allowance: float) -> bool:
        """Take the whole file when it fits in ``allowance`` tokens, else its best functions."""
        facts = self._index.by_path[file.path]
        lines = lines_of(self._read(file.path))
        if not lines:
            return False
        whole = _lines(facts, lines, (1, len(lines)), file.reasons)
        if self._take([whole], allowance):
            return True
        mine = [one for one in self._functions if one.path == file.path][:_MOST_FUNCTIONS]
        chosen: list[RankedFunction] = []
        best: list[Excerpt] = []
        for function in mine:
            bodies = _bodies(facts, lines, [*chosen, function], file)
            if self._cost(bodies) <= min(allowance, self.left):
                chosen.append(function)
                best = bodies
        return self._take(best, allowance)

    def outline(self, file: RankedFile, allowance: float) -> bool:
        """Take as much of the file's skeleton as fits in ``allowance`` tokens."""
        facts = self._index.by_path[file.path]
        rows = list(_skeleton(facts))
        while rows:
            text = "\n".join(rows)
            excerpt = Excerpt(
                file.path, 1, facts.lines, facts.blob, text, file.reasons, kind="skeleton"
            )
            if self._take([excerpt], allowance):
                return True
            rows = rows[: len(rows) // 2]
        return False

    def mention(self, file: RankedFile) -> bool:
        """Take one line that tells what the file defines."""
        facts = self._index.by_path[file.path]
        names = [one.name for one in facts.symbols if "." not in one.qualified_name]
        more = " ..." if len(names) > _MAP_NAMES else ""
        text = ", ".join(names[:_MAP_NAMES]) + more or f"{facts.lines} lines"
        excerpt = Excerpt(file.path, 1, facts.lines, facts.blob, text, file.reasons, kind="map")
        return self._take([excerpt], self.left)

    def _cost(self, excerpts: Sequence[Excerpt]) -> int:
        return sum(self._room.cost(excerpt) for excerpt in excerpts)

    def _take(self, excerpts: Sequence[Excerpt], allowance: float) -> bool:
        cost = self._cost(excerpts)
        if not excerpts or cost > min(allowance, self.left):
            return False
        self._taken.extend(excerpts)
        self.left -= cost
        return True


def pack(index: Index, ranking: Ranking, read: Read, room: Room) -> tuple[tuple[Excerpt, ...], int]:
    """Return excerpts, likeliest file first, and the tokens they take: never more than allowed."""
    packer = _Packer(index, ranking, read, room)
    # What nothing speaks for only costs; with no word to go by, anything may be it.
    likely = [file for file in ranking.files if file.reasons] or [
        replace(file, reasons=(_NO_CLUE,)) for file in ranking.files
    ]
    sources = [file for file in likely if file.kind != "test"]
    tests = [file for file in likely if file.kind == "test"][:_SHOWN_TESTS]
    kept = room.max_tokens * _TEST_SHARE if tests else 0.0
    for file in sources[:_SHOWN_IN_FULL]:
        if not packer.is_full:
            _show_or_outline(packer, file, (packer.left - kept) * _FILE_SHARE)
    for file in tests:
        if not packer.is_full:
            _show_or_outline(packer, file, min(packer.left, kept) * 2 / 3)
    for file in sources[: room.max_files]:
        allowance = 0 if packer.is_full or file.path in packer.paths else packer.left
        if allowance and not packer.outline(file, allowance * _SKELETON_SHARE):
            packer.mention(file)
    return packer.excerpts(), room.max_tokens - packer.left


def _show_or_outline(packer: _Packer, file: RankedFile, allowance: float) -> None:
    if not packer.show(file, allowance):
        packer.outline(file, allowance)


def _lines(
    facts: FileFacts,
    lines: Sequence[str],
    span: tuple[int, int],
    reasons: tuple[str, ...],
    symbol: str = "",
) -> Excerpt:
    start, end = span
    text = "".join(lines[start - 1 : end])
    kind: ExcerptKind = "whole" if span == (1, len(lines)) else "lines"
    return Excerpt(facts.path, start, end, facts.blob, text, reasons, symbol, kind)


def _bodies(
    facts: FileFacts, lines: Sequence[str], chosen: Sequence[RankedFunction], file: RankedFile
) -> list[Excerpt]:
    """Return the chosen functions with their classes' heads and the head of the file."""
    wanted: dict[tuple[int, int], tuple[str, tuple[str, ...]]] = {}
    first = min(one.start_line for one in facts.symbols if one.kind != "variable")
    if first > 1:
        wanted[1, min(_HEAD_LINES, first - 1)] = ("", ("the head of a likely file",))
    for function in chosen:
        name = function.id.partition("::")[2]
        for owner in _owners(facts, function):
            wanted.setdefault(_class_head(facts, owner), ("", (f"the class of `{name}`",)))
        for symbol in facts.symbols:
            if symbol.id == function.id:
                wanted[symbol.start_line, symbol.end_line] = (name, function.reasons)
    return [
        _lines(facts, lines, span, reasons or file.reasons, symbol)
        for span, symbol, reasons in _merged(wanted)
    ]


def _owners(facts: FileFacts, function: RankedFunction) -> Iterator[Symbol]:
    for symbol in facts.symbols:
        if symbol.kind == "class" and function.id.startswith(f"{symbol.id}."):
            yield symbol


def _class_head(facts: FileFacts, owner: Symbol) -> tuple[int, int]:
    """Return the lines of a class before its first member."""
    members = [
        symbol.start_line
        for symbol in facts.symbols
        if symbol.qualified_name.startswith(f"{owner.qualified_name}.")
        and symbol.start_line > owner.start_line
    ]
    end = min([*(line - 1 for line in members), owner.end_line])
    return owner.start_line, min(end, owner.start_line + _CLASS_LINES - 1)


def _merged(
    wanted: dict[tuple[int, int], tuple[str, tuple[str, ...]]],
) -> Iterator[tuple[tuple[int, int], str, tuple[str, ...]]]:
    """Yield the spans in order, those that overlap or nearly touch as one."""
    spans = sorted(wanted)
    while spans:
        start, end = spans[0]
        group = [spans.pop(0)]
        while spans and spans[0][0] <= end + _GAP_LINES:
            end = max(end, spans[0][1])
            group.append(spans.pop(0))
        names = dict.fromkeys(wanted[span][0] for span in group if wanted[span][0])
        reasons = dict.fromkeys(reason for span in group for reason in wanted[span][1])
        yield (start, end), ", ".join(names), tuple(reasons)


def _skeleton(facts: FileFacts) -> Iterator[str]:
    for symbol in facts.symbols:
        if symbol.kind != "variable":
            inset = "  " * symbol.qualified_name.count(".")
            yield f"{symbol.start_line}: {inset}{symbol.signature}"
