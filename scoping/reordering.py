"""A ranking put in another order by somebody who read the outlines of its first files.

Scoping asks nobody: who is asked, and what that costs, is the caller's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from scoping.excerpts import skeleton_rows
from scoping.facts import FileFacts, Symbol
from scoping.functions import RankedFunction
from scoping.index import Index
from scoping.rank import RankedFile, Ranking

MOST_FILES = 20
_MOST_ROWS = 40

_Ranked = TypeVar("_Ranked", RankedFile, RankedFunction)


@dataclass(frozen=True, slots=True)
class Outline:
    """One of the first files as it is shown: a row for each of its likeliest definitions.

    ``names`` are the qualified names of all that it defines, ``left_out`` how many have no row.
    """

    path: str
    rows: tuple[str, ...]
    names: frozenset[str]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """Paths of the outlines, and ids (``path::Class.method``) of what they define, likeliest first.

    What is not named stays behind what is.
    """

    files: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


Reorder = Callable[[tuple[Outline, ...]], Order | None]


def reordered(index: Index, ranking: Ranking, reorder: Reorder) -> Ranking:
    """Return ``ranking`` as ``reorder`` wants it, None being as it is; what was moved says so.

    A place keeps its score, whoever stands there now.
    """
    files = [file for file in ranking.files if file.reasons][:MOST_FILES]
    if not files:
        return ranking
    index.parse(file.path for file in files)
    likely = {one.id: place for place, one in enumerate(ranking.functions)}
    order = reorder(tuple(_outline(index.by_path[file.path], likely) for file in files))
    if order is None:
        return ranking
    kinds = {file.path: file for file in files}
    lowest = min((one.score for one in ranking.functions), default=0.0)
    unranked = [
        _unranked(symbol, kinds[symbol.path], lowest)
        for symbol in _named(index, kinds, order.functions)
        if symbol.id not in likely
    ]
    functions = (*ranking.functions, *unranked)
    return Ranking(
        _moved(ranking.files, [file.path for file in ranking.files], order.files),
        _moved(functions, [one.id for one in functions], order.functions),
    )


def _outline(facts: FileFacts, likely: Mapping[str, int]) -> Outline:
    symbols = [symbol for symbol in facts.symbols if symbol.kind != "variable"]
    told = list(zip(symbols, skeleton_rows(facts), strict=True))
    told.sort(key=lambda pair: likely.get(pair[0].id, len(likely)))
    shown = sorted(told[:_MOST_ROWS], key=lambda pair: pair[0].start_line)
    names = frozenset(symbol.qualified_name for symbol in symbols)
    return Outline(facts.path, tuple(row for _, row in shown), names, len(told) - len(shown))


def _named(index: Index, paths: Iterable[str], ids: Iterable[str]) -> list[Symbol]:
    wanted = set(ids)
    found = {
        symbol.id: symbol
        for path in paths
        for symbol in index.by_path[path].symbols
        if symbol.id in wanted
    }
    return list(found.values())


def _unranked(symbol: Symbol, file: RankedFile, score: float) -> RankedFunction:
    start, end = symbol.start_line, symbol.end_line
    return RankedFunction(symbol.id, symbol.path, start, end, score, (), file.kind)


def _moved(
    ranked: Sequence[_Ranked], names: Sequence[str], wanted: Sequence[str]
) -> tuple[_Ranked, ...]:
    """Return ``ranked``, each known by its name, with the ``wanted`` ones first."""
    before: dict[str, int] = {name: place for place, name in enumerate(names)}
    first: dict[str, None] = dict.fromkeys(name for name in wanted if name in before)
    order = [*first, *(name for name in names if name not in first)]
    moved: list[_Ranked] = []
    for place, name in enumerate(order):
        one = ranked[before[name]]
        reasons: tuple[str, ...] = one.reasons
        if name in first and place != before[name]:
            reasons = (f"moved by the model, from place {before[name] + 1}", *reasons)
        moved.append(replace(one, score=ranked[place].score, reasons=reasons))
    return tuple(moved)
