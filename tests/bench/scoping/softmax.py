"""A linear ranker learnt by a softmax over lists: the likelier the changed ones, the better.

Each changed one stands against those that were not changed, so that two of a list do not compete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_LONGEST = 250
_STEPS, _MORE_STEPS = 250, 80
_RATE, _MORE_RATE = 0.05, 0.03
_SMALLEST_SPREAD = 0.02
_SHRINK = 0.002
_TINY = 1e-12


@dataclass(frozen=True)
class Ranker:
    """One weight a signal, for signals as they are observed."""

    names: tuple[str, ...]
    worth: "np.ndarray"

    def scores(self, matrix: "np.ndarray") -> list[float]:
        """Return a score for each row."""
        return [float(score) for score in matrix @ self.worth]

    def weights(self) -> list[tuple[str, float]]:
        """Return the signals and their weights in the order of their names."""
        return [(name, float(worth)) for name, worth in zip(self.names, self.worth, strict=True)]


def fitted(
    lists: Sequence[tuple["np.ndarray", Sequence[bool]]],
    weights: Sequence[float],
    names: Sequence[str],
    lowest: Mapping[str, float],
    start: Ranker | None = None,
) -> Ranker:
    """Return the ranker of lists of candidates; what ``lowest`` does not name weighs 0 at least."""
    longest = min(_LONGEST, max(len(good) for _, good in lists))
    values = np.zeros((len(lists), longest, len(names)), np.float32)
    goal = np.zeros((len(lists), longest), np.float32)
    absent = np.full((len(lists), longest), -1e9, np.float32)
    for place, (matrix, good) in enumerate(lists):
        rows = min(longest, len(good))
        values[place, :rows], goal[place, :rows] = matrix[:rows], good[:rows]
        absent[place, :rows] = 0.0
    told = goal.sum(1) > 0
    share = np.asarray(weights, np.float32)[told]
    share /= share.sum()
    spread = np.maximum(values[absent == 0].std(0), _SMALLEST_SPREAD)
    values, goal, absent = values[told] / spread, goal[told], absent[told]
    changed = goal.sum(1, keepdims=True)
    least = np.array([lowest.get(name, 0.0) for name in names], np.float32) * spread
    found = np.zeros(len(names), np.float32) if start is None else start.worth * spread
    steps, rate = (_STEPS, _RATE) if start is None else (_MORE_STEPS, _MORE_RATE)
    flat = values.reshape(-1, len(names))
    mean, square = np.zeros_like(found), np.zeros_like(found)
    for step in range(1, steps + 1):
        scores = (flat @ found).reshape(goal.shape) + absent
        likely = np.exp(scores - scores.max(1, keepdims=True))
        others = (likely * (1 - goal)).sum(1, keepdims=True) + _TINY
        beaten = goal / (others + likely)
        pull = (likely * (1 - goal)) * beaten.sum(1, keepdims=True) - beaten * others
        slope = (pull / changed * share[:, None]).reshape(-1) @ flat + _SHRINK * found
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        pace = rate * (1.0 if step < steps * 0.6 else 0.25)
        move = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        found = np.maximum(found - pace * move, least)
    return Ranker(tuple(names), (found / spread).astype(np.float32))
