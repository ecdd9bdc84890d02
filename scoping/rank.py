"""Index and issue to an order of files and functions, with the reasons; spends no token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoping.bodies import Read
from scoping.functions import RankedFunction, rank_functions
from scoping.graph import build_graph
from scoping.index import Index
from scoping.issue import Issue
from scoping.kinds import FileKind
from scoping.objects import PastCommit
from scoping.signals.case import Case, Column, make_case
from scoping.signals.functions_of_files import likely_functions
from scoping.signals.imports import imported
from scoping.signals.of_functions import function_columns
from scoping.signals.standing import standing
from scoping.signals.table import file_columns
from scoping.signals.weighing import reasons_for, weighed_scores
from scoping.weights import Weights, learnt_weights

MAX_RANKED = 500
_EXPLAINED = 100


@dataclass(frozen=True, slots=True)
class RankedFile:
    """One file, why it is likely (strongest first; empty: nothing speaks for it), its kind.

    Reasons are told of the first hundred files.
    """

    path: str
    score: float
    reasons: tuple[str, ...] = ()
    kind: FileKind = "source"


@dataclass(frozen=True, slots=True)
class Ranking:
    """The files and functions a task is likely about, likeliest first."""

    files: tuple[RankedFile, ...] = ()
    functions: tuple[RankedFunction, ...] = ()


def rank(
    index: Index,
    read: Read,
    issue: Issue,
    past: Sequence[PastCommit] = (),
    weights: Weights | None = None,
) -> Ranking:
    """Order the files of ``index`` for an issue; ``read`` gives the content of its paths.

    ``past`` are the commits before it, the newest first; without them only less is known.
    ``weights`` stand in for those that came with this version.
    """
    weights = weights or learnt_weights()
    case = make_case(index, build_graph(index), issue, tuple(past))
    columns, bodies, bags = file_columns(case, read)
    signals = function_columns(case, bodies, bags)
    alone = weighed_scores(signals, weights.alone)
    columns = (*columns, *likely_functions(case, bodies, alone))
    scores = weighed_scores(columns, weights.files)
    read_sources = {body.symbol.path for body in bodies} & case.pool
    handed = imported(case, sorted(read_sources), scores)
    for path, worth in weighed_scores((handed,), weights.files).items():
        scores[path] = scores.get(path, 0.0) + worth
    columns = (*columns, handed)
    files = _ranked(case, scores, columns, weights.files)
    signals = (*signals, standing(bodies, alone))
    return Ranking(files, rank_functions(case, bodies, signals, scores, weights.functions))


def _ranked(
    case: Case,
    scores: Mapping[str, float],
    columns: Sequence[Column],
    weights: Mapping[str, float],
) -> tuple[RankedFile, ...]:
    order = sorted(case.kinds, key=lambda path: (-scores.get(path, 0.0), path))[:MAX_RANKED]
    return tuple(
        RankedFile(
            path,
            round(scores.get(path, 0.0), 6),
            reasons_for(path, columns, weights) if place < _EXPLAINED else (),
            case.kinds[path],
        )
        for place, path in enumerate(order)
    )
