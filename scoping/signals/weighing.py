"""Signals and weights to scores, and to the reasons that a person is told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scoping.signals.case import Column

_MAX_REASONS = 5


def weighed_scores(columns: Iterable[Column], weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weighted sum of what the columns say of each key; one of which none speaks is out.

    Summed in the columns' order, so that the same signals always give the same bits.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for column in columns:
        weight = weights.get(column.name, 0.0)
        if weight:
            for key, value in column.values.items():
                scores[key] += weight * value
    return scores


def reasons_for(
    key: str, columns: Sequence[Column], weights: Mapping[str, float]
) -> tuple[str, ...]:
    """Return in words what speaks for ``key``, the strongest first.

    A score and its rank are one reason, and so are signals that are told alike.
    """
    speaking = [column for column in columns if column.values.get(key)]
    worth: defaultdict[str, float] = defaultdict(float)
    for column in speaking:
        value = column.values[key]
        worth[column.name.removesuffix("_rank")] += value * weights.get(column.name, 0.0)
    told: defaultdict[str, float] = defaultdict(float)
    for column in speaking:
        if worth[column.name] > 0 and (text := column.tell(key)):
            told[text] += worth[column.name]
    return tuple(sorted(told, key=lambda text: (-told[text], text))[:_MAX_REASONS])
