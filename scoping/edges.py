"""How the likeliest files and functions hang together: who imports, who calls, whose member."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scoping.bodies import Read, called_in, read_bodies
from scoping.graph import Graph, build_graph
from scoping.index import Index
from scoping.rank import Ranking

EdgeKind = Literal["imports", "calls"]
_MOST_FILES = 20
_MOST_FUNCTIONS = 60


@dataclass(frozen=True, slots=True)
class Edge:
    """One of two candidates touches the other: paths import paths, functions call functions.

    A call is told by its name: ``source`` writes it before a bracket, no other candidate has it.
    """

    kind: EdgeKind
    source: str
    target: str


def edges_among(index: Index, ranking: Ranking, read: Read) -> tuple[Edge, ...]:
    """Return the edges among the first candidates; only files that were parsed are looked at."""
    paths = [file.path for file in ranking.files[:_MOST_FILES]]
    graph = build_graph(index)
    return (*_imports(index, graph, paths), *_calls(index, ranking, read))


def _imports(index: Index, graph: Graph, paths: list[str]) -> Iterator[Edge]:
    index.parse(paths)
    for path in paths:
        for target in graph.imports_of(path):
            if target in paths:
                yield Edge("imports", path, target)


def _calls(index: Index, ranking: Ranking, read: Read) -> Iterator[Edge]:
    chosen = {one.id for one in ranking.functions[:_MOST_FUNCTIONS]}
    paths = dict.fromkeys(one.path for one in ranking.functions[:_MOST_FUNCTIONS])
    bodies = [body for body in read_bodies(index, read, paths) if body.symbol.id in chosen]
    named: dict[str, set[str]] = {}
    for body in bodies:
        named.setdefault(body.symbol.name, set()).add(body.symbol.id)
    for body in bodies:
        for name in sorted(named.keys() & called_in(body.text)):
            if named[name] != {body.symbol.id} and len(named[name]) == 1:
                yield Edge("calls", body.symbol.id, next(iter(named[name])))
