"""How the likeliest code was ranked: what a person looks at to see why the model was given what.

The whole ranking of a large repository is megabytes; its beginning is what was chosen from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoping.edges import Edge, EdgeKind
from scoping.scope import Scope

_MOST_FILES = 40
_MOST_FUNCTIONS = 80
# How an edge is told of its other end.
OTHER_WAY: Mapping[EdgeKind, str] = {
    "imports": "imported by",
    "calls": "called by",
    "extends": "extended in",
    "overrides": "overridden by",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """One file, or one function by its id (``path::Class.method``), and why it is likely."""

    name: str
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScopeMap:
    """The first of each ranking, likeliest first, and what ties them together."""

    files: tuple[Ranked, ...] = ()
    functions: tuple[Ranked, ...] = ()
    edges: tuple[Edge, ...] = ()


def scope_map(scope: Scope) -> ScopeMap:
    """Return the beginning of what ``scope`` was chosen from."""
    return ScopeMap(
        tuple(Ranked(one.path, one.score, one.reasons) for one in scope.files[:_MOST_FILES]),
        tuple(Ranked(one.id, one.score, one.reasons) for one in scope.functions[:_MOST_FUNCTIONS]),
        scope.edges,
    )


def touches(edges: Sequence[Edge], name: str) -> tuple[tuple[str, str], ...]:
    """Return how a candidate is tied to others, as (how, the other): what it does comes first."""
    does = [(str(edge.kind), edge.target) for edge in edges if edge.source == name]
    done = [(OTHER_WAY[edge.kind], edge.source) for edge in edges if edge.target == name]
    return (*does, *done)
