"""Where a function stands among those of its file: a fix is mostly in one of the first few."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from scoping.bodies import Body
from scoping.signals.case import Column

_SOFTNESS = 16


def standing(bodies: Sequence[Body], alone: Mapping[str, float]) -> Column:
    """Return the place of each function in its file, softened: 1 for the likeliest.

    ``alone`` are the scores by all that is known of them but their file, so that a long file does
    not hide its own best behind those of a likelier one. Nothing is told: what speaks for a
    function is told of it.
    """
    scores = [alone.get(body.key, 0.0) for body in bodies]
    values = standings([body.symbol.path for body in bodies], scores)
    return Column("standing", dict(zip((body.key for body in bodies), values, strict=True)))


def standings(paths: Sequence[str], scores: Sequence[float]) -> list[float]:
    """Return the softened place of each score among those of its path; ties stay as they are."""
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        by_path[path].append(place)
    found = [0.0] * len(paths)
    for places in by_path.values():
        places.sort(key=lambda place: -scores[place])
        for rank, place in enumerate(places):
            found[place] = _SOFTNESS / (_SOFTNESS + rank)
    return found
