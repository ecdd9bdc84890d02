"""What of the ranking fits in a prompt: bodies first, then what belongs to them, outlines, a map.

What will be changed must be there word for word; what it touches is enough in outline. So most of
the room goes to the bodies of functions, the likeliest for their length first, wherever they are; a
file of which most would be shown is shown whole. What surrounds and uses them gets what is left, in
turns: what their files import for them and their classes, tests, callers, pages, outlines, names.
"""

from collections import defaultdict
from dataclasses import replace
from itertools import islice
from math import log

from scoping.bodies import Read
from scoping.context import Context
from scoping.excerpts import Excerpt, Room, Wanted, mention, outline, skeleton_rows
from scoping.functions import RankedFunction
from scoping.index import Index
from scoping.rank import Ranking
from scoping.surroundings import Span, class_heads, imports_for
from scoping.uses import (
    calls_of,
    exercising,
    likely_tests,
    passage,
    telling_names,
    written_in,
)
from scoping.words import tokens

_BODY_SHARE = 0.83
_HEADS_SHARE = 0.05
_CHEAP_SHARE = 0.03
_TEST_SHARE = 0.06
_OUTLINE_SHARE = 0.5  # of what is left for one file when its turn comes
_WHOLE_ABOVE = 0.7
_SHOWN_WHOLE = 5
_SMALL_SHARE = 0.15
_NAMES = 8
_SHOWN_TESTS = 3
_TESTS_EACH = 5
_SEARCHED, _SEARCHED_TESTS = 60, 30
_CALLERS = 8
_CALLERS_EACH = 2
_SHOWN_PAGES = 3
_PAGE_SHARE = 0.25  # of what is left
_MAKERS = frozenset(("__init__", "__new__", "constructor", "initialize", "__construct"))
_NO_CLUE = "no word of the issue points at any file"


def pack(index: Index, ranking: Ranking, read: Read, room: Room) -> tuple[tuple[Excerpt, ...], int]:
    """Return excerpts, likeliest file first, and the tokens they take: never more than allowed.

    No more than ``max_files`` files are shown; of others no more than the names they define.
    """
    files = ranking.files
    if not any(file.reasons for file in files):
        files = tuple(replace(file, reasons=(_NO_CLUE,)) for file in files)
    packer = _Packer(index, Ranking(files, ranking.functions), Context(index, files, read, room))
    packer.show_bodies(room.max_tokens * _BODY_SHARE)
    packer.show_heads(room.max_tokens * _HEADS_SHARE)
    packer.show_tests(room.max_tokens * _TEST_SHARE)
    packer.show_callers()
    packer.show_pages()
    packer.outline_others()
    return packer.context.excerpts(), room.max_tokens - packer.context.left


