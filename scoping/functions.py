"""Which functions of the likely files a task is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoping.bodies import Body
from scoping.kinds import FileKind
from scoping.signals.case import Case, Column
from scoping.signals.weighing import reasons_for, weighed_scores

_RANK_SOFTNESS = 8
_WIDEST_GAP = -12.0
_MOST = 200


@dataclass(frozen=True, slots=True)
class RankedFunction:
    """One function or method; ``id`` is ``path::Class.method``; lines count from 1."""

    id: str
    path: str
    start_line: int
    end_line: int
    score: float
    reasons: tuple[str, ...] = ()
    kind: FileKind = "source"


def rank_functions(
    case: Case,
    bodies: Sequence[Body],
    signals: Sequence[Column],
    files: Mapping[str, float],
    weights: Mapping[str, float],
) -> tuple[RankedFunction, ...]:
    """Return the likeliest functions first.

    ``signals`` say what is known of them, ``files`` are the scores of their files.
    """
    columns = (*signals, *file_share(case, bodies, files))
    scores = weighed_scores(columns, weights)
    ordered = sorted(bodies, key=lambda body: (-scores.get(body.key, 0.0), body.key))
    # Overloads, and a property with its setter, are one function to whoever reads the list.
    best: dict[str, Body] = {}
    for body in ordered:
        best.setdefault(body.symbol.id, body)
    return tuple(
        RankedFunction(
            body.symbol.id,
            body.symbol.path,
            body.symbol.start_line,
            body.symbol.end_line,
            round(scores.get(body.key, 0.0), 6),
            reasons_for(body.key, columns, weights) or ("shares words with the issue",),
            case.kinds[body.symbol.path],
        )
        for body in list(best.values())[:_MOST]
    )


def file_share(
    case: Case, bodies: Sequence[Body], files: Mapping[str, float]
) -> tuple[Column, Column]:
    """Return what the file of each function is worth: its gap to the best file, and its rank."""
    own = {body.symbol.path for body in bodies}
    order = sorted(own, key=lambda path: (-files.get(path, 0.0), path))
    best = max((files.get(path, 0.0) for path in order), default=0.0)
    gaps = {body.key: max(_WIDEST_GAP, files.get(body.symbol.path, 0.0) - best) for body in bodies}
    pool = [path for path in order if path in case.pool]
    ranks = {path: _RANK_SOFTNESS / (_RANK_SOFTNESS + place) for place, path in enumerate(pool)}
    return (
        Column("file_gap", gaps),
        Column("file_rank", {body.key: ranks.get(body.symbol.path, 0.0) for body in bodies}),
    )
