"""Who calls what, and which classes stand on which: by names, in the text of definitions.

A name is not resolved, so homonyms answer together; whoever asks sees the paths and can tell.
"""

from collections.abc import Iterator

from scoping.bodies import Read, called_in, is_function
from scoping.facts import Symbol
from scoping.graph import Graph
from scoping.index import Index
from scoping.syntax import lines_of
from scoping.words import tokens

_MAX_HOMONYMS = 4


def callers(index: Index, graph: Graph, read: Read, name: str) -> Iterator[Symbol]:
    """Yield the functions that call ``name``, which is a plain name."""
    paths = graph.referrers(name)
    index.parse(paths)
    for path in paths:
        for symbol, text in _functions(index, read, path):
            if symbol.name != name and name in called_in(text):
                yield symbol


def callees(index: Index, graph: Graph, read: Read, name: str) -> Iterator[Symbol]:
    """Yield what the functions called ``name``, plain or qualified, call; common names left out."""
    found: dict[Symbol, None] = {}
    for path in graph.definitions.definers(name.rpartition(".")[2]):
        for symbol, text in _functions(index, read, path):
            if name in {symbol.name, symbol.qualified_name}:
                for called in sorted(called_in(text) - {symbol.name}):
                    if graph.definitions.homonyms(called) <= _MAX_HOMONYMS:
                        found |= dict.fromkeys(graph.definitions.get(called, ()))
    yield from sorted(found, key=lambda symbol: (symbol.path, symbol.start_line))


def subclasses(index: Index, graph: Graph, name: str) -> Iterator[Symbol]:
    """Yield the classes whose own line names ``name``: those that extend or implement it."""
    paths = graph.referrers(name)
    index.parse(paths)
    for path in paths:
        for symbol in index.by_path[path].symbols:
            bases = symbol.signature.partition(symbol.name)[2]
            if symbol.kind == "class" and symbol.name != name and name in tokens(bases):
                yield symbol


def _functions(index: Index, read: Read, path: str) -> Iterator[tuple[Symbol, str]]:
    lines = lines_of(read(path))
    for symbol in index.by_path[path].symbols:
        if is_function(symbol):
            yield symbol, "".join(lines[symbol.start_line - 1 : symbol.end_line])