class _Packer:
    """Whose turn it is, and what each turn may take; `Context` holds what was taken."""

    def __init__(self, index: Index, ranking: Ranking, context: Context) -> None:
        self.context = context
        self._index = index
        self._room = context.room
        # What nothing speaks for only costs; but a test may be told by what it writes alone.
        self._files = {file.path: file for file in ranking.files if file.reasons}
        tests = (file.path for file in ranking.files if file.kind == "test")
        self._tests = list(islice(tests, _SEARCHED_TESTS))
        sources = (one for one in ranking.functions if one.kind != "test")  # tests have a turn
        self._functions = [one for one in sources if one.path in self._files]
        self._spans: dict[str, dict[str, list[Span]]] = {}

    def show_bodies(self, most: float) -> None:
        """Show the functions that are likeliest for their length, and likely files without any."""
        keep = self.context.left - most
        for path in list(self._files)[:_SHOWN_WHOLE]:
            if self._files[path].kind not in {"test", "docs"} and self._is_small(path):
                self.context.show_whole(path, keep)
        for function in self._by_density():
            self.context.show(function.path, self._definitions(function), keep)

    def show_heads(self, most: float) -> None:
        """Show what the files shown import for their functions, and the heads of the classes."""
        keep = self.context.left - most
        shown_in = defaultdict(list)
        for function in self._shown_functions():
            shown_in[function.path].append(function.id)
        for path in filter(self.context.shows, self._files):
            facts = self._index.by_path[path]
            shown = "".join(one.text for one in self.context.shown_of(path))
            span = imports_for(facts, self.context.lines(path), tokens(shown))
            if span and self._is_cheap(path, span):
                self.context.show(path, {span: ("", ("imports what is used here",))}, keep)
            for symbol_id in shown_in[path]:
                for head in class_heads(facts.symbols, symbol_id):
                    if self._is_cheap(path, head):
                        reason = f"the class of `{_name(symbol_id)}`"
                        self.context.show(path, {head: ("", (reason,))}, keep)
            self._widen(path, keep)

    def show_tests(self, most: float) -> None:
        """Show the tests that exercise the functions shown: small files whole, or their tests."""
        keep = max(0.0, self.context.left - most)
        worth = self._named()
        shown = list(filter(self.context.shows, self._files))
        tests = likely_tests([self._index.by_path[path] for path in self._tests], worth, shown)
        for path in ([facts.path for facts in tests] or self._tests)[:_SHOWN_TESTS]:
            facts, lines = self._index.by_path[path], self.context.lines(path)
            if self.context.cost(path) <= most / 2:
                said = [f"exercises `{name}`" for name in written_in(facts, worth)[:1]]
                reasons = (*said, *(self._files[path].reasons if path in self._files else ()))
                if reasons and self.context.show_whole(path, keep, reasons):
                    continue
            for symbol, name in exercising(facts, lines, worth)[:_TESTS_EACH]:
                span = symbol.start_line, symbol.end_line
                reason = f"exercises `{name}`"
                self.context.show(path, {span: (symbol.qualified_name, (reason,))}, keep)

    def show_callers(self) -> None:
        """Show lines of likely files that call the functions shown, a few of each."""
        calls = dict.fromkeys(telling_names(self._named()), _CALLERS_EACH)
        sources = [path for path, file in self._files.items() if file.kind == "source"]
        left = _CALLERS
        for path in sources[:_SEARCHED]:
            facts = self._index.by_path[path]
            wanted = written_in(facts, (name for name, more in calls.items() if more))
            if not wanted:
                continue
            for call in calls_of(facts, self.context.lines(path), wanted):
                if not left or self.context.shows(path, call.line):
                    continue
                who = f"`{call.caller.qualified_name}` " if call.caller else ""
                lines: Wanted = {(call.line, call.line): ("", (f"{who}calls `{call.name}`",))}
                if self.context.show(path, lines, self.context.left / 2):
                    calls[call.name] -= 1
                    left -= 1

    def show_pages(self) -> None:
        """Show pages that are among the likeliest files, or what pages say of what is shown."""
        owners = (_name(one.id).split(".")[0] for one in self._shown_functions()[:_NAMES])
        names = telling_names(dict.fromkeys((*self._named(), *owners)))
        left, nearest = _SHOWN_PAGES, set(islice(self._files, _SHOWN_WHOLE))
        for path in [path for path, file in self._files.items() if file.kind == "docs"]:
            spoken = written_in(self._index.by_path[path], names)
            if not left or not (spoken or path in nearest):
                continue
            said = [f"speaks of `{name}`" for name in spoken[:1]]
            reasons = (*said, *self._files[path].reasons)
            keep = self.context.left * (1 - _PAGE_SHARE)
            span = passage(self.context.lines(path), spoken[0]) if spoken else None
            left -= self.context.show_whole(path, keep, reasons) or (
                span is not None and self.context.show(path, {span: ("", reasons)}, keep)
            )

    def outline_others(self) -> None:
        """Show outlines of the next files, and what the rest define in a line each."""
        paths = [
            path
            for path, file in self._files.items()
            if file.kind != "test" and not self.context.shows(path)
        ]
        keep = self.context.left * (1 - _OUTLINE_SHARE)
        for path in paths:
            facts = self._index.by_path[path]
            # It is parsed for what it defines: in vain where not even its name has room.
            if self._room.least(facts) > self.context.left:
                continue
            if not self._outline(path, keep):
                self.context.put(mention(facts, self._files[path].reasons), 0)

    def _by_density(self) -> list[RankedFunction]:
        """Return the functions, the likeliest for their length first."""
        worth = {one.id: one.score - log(2 + self._size(one)) for one in self._functions}
        return sorted(self._functions, key=lambda one: (-worth[one.id], one.id))

    def _size(self, function: RankedFunction) -> int:
        lines = self.context.lines(function.path)
        return sum(map(len, lines[function.start_line - 1 : function.end_line]))

    def _definitions(self, function: RankedFunction) -> Wanted:
        """Return where a function is defined: overloads, a property and its setter share a name."""
        if function.path not in self._spans:
            spans: defaultdict[str, list[Span]] = defaultdict(list)
            for symbol in self._index.by_path[function.path].symbols:
                spans[symbol.qualified_name].append((symbol.start_line, symbol.end_line))
            self._spans[function.path] = spans
        name = _name(function.id)
        return dict.fromkeys(self._spans[function.path][name], (name, function.reasons))

    def _is_small(self, path: str) -> bool:
        """Whether a file without functions is short enough to be shown beside those with some."""
        symbols = self._index.by_path[path].symbols
        if any(symbol.kind != "variable" for symbol in symbols):
            return False
        return self.context.cost(path) <= self._room.max_tokens * _SMALL_SHARE

    def _is_cheap(self, path: str, span: Span) -> bool:
        """Whether what only surrounds a function takes little of all there is room for."""
        return self.context.cost(path, span) <= _CHEAP_SHARE * self._room.max_tokens

    def _widen(self, path: str, keep: float) -> None:
        """Show a file whole when that takes little more than what is shown of it."""
        own = sum(map(self._room.cost, self.context.shown_of(path)))
        if own and own >= _WHOLE_ABOVE * self.context.cost(path):
            self.context.show_whole(path, keep)

    def _outline(self, path: str, keep: float) -> bool:
        """Show as much of an outline as half of what there is for outlines takes."""
        facts = self._index.by_path[path]
        rows = skeleton_rows(facts)
        most = (self.context.left - keep) / 2
        while rows:
            own = outline(facts, rows, self._files[path].reasons)
            if self.context.put(own, self.context.left - most):
                return True
            rows = rows[: len(rows) // 2]
        return False

    def _shown_functions(self) -> list[RankedFunction]:
        """Return the functions that are shown for themselves, the likeliest first."""
        return [one for one in self._functions if self.context.shows(one.path, one.start_line)]

    def _named(self) -> dict[str, float]:
        """Return the plain names that callers write of the functions shown, and their worth."""
        names: dict[str, float] = {}
        for function in self._shown_functions():
            name = _written(_name(function.id))
            if len(names) < _NAMES:
                names.setdefault(name, 1 / (1 + len(names)))
        return names


def _name(symbol_id: str) -> str:
    return symbol_id.partition("::")[2]


def _written(qualified: str) -> str:
    """Return how a call writes a function: one that makes an object is called as its class."""
    owner, _, name = qualified.rpartition(".")
    return owner.rpartition(".")[2] if owner and name in _MAKERS else name
