"""What of the ranking fits in a prompt: bodies first, then their tests, callers, outlines, a map.

What will be changed must be there word for word; what it touches is enough in outline. So most of
the room goes to the bodies of functions, the likeliest for their length first, wherever they are; a
file of which most would be shown is shown whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log

from scoping.bodies import Read
from scoping.calls import called_in
from scoping.excerpts import (
    Excerpt,
    Room,
    Span,
    Wanted,
    class_heads,
    lines_excerpt,
    map_row,
    merged,
    skeleton_rows,
)
from scoping.facts import FileFacts
from scoping.functions import RankedFunction
from scoping.index import Index
from scoping.rank import Ranking
from scoping.syntax import lines_of
from scoping.words import tokens

_BODY_SHARE = 0.85
_TEST_SHARE = 0.08
_SKELETON_SHARE = 0.5  # of what is left for one file when its turn comes
_LENGTH_AGAINST = 1.0
_WHOLE_ABOVE = 0.7
_SHOWN_WHOLE = 5
_SMALL_SHARE = 0.15
_HEADS = 1
_HEAD_LINES = 40
_HEAD_SHARE = 0.03
_CALLERS = 4
_SHOWN_TESTS = 3
_SHOWN_PAGES = 1
_NO_CLUE = "no word of the issue points at any file"


def pack(index: Index, ranking: Ranking, read: Read, room: Room) -> tuple[tuple[Excerpt, ...], int]:
    """Return excerpts, likeliest file first, and the tokens they take: never more than allowed."""
    # What nothing speaks for only costs; with no word to go by, anything may be it.
    likely = tuple(file for file in ranking.files if file.reasons) or tuple(
        replace(file, reasons=(_NO_CLUE,)) for file in ranking.files
    )
    packer = _Packer(index, Ranking(likely, ranking.functions), read, room)
    packer.show_bodies(room.max_tokens * _BODY_SHARE)
    packer.show_what_exercises(room.max_tokens * _TEST_SHARE)
    packer.show_callers()
    packer.outline_others()
    return packer.excerpts(), room.max_tokens - packer.left


class _Packer:
    """What is chosen of each file so far, and how many tokens are left."""

    def __init__(self, index: Index, ranking: Ranking, read: Read, room: Room) -> None:
        self._index = index
        self._read = read
        self._room = room
        self._files = {file.path: file for file in ranking.files}
        self._order = {path: place for place, path in enumerate(self._files)}
        self._functions = [one for one in ranking.functions if one.path in self._files]
        self._lines: dict[str, list[str]] = {}
        self._wanted: dict[str, Wanted] = {}
        self._taken: dict[str, list[Excerpt]] = {}
        self._costs: dict[str, int] = {}

    @property
    def left(self) -> int:
        return self._room.max_tokens - sum(self._costs.values())

    def excerpts(self) -> tuple[Excerpt, ...]:
        paths = sorted(self._taken, key=lambda path: self._order[path])
        return tuple(excerpt for path in paths for excerpt in self._taken[path])

    def show_bodies(self, most: float) -> None:
        """Take the functions that are likeliest for their length, and likely files without any."""
        until = self.left - most
        for path in list(self._files)[:_SHOWN_WHOLE]:
            if self._files[path].kind not in {"test", "docs"} and self._is_small(path):
                self._take_whole(path, until)
        for function in self._by_density():
            self._take_function(function, until)
        for path in list(self._taken):
            self._widen(path, until)

    def show_what_exercises(self, most: float) -> None:
        """Take the likeliest tests: their functions that write a shown name, or the whole file."""
        until = max(0.0, self.left - most)
        shown = {one.rpartition(".")[2] for one in self._shown_names()}
        tests = [path for path, file in self._files.items() if file.kind == "test"]
        for path in tests[:_SHOWN_TESTS]:
            if self._take_whole(path, until):
                continue
            for symbol in self._index.by_path[path].symbols:
                if symbol.kind in {"function", "method"}:
                    span = symbol.start_line, symbol.end_line
                    said = tokens("".join(self._text(path)[span[0] - 1 : span[1]])).keys() & shown
                    if said:
                        reason = f"exercises `{min(said)}`"
                        self._take(path, {span: (symbol.qualified_name, (reason,))}, until)

    def show_callers(self) -> None:
        """Take a line of each of the few likely files that call the likeliest function."""
        first = next((name for name in self._shown_names()), "").rpartition(".")[2]
        if not first:
            return
        callers = 0
        for path, file in self._files.items():
            facts = self._index.by_path[path]
            if callers >= _CALLERS or file.kind != "source" or not facts.writes(first.rstrip("?!")):
                continue
            for number, line in enumerate(self._text(path), 1):
                is_call = first in line and first in called_in(line, facts.language)
                if is_call and not self._is_defined_at(facts, first, number):
                    wanted: Wanted = {(number, number): ("", (f"calls `{first}`",))}
                    if not self._is_shown(path, number):
                        callers += self._take(path, wanted, self.left / 2)
                    break

    def outline_others(self) -> None:
        """Take outlines of the next files, and a line of the rest."""
        paths = [path for path, file in self._files.items() if file.kind != "test"]
        pages = 0
        for path in paths[: self._room.max_files]:
            if path in self._taken or self.left < self._room.smallest:
                continue
            if self._files[path].kind == "docs":
                pages += 1
                if pages <= _SHOWN_PAGES and self._take_whole(path, self.left / 2):
                    continue
            self._outline(path, self.left * _SKELETON_SHARE) or self._mention(path)

    def _by_density(self) -> list[RankedFunction]:
        """Return the functions, the likeliest for their length first; tests have their own turn."""
        sources = [one for one in self._functions if self._files[one.path].kind != "test"]
        worth = {
            one.id: one.score - _LENGTH_AGAINST * log(2 + len("".join(self._body(one))))
            for one in sources
        }
        return sorted(sources, key=lambda one: (-worth[one.id], one.id))

    def _body(self, function: RankedFunction) -> Sequence[str]:
        return self._text(function.path)[function.start_line - 1 : function.end_line]

    def _text(self, path: str) -> list[str]:
        if path not in self._lines:
            self._lines[path] = lines_of(self._read(path))
        return self._lines[path]

    def _is_small(self, path: str) -> bool:
        """Whether a file without functions is short enough to be shown beside those with some."""
        facts = self._index.by_path[path]
        if any(symbol.kind != "variable" for symbol in facts.symbols) or not self._text(path):
            return False
        cost = self._room.cost(self._whole(path))
        return cost <= self._room.max_tokens * _SMALL_SHARE

    def _whole(self, path: str) -> Excerpt:
        lines = self._text(path)
        facts = self._index.by_path[path]
        return lines_excerpt(facts, lines, (1, len(lines)), self._files[path].reasons)

    def _take_function(self, function: RankedFunction, until: float) -> None:
        facts = self._index.by_path[function.path]
        name = function.id.partition("::")[2]
        wanted: Wanted = {}
        if len(self._taken) < _HEADS and function.path not in self._taken:
            wanted |= _head(facts)
        for head in class_heads(facts, function.id):
            wanted[head] = ("", (f"the class of `{name}`",))
        wanted = {span: why for span, why in wanted.items() if self._is_cheap(function.path, span)}
        bodies: Wanted = {
            (symbol.start_line, symbol.end_line): (name, function.reasons)
            for symbol in facts.symbols
            if symbol.id == function.id
        }
        if not self._take(function.path, wanted | bodies, until):
            self._take(function.path, bodies, until)

    def _is_cheap(self, path: str, span: Span) -> bool:
        """Whether what only surrounds a function takes little of all there is room for."""
        excerpt = lines_excerpt(self._index.by_path[path], self._text(path), span, ())
        return self._room.cost(excerpt) <= _HEAD_SHARE * self._room.max_tokens

    def _take(self, path: str, wanted: Wanted, until: float) -> bool:
        """Show more spans of a file unless that leaves less than ``until`` tokens."""
        known = self._wanted.get(path, {})
        both = known | {span: why for span, why in wanted.items() if span not in known}
        facts, lines = self._index.by_path[path], self._text(path)
        reasons = self._files[path].reasons
        excerpts = [
            lines_excerpt(facts, lines, span, why or reasons, symbol)
            for span, symbol, why in merged(both)
        ]
        if not self._fits(path, excerpts, until):
            return False
        self._wanted[path] = both
        return True

    def _take_whole(self, path: str, until: float) -> bool:
        return bool(self._text(path)) and self._fits(path, [self._whole(path)], until)

    def _fits(self, path: str, excerpts: list[Excerpt], until: float) -> bool:
        """Show these of a file instead of what was shown of it, if there is room for them."""
        if path not in self._taken and len(self._taken) >= self._room.max_files:
            return False
        cost = sum(self._room.cost(excerpt) for excerpt in excerpts)
        if self.left + self._costs.get(path, 0) - cost < until:
            return False
        self._taken[path], self._costs[path] = excerpts, cost
        return True

    def _widen(self, path: str, until: float) -> None:
        """Show a file whole when that takes little more than what is shown of it."""
        if self._costs[path] >= _WHOLE_ABOVE * self._room.cost(self._whole(path)):
            self._take_whole(path, until)

    def _outline(self, path: str, most: float) -> bool:
        facts = self._index.by_path[path]
        rows = skeleton_rows(facts)
        while rows:
            text = "\n".join(rows)
            reasons = self._files[path].reasons
            outline = Excerpt(path, 1, facts.lines, facts.blob, text, reasons, kind="skeleton")
            if self._fits(path, [outline], max(0.0, self.left - most)):
                return True
            rows = rows[: len(rows) // 2]
        return False

    def _mention(self, path: str) -> bool:
        facts, reasons = self._index.by_path[path], self._files[path].reasons
        row = Excerpt(path, 1, facts.lines, facts.blob, map_row(facts), reasons, kind="map")
        return self._fits(path, [row], 0)

    def _shown_names(self) -> Iterator[str]:
        """Yield the functions that are shown for themselves, the likeliest first."""
        for function in self._functions:
            if self._is_shown(function.path, function.start_line):
                yield function.id.partition("::")[2]

    def _is_shown(self, path: str, line: int) -> bool:
        return any(one.start_line <= line <= one.end_line for one in self._taken.get(path, ()))

    @staticmethod
    def _is_defined_at(facts: FileFacts, name: str, line: int) -> bool:
        return any(one.start_line == line for one in facts.symbols if one.name == name)


def _head(facts: FileFacts) -> dict[Span, tuple[str, tuple[str, ...]]]:
    """Return the first lines of a file, where its imports are."""
    first = min((one.start_line for one in facts.symbols if one.kind != "variable"), default=1)
    span = 1, min(_HEAD_LINES, first - 1)
    return {span: ("", ("the head of a likely file",))} if first > 1 else {}
