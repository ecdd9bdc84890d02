"""What is known about one file without a model: its symbols, its names, its imports.

These nouns stand lowest because the reader of syntax makes them, the index keeps them, and the
graph, the ranking and the questions only look at them. They know nothing of each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

SymbolKind = Literal["class", "function", "method", "variable"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition. Lines count from 1 and include decorators; ``signature`` is one line.

    ``qualified_name`` joins the enclosing definitions with dots (``Foo.bar``); ``docstring`` is its
    first paragraph, or empty.
    """

    path: str
    qualified_name: str
    kind: SymbolKind
    start_line: int
    end_line: int
    signature: str = ""
    docstring: str = ""

    @property
    def name(self) -> str:
        """The last part of the qualified name, as a reference writes it."""
        return self.qualified_name.rpartition(".")[2]

    @property
    def id(self) -> str:
        """The name under which rankings and benchmarks know it: ``path::Class.method``."""
        return f"{self.path}::{self.qualified_name}"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One text file. ``language`` is empty where no grammar read it: then it has no symbols.

    ``references`` counts every identifier and word as written, comments and strings too;
    ``imports`` are the modules as written, ``package.name`` for ``from package import name``;
    ``strings`` are the literals long enough to be recognised in an error message.
    """

    path: str
    blob: str = ""
    language: str = ""
    lines: int = 0
    symbols: tuple[Symbol, ...] = ()
    references: Mapping[str, int] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file nothing is known about, or less than there could be, and why."""

    path: str
    reason: str


def moved(facts: FileFacts, path: str) -> FileFacts:
    """Return the same facts for a file of the same content at ``path``."""
    if facts.path == path:
        return facts
    symbols = tuple(replace(symbol, path=path) for symbol in facts.symbols)
    return replace(facts, path=path, symbols=symbols)
