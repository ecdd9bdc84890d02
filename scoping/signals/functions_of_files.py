"""What the functions of a file say of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import exp, log

from scoping.bm25 import Bags
from scoping.bodies import Body
from scoping.signals.case import Case, Column, scaled

_WIDEST_GAP = 6.0


def best_functions(case: Case, bodies: Sequence[Body], bags: Bags) -> Iterator[Column]:
    """Yield how alike the issue is to the best function of each file; ``bags`` are their words."""
    if not bodies:
        return
    best: dict[str, tuple[float, str]] = {}
    for body, score in zip(bodies, bags.scores(case.issue.words), strict=True):
        found = (score, body.symbol.qualified_name)
        best[body.symbol.path] = max(found, best.get(body.symbol.path, found))

    def tell(path: str) -> str:
        return f"its `{best[path][1]}` uses the issue's words"

    scores = {path: score for path, (score, _) in best.items()}
    yield from scaled(case.pool, "function_words", scores, tell)


def likely_functions(
    case: Case, bodies: Sequence[Body], alone: Mapping[str, float]
) -> Iterator[Column]:
    """Yield how likely it is that any function of a file is meant.

    ``alone`` are the scores of the functions by all that is known of them but their file. Nothing
    is told: what speaks for a function is told of the function.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    for body in bodies:
        found[body.symbol.path].append(alone.get(body.key, 0.0))
    masses = functions_mass(found)
    best = max((mass for path, mass in masses.items() if path in case.pool), default=0.0)
    near = {path: mass - best + _WIDEST_GAP for path, mass in masses.items()}
    yield from scaled(case.pool, "functions", near)


def functions_mass(scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return for each file the logarithm of what its functions weigh together."""
    return {path: log(sum(map(exp, own))) for path, own in scores.items() if own}
