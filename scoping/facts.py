"""What is known about one file without a model: its symbols, its names, its imports.

These nouns stand lowest because the reader of syntax makes them, the index keeps them, and the
graph, the ranking and the questions only look at them. They know nothing of each other.
"""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

_MOST_COUNT = 65_535

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
class Counts:
    """Counted words in a fifth of a dictionary's memory; ``in`` asks for one without unpacking.

    ``words`` has a space at both ends and between any two; ``numbers`` are 16 bits each.
    """

    words: str = " "
    numbers: bytes = b""

    def __contains__(self, word: str) -> bool:
        """Whether ``word``, which has no space in it, is among them."""
        return f" {word} " in self.words

    def listed(self) -> tuple[list[str], "array[int]"]:
        """Return words and numbers in the same order: half the cost of a dictionary."""
        return self.words.split(), array("H", self.numbers)

    def unpacked(self) -> dict[str, int]:
        """Return them as a dictionary, made anew."""
        return dict(zip(*self.listed(), strict=True))


def counts_of(words: Mapping[str, int]) -> Counts:
    """Return counted words, packed; a count past 65,535 is cut."""
    try:
        numbers = array("H", words.values())
    except OverflowError:
        numbers = array("H", [min(count, _MOST_COUNT) for count in words.values()])
    return Counts(f" {' '.join(words)} ", numbers.tobytes())


@dataclass(frozen=True, slots=True)
class Structure:
    """What only a parser tells of one file: its definitions, and what it imports as written."""

    symbols: tuple[Symbol, ...] = ()
    imports: tuple[str, ...] = ()


def _no_structure(_: str) -> Structure:
    return Structure()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One text file. ``language`` is empty where there is no grammar: then it has no symbols.

    ``counts`` holds every identifier and word as written, comments and strings too, or where
    ``is_whole`` is unset all but a few very long or rare ones; ``names`` are those that look like a
    definition's, ``strings`` the literals long enough to be recognised in an error message.
    ``structure`` parses the file of a path when it is first asked for; ``imports`` are the modules
    as written, ``package.name`` for ``from package import name``.
    """

    path: str
    blob: str = ""
    language: str = ""
    lines: int = 0
    counts: Counts = Counts()
    names: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    is_whole: bool = True
    structure: Callable[[str], Structure] = field(default=_no_structure, repr=False, compare=False)

    @property
    def references(self) -> dict[str, int]:
        """Every identifier and word with its count; unpacked anew each time, so ask once."""
        return self.counts.unpacked()

    def writes(self, name: str) -> bool:
        """Whether ``name`` is among the identifiers and words."""
        return name in self.counts

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The definitions, in the order of their lines; parsed now if they are not known yet."""
        return self.structure(self.path).symbols

    @property
    def imports(self) -> tuple[str, ...]:
        """The modules it imports, as written; parsed now if they are not known yet."""
        return self.structure(self.path).imports


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file nothing is known about, or less than there could be, and why."""

    path: str
    reason: str
