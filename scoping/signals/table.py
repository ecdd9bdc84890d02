"""All signals of one case, in the order in which one stands on another."""

from collections import defaultdict
from collections.abc import Sequence

from scoping.bm25 import Bags, bags_of
from scoping.bodies import Body, Read, read_bodies
from scoping.signals.case import Case, Column
from scoping.signals.functions_of_files import best_functions
from scoping.signals.history import beside, history, together
from scoping.signals.likeness import likeness
from scoping.signals.mentions import mentions
from scoping.signals.nature import nature

READ_SOURCES = 30
READ_TESTS = 3
_FIRSTS = 3
_DATES = frozenset(("often_changed", "lately_changed"))


def file_columns(case: Case, read: Read) -> tuple[tuple[Column, ...], tuple[Body, ...], Bags]:
    """Return every signal about the files, and the functions of those that were read for it.

    The functions' words that the issue has, too, are counted for both kinds of signals at once.
    """
    columns = [*likeness(case), *mentions(case), *history(case)]
    likely = fused(case, columns)
    tests = [path for path in likely if case.kinds[path] == "test"][:READ_TESTS]
    sources = [path for path in likely if path in case.pool][:READ_SOURCES]
    # What looks like no definition at all is none: tables of data need no parser.
    defining = [path for path in (*sources, *tests) if case.index.by_path[path].names]
    bodies = read_bodies(case.index, read, defining)
    bags = bags_of((body.tokens for body in bodies), case.issue.words)
    columns += best_functions(case, bodies, bags)
    firsts = [path for path in fused(case, columns) if path in case.pool][:_FIRSTS]
    columns += together(case, firsts)
    columns.append(beside(case, firsts))
    return (*columns, *nature(case)), bodies, bags


def fused(case: Case, columns: Sequence[Column]) -> list[str]:
    """Return the files by the sum of their ranks and mentions: an order without weights."""
    ranked = {column.name.removesuffix("_rank") for column in columns if _is_rank(column)}
    sums: defaultdict[str, float] = defaultdict(float)
    for column in columns:
        if column.name not in ranked and column.name not in _DATES:
            for path, value in column.values.items():
                sums[path] += value
    return sorted(case.kinds, key=lambda path: (-sums[path], path))


def _is_rank(column: Column) -> bool:
    return column.name.endswith("_rank")
