"""The text of each function, counted as words: what files and functions are both ranked by."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scoping.facts import Symbol
from scoping.index import Index
from scoping.syntax import lines_of
from scoping.words import tokens

Read = Callable[[str], bytes]
_CALLED = re.compile(r"([A-Za-z_]\w{0,80})[?!]?\s{0,4}\(")


@dataclass(frozen=True, slots=True)
class Body:
    """One function with its identifiers and words as written, and its text."""

    symbol: Symbol
    tokens: Counter[str]
    text: str

    @property
    def key(self) -> str:
        """A name of its own: overloads share their id, and never their line."""
        return f"{self.symbol.id}:{self.symbol.start_line}"


def read_bodies(index: Index, read: Read, paths: Iterable[str]) -> tuple[Body, ...]:
    """Return the functions of ``paths``: what stands inside a function goes with it."""
    bodies: list[Body] = []
    paths = tuple(paths)
    index.parse(paths)
    for path in paths:
        functions = [one for one in index.by_path[path].symbols if is_function(one)]
        if not functions:
            continue
        lines = lines_of(read(path))
        for symbol in functions:
            text = "".join(lines[symbol.start_line - 1 : symbol.end_line])
            bodies.append(Body(symbol, tokens(text), text))
    return tuple(bodies)


def is_function(symbol: Symbol) -> bool:
    """Whether a symbol is a function of its own, rather than one inside another."""
    return symbol.kind == "method" or (
        symbol.kind == "function" and symbol.name == symbol.qualified_name
    )


def called_in(text: str) -> set[str]:
    """Return the plain names that a text of code writes before a bracket."""
    return set(_CALLED.findall(text))
