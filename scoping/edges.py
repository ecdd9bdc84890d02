"""How the likeliest files and functions hang together: imports, calls, classes and their bases."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from scoping.bodies import Read, texts_of
from scoping.calls import called_in
from scoping.facts import Symbol
from scoping.graph import Graph, build_graph
from scoping.index import Index
from scoping.rank import Ranking
from scoping.relations import bases_of

EdgeKind = Literal["imports", "calls", "extends", "overrides"]
_MOST_FILES = 20
_MOST_FUNCTIONS = 60
# Of a file that defines nothing; a longer one is a table of data, which only costs the parser.
_MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Edge:
    """One of two candidates touches the other: paths touch paths, and ids of functions others.

    A file imports a file, or a class of it extends one of the other; a function calls a function,
    or overrides that of a base. Names tell it: no other candidate has the one that is written.
    """

    kind: EdgeKind
    source: str
    target: str


def edges_among(index: Index, ranking: Ranking, read: Read) -> tuple[Edge, ...]:
    """Return the edges among the first candidates; only files that were parsed are looked at."""
    paths = [file.path for file in ranking.files[:_MOST_FILES]]
    parsed = [path for path in paths if _is_code(index, path)]
    index.parse(parsed)
    bases = tuple(_bases(index, parsed))
    extended = dict.fromkeys(Edge("extends", one.path, other.path) for one, other in bases)
    return (
        *_imports(build_graph(index), parsed, paths),
        *(edge for edge in extended if edge.source != edge.target),
        *_calls(index, ranking, read),
        *_overrides(ranking, bases),
    )


def _is_code(index: Index, path: str) -> bool:
    facts = index.by_path[path]
    return bool(facts.names) or facts.lines <= _MOST_LINES


def _imports(graph: Graph, parsed: list[str], paths: list[str]) -> Iterator[Edge]:
    for path in parsed:
        for target in graph.imports_of(path):
            if target in paths:
                yield Edge("imports", path, target)


def _bases(index: Index, paths: list[str]) -> Iterator[tuple[Symbol, Symbol]]:
    """Yield each class with those of its bases that one candidate alone defines."""
    classes = [one for path in paths for one in index.by_path[path].symbols if one.kind == "class"]
    named: dict[str, list[Symbol]] = {}
    for symbol in classes:
        named.setdefault(symbol.name, []).append(symbol)
    for symbol in classes:
        language = index.by_path[symbol.path].language
        for name in sorted(bases_of(symbol, language) & named.keys() - {symbol.name}):
            if len(named[name]) == 1:
                yield symbol, named[name][0]


def _overrides(ranking: Ranking, bases: Iterable[tuple[Symbol, Symbol]]) -> Iterator[Edge]:
    """Yield the functions that both a class and its base have."""
    chosen = {one.id for one in ranking.functions[:_MOST_FUNCTIONS]}
    for symbol, base in bases:
        for own in sorted(chosen):
            name = own.removeprefix(f"{symbol.id}.")
            if name != own and f"{base.id}.{name}" in chosen:
                yield Edge("overrides", own, f"{base.id}.{name}")


def _calls(index: Index, ranking: Ranking, read: Read) -> Iterator[Edge]:
    chosen = {one.id for one in ranking.functions[:_MOST_FUNCTIONS]}
    paths = dict.fromkeys(one.path for one in ranking.functions[:_MOST_FUNCTIONS])
    texts = [one for one in texts_of(index, read, paths) if one[0].id in chosen]
    named: dict[str, set[str]] = {}
    for symbol, _ in texts:
        named.setdefault(symbol.name, set()).add(symbol.id)
    for symbol, text in texts:
        language = index.by_path[symbol.path].language
        for name in sorted(named.keys() & called_in(text, language)):
            if named[name] != {symbol.id} and len(named[name]) == 1:
                yield Edge("calls", symbol.id, next(iter(named[name])))
