"""Who calls what, and which classes stand on which: by names, in the text of definitions.

A name is not resolved, so homonyms answer together; whoever asks sees the paths and can tell.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from scoping.bodies import Read, is_function
from scoping.calls import called_in
from scoping.facts import Symbol
from scoping.graph import Graph
from scoping.index import Index
from scoping.syntax import lines_of
from scoping.words import tokens

_MAX_HOMONYMS = 4
_BASES = """
    python javascript typescript tsx java kotlin c_sharp cpp scala swift dart ruby php
"""
_WITH_BASES = frozenset(_BASES.split())


def callers(index: Index, graph: Graph, read: Read, name: str) -> Iterator[Symbol]:
    """Yield the functions that call ``name``, which is a plain name."""
    paths = graph.referrers(name)
    index.parse(paths)
    for path in paths:
        language = index.by_path[path].language
        for symbol, text in _functions(index, read, path):
            # Most texts do not hold the name at all, and that is soon seen.
            if symbol.name != name and name in text and name in called_in(text, language):
                yield symbol


def callees(index: Index, graph: Graph, read: Read, name: str) -> Iterator[Symbol]:
    """Yield what the functions called ``name``, plain or qualified, call; common names left out."""
    found: dict[Symbol, None] = {}
    for path in graph.definitions.definers(name.rpartition(".")[2]):
        language = index.by_path[path].language
        for symbol, text in _functions(index, read, path):
            if name in {symbol.name, symbol.qualified_name}:
                for called in sorted(called_in(text, language) - {symbol.name}):
                    if graph.definitions.homonyms(called) <= _MAX_HOMONYMS:
                        found |= dict.fromkeys(graph.definitions.get(called, ()))
    yield from sorted(found, key=lambda symbol: (symbol.path, symbol.start_line))


def subclasses(index: Index, graph: Graph, name: str) -> Iterator[Symbol]:
    """Yield the classes whose own line names ``name``: those that extend or implement it."""
    paths = graph.referrers(name)
    index.parse(paths)
    for path in paths:
        for symbol in index.by_path[path].symbols:
            if symbol.name != name and name in bases_of(symbol, index.by_path[path].language):
                yield symbol


def bases_of(symbol: Symbol, language: str) -> AbstractSet[str]:
    """Return the names that a class's own line has behind its own, where those are its bases.

    Go, C and others write no base there: what follows a name is what it stands for.
    """
    if symbol.kind != "class" or language not in _WITH_BASES or " = " in symbol.signature:
        return frozenset()
    return tokens(symbol.signature.partition(symbol.name)[2]).keys()


def _functions(index: Index, read: Read, path: str) -> Iterator[tuple[Symbol, str]]:
    lines = lines_of(read(path))
    for symbol in index.by_path[path].symbols:
        if is_function(symbol):
            yield symbol, "".join(lines[symbol.start_line - 1 : symbol.end_line])
