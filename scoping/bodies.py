"""The text of each function, counted as words: what files and functions are both ranked by."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from scoping.facts import Symbol
from scoping.index import Index
from scoping.syntax import lines_of
from scoping.words import tokens

Read = Callable[[str], bytes]
_TRIPLES = ('"""', "'''")


@dataclass(frozen=True, slots=True)
class Body:
    """One function with its identifiers and words as written, and its text.

    ``key`` is a name of its own: overloads share their id, and never their line.
    """

    symbol: Symbol
    tokens: Counter[str]
    text: str
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.symbol.id}:{self.symbol.start_line}")

    def writes(self, names: set[str]) -> set[str]:
        """Return which of ``names`` its code writes, its docstring left out."""
        found = names & self.tokens.keys()
        begun = [place for mark in _TRIPLES if (place := self.text.find(mark)) >= 0]
        if not found or not begun:
            return found
        before, mark = self.text[: min(begun)], self.text[min(begun) : min(begun) + 3]
        docstring, _, after = self.text[min(begun) + 3 :].partition(mark)
        code = f"{before} {after}"
        # What the docstring does not hold stands in the code. Few names need a second count.
        doubtful = {name for name in found if name in docstring}
        if any(name in code for name in doubtful):
            return found - (doubtful - tokens(code).keys())
        return found - doubtful


def read_bodies(index: Index, read: Read, paths: Iterable[str]) -> tuple[Body, ...]:
    """Return the functions of ``paths``: what stands inside a function goes with it."""
    return tuple(Body(symbol, tokens(text), text) for symbol, text in texts_of(index, read, paths))


def texts_of(index: Index, read: Read, paths: Iterable[str]) -> Iterator[tuple[Symbol, str]]:
    """Yield the same functions with their text alone."""
    paths = tuple(paths)
    index.parse(paths)
    for path in paths:
        functions = [one for one in index.by_path[path].symbols if is_function(one)]
        lines = lines_of(read(path)) if functions else []
        for symbol in functions:
            yield symbol, "".join(lines[symbol.start_line - 1 : symbol.end_line])


def is_function(symbol: Symbol) -> bool:
    """Whether a symbol is a function of its own, rather than one inside another."""
    return symbol.kind == "method" or (
        symbol.kind == "function" and symbol.name == symbol.qualified_name
    )
