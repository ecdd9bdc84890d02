"""Read-only questions about one tree, answered without a model: lines, places, definitions.

Whoever asks may be a model, so every answer has a limit and says when it was cut, a search text is
taken literally, and a glob is matched without a regular expression.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from scoping.asked_names import best, dotted, last_part
from scoping.blobs import ObjectsRefusal
from scoping.cache import Cache
from scoping.calls import WITHOUT_CALLS
from scoping.facts import Skipped, Symbol
from scoping.globs import MAX_GLOB, matches
from scoping.graph import Graph, build_graph
from scoping.index import Index, index_of
from scoping.line_history import line_history
from scoping.listing import Listing
from scoping.objects import Commit, ObjectReader
from scoping.refusal import Refusal
from scoping.relations import callees, callers, subclasses
from scoping.syntax import lines_of
from scoping.text_search import contents_with
from scoping.words import tokens

MAX_LINES = 400
MAX_HITS = 50
MAX_TEXT = 500
MAX_PATHS = 500
MAX_COMMITS = 20
MAX_SYMBOLS = 100
_MAX_LINE_LETTERS = 400
_MAX_NEAR = 5


class QuestionRefusal(Refusal):
    """The question has no answer as it was asked: why, and how to ask instead."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one file, with their ends; ``of_lines`` is how many the file has."""

    path: str
    start_line: int
    end_line: int
    text: str
    of_lines: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One line that holds what was sought; a long one is cut."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits in the order of paths and lines; ``is_cut`` when there were more."""

    hits: tuple[Hit, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Symbols:
    """Definitions in the order of paths and lines; ``is_cut`` when there were more."""

    symbols: tuple[Symbol, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths of files in their order; ``is_cut`` when there were more."""

    paths: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Imports:
    """The files of the tree that ``path`` imports, and those that import it, each list cut."""

    path: str
    imports: tuple[str, ...] = ()
    imported_by: tuple[str, ...] = ()
    is_cut: bool = False


class Codebase:
    """One tree that can be asked; ``overlay`` holds changed files, None for a deleted one.

    Reading and searching parse nothing. A question about symbols parses what it needs, once.
    """

    def __init__(
        self,
        reader: ObjectReader,
        treeish: str,
        *,
        overlay: Mapping[str, bytes | None] | None = None,
        include: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
        cache: Cache | None = None,
    ) -> None:
        self._reader = reader
        self._treeish = treeish
        self._cache = cache
        self._overlay = overlay or {}
        self._listing = Listing(reader, treeish, overlay=overlay, include=include, exclude=exclude)

    @cached_property
    def index(self) -> Index:
        """The facts of every file; nothing is parsed before it is asked for."""
        return index_of(self._listing, self._treeish, self._cache)

    @cached_property
    def _graph(self) -> Graph:
        return build_graph(self.index)

    def files(self, glob: str = "**", most: int = MAX_PATHS) -> Paths:
        """Return the paths that ``glob`` means, at most ``most`` of them."""
        _check_glob(glob)
        found = (path for path in self._paths() if matches(glob, path))
        paths = tuple(islice(found, most + 1))
        return Paths(paths[:most], len(paths) > most)

    def read(self, path: str, start_line: int, end_line: int, most: int = MAX_LINES) -> Lines:
        """Return lines of a file, both ends included, at most ``most`` of them.

        QuestionRefusal when there is no such file or line, or it is not text.
        """
        entry = self._listing.entry(path)
        if entry is None:
            raise QuestionRefusal(f"there is no file {path}{_instead(path, self._paths())}")
        content = self._listing.content(entry)
        if isinstance(content, Skipped):
            raise QuestionRefusal(f"{path} cannot be read: {content.reason}")
        lines = lines_of(content)
        start = max(1, start_line)
        end = min(len(lines), end_line, start + most - 1)
        if start > max(1, len(lines)) or end_line < start:
            raise QuestionRefusal(
                f"{path} has {len(lines)} lines; there is none from {start_line} to {end_line}"
            )
        return Lines(path, start, end, "".join(lines[start - 1 : end]), len(lines))

    def search(self, text: str, glob: str = "**", most: int = MAX_HITS) -> Hits:
        """Return the lines that hold ``text`` exactly, in files that ``glob`` means.

        QuestionRefusal when the text is empty, has several lines, or either is too long.
        """
        _check_glob(glob)
        if not text or "\n" in text or len(text) > MAX_TEXT:
            raise QuestionRefusal(f"search for one line of text, at most {MAX_TEXT} characters")
        entries = self._listing.entries
        meant = entries if glob == "**" else (one for one in entries if matches(glob, one.path))
        found = (
            Hit(path, number, line.rstrip("\r\n")[:_MAX_LINE_LETTERS])
            for path, content in contents_with(text, meant, self._listing, lambda: self.index)
            for number, line in enumerate(lines_of(content), 1)
            if text in line
        )
        return _hits(found, most)

    def symbols(self, pattern: str, most: int = MAX_SYMBOLS) -> Symbols:
        """Return the definitions whose qualified name holds ``pattern``, whatever its case."""
        wanted = pattern.lower()
        self.index.parse()
        found = (
            symbol
            for facts in self.index.files
            for symbol in facts.symbols
            if wanted in symbol.qualified_name.lower()
        )
        return _symbols(found, most)

    def definition(self, name: str, most: int = MAX_SYMBOLS) -> Symbols:
        """Return the definitions of ``name``, plain (``bar``) or qualified (``Foo.bar``).

        Of a name with more or less around it, ``shop.Foo.bar``, those that agree with most of it.
        """
        asked = dotted(name)
        plain = last_part(asked)
        written = self._graph.referrers(plain)
        self.index.parse(written)
        found = (
            symbol
            for path in written
            for symbol in self.index.by_path[path].symbols
            if symbol.name == plain
        )
        return _symbols(iter(best(asked, found)), most)

    def references(self, name: str, most: int = MAX_HITS) -> Hits:
        """Return the lines of code that write ``name``: of a qualified one its last part."""
        plain = last_part(dotted(name))
        parts = tokens(plain).keys()
        found = (
            Hit(path, number, line.rstrip("\r\n")[:_MAX_LINE_LETTERS])
            for path in self._graph.referrers(plain)
            for number, line in enumerate(lines_of(self._listing.read(path)), 1)
            if plain in line and parts <= tokens(line).keys()
        )
        return _hits(found, most)

    def uncalled(self, name: str) -> tuple[str, ...]:
        """Return the languages that write ``name`` and in which nothing is ever called."""
        plain = last_part(dotted(name))
        written = (self.index.by_path[path].language for path in self._graph.referrers(plain))
        return tuple(sorted(WITHOUT_CALLS.intersection(written)))

    def callers(self, name: str, most: int = MAX_SYMBOLS) -> Symbols:
        """Return the functions that call ``name``: of a qualified one, its last part."""
        plain = last_part(dotted(name))
        return _symbols(callers(self.index, self._graph, self._listing.read, plain), most)

    def callees(self, name: str) -> Symbols:
        """Return what ``name``, plain or qualified, calls; names that many things have left out."""
        return _symbols(callees(self.index, self._graph, self._listing.read, dotted(name)))

    def subclasses(self, name: str) -> Symbols:
        """Return the classes that extend or implement ``name``, or a qualified one's last part."""
        return _symbols(subclasses(self.index, self._graph, last_part(dotted(name))))

    def history(self, path: str, line: int) -> tuple[Commit, ...]:
        """Return the newest commits that changed one line, at most `MAX_COMMITS` of them.

        QuestionRefusal when there is no such line, or it is the tree's or an overlay's alone.
        """
        self.read(path, line, line)
        if path in self._overlay:
            raise QuestionRefusal(
                f"{path} is not as it was committed, so its lines have no history here; ask for a"
                " commit"
            )
        try:
            store = self._cache.store if self._cache else None
            return line_history(self._reader, store, self._treeish, (path, line), MAX_COMMITS)
        except ObjectsRefusal as refusal:
            raise QuestionRefusal(
                f"the history of {path} is that of a commit, with its past: {refusal}"
            ) from refusal

    def imports(self, path: str) -> Imports:
        """Return which files of the tree ``path`` imports, and which import it.

        QuestionRefusal when there is no such file.
        """
        if self._listing.entry(path) is None:
            raise QuestionRefusal(f"there is no file {path}{_instead(path, self._paths())}")
        to, of = self._graph.imports.get(path, ()), self._graph.imported_by.get(path, ())
        return Imports(path, to[:MAX_PATHS], of[:MAX_PATHS], max(len(to), len(of)) > MAX_PATHS)

    def _paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self._listing.entries)


def _check_glob(glob: str) -> None:
    if len(glob) > MAX_GLOB:
        raise QuestionRefusal(f"a glob may have {MAX_GLOB} characters; give a shorter one")


def _hits(found: Iterator[Hit], most: int) -> Hits:
    hits = list(islice(found, most + 1))
    return Hits(tuple(hits[:most]), len(hits) > most)


def _symbols(found: Iterator[Symbol], most: int = MAX_SYMBOLS) -> Symbols:
    symbols = list(islice(found, most + 1))
    return Symbols(tuple(symbols[:most]), len(symbols) > most)


def _instead(path: str, paths: Iterable[str]) -> str:
    """Return the files of the same name elsewhere, as the end of a sentence."""
    name = path.rpartition("/")[2]
    near = [other for other in paths if other.rpartition("/")[2] == name][:_MAX_NEAR]
    return f"; did you mean {', '.join(near)}?" if near else ""
