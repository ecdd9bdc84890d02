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

    ``key`` is a name of its own: overloads share their id, and never their line. ``docstring`` is
    what its first triple quotes hold, ``code`` the text without it.
    """

    symbol: Symbol
    tokens: Counter[str]
    text: str
    key: str = field(init=False)
    code: str = field(init=False)
    docstring: str = field(init=False)

    def __post_init__(self) -> None:
        code, docstring = _apart(self.text)
        object.__setattr__(self, "key", f"{self.symbol.id}:{self.symbol.start_line}")
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "docstring", docstring)

    def writes(self, names: set[str]) -> set[str]:
        """Return which of ``names`` its code writes, its docstring left out."""
        found = names & self.tokens.keys()
        # What the docstring does not hold stands in the code. Few names need a second count.
        doubtful = {name for name in found if name in self.docstring}
        if any(name in self.code for name in doubtful):
            return found - (doubtful - tokens(self.code).keys())
        return found - doubtful


def _apart(text: str) -> tuple[str, str]:
    """Return the code of a function, and its docstring."""
    begun = [place for mark in _TRIPLES if (place := text.find(mark)) >= 0]
    if not begun:
        return text, ""
    start = min(begun)
    docstring, _, after = text[start + 3 :].partition(text[start : start + 3])
    return f"{text[:start]} {after}", docstring


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
