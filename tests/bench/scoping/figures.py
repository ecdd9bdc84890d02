"""What was seen of one issue, and how well an order answers it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from scoping.signals.case import scaled
from scoping.signals.functions_of_files import functions_mass
from scoping.signals.imports import handed_on
from scoping.signals.standing import standings

KS = (1, 3, 5, 10, 20)
_WIDEST_GAP = -12.0
_WIDEST_MASS = 6.0
_RANK_SOFTNESS = 8
_UNSEEN = -50.0


@dataclass(frozen=True)
class Seen:
    """One issue as `observing` wrote it: the likeliest files and functions, and their signals."""

    id: str
    set: str
    repo: str
    gold: list[str]
    gold_functions: list[str]
    files: list[str]
    file_columns: dict[str, dict[str, float]]
    imports: dict[str, list[str]]
    functions: list[str]
    function_files: list[str]
    function_columns: dict[str, dict[str, float]]

    def file_rows(self, names: Sequence[str]) -> tuple[Any, list[bool]]:
        """Return a row of signals for each file, and which were changed."""
        good = [path in self.gold for path in self.files]
        return _matrix(self.file_columns, names, len(self.files)), good

    def function_rows(self, names: Sequence[str]) -> tuple[Any, list[bool]]:
        """Return a row of signals for each function, and which were changed."""
        gold = {canonical(function) for function in self.gold_functions}
        good = [canonical(function) in gold for function in self.functions]
        return _matrix(self.function_columns, names, len(good)), good

    def file_order(self, scores: Sequence[float]) -> list[str]:
        """Return the files, the highest score first."""
        return _ordered(self.files, scores)

    def function_order(self, scores: Sequence[float]) -> list[str]:
        """Return the functions as benchmarks count them, the highest score first."""
        return list(dict.fromkeys(map(canonical, _ordered(self.functions, scores))))

    def with_likely_functions(self, alone: Sequence[float]) -> "Seen":
        """Return this with what `scoping.signals.functions_of_files.likely_functions` adds."""
        by_path: dict[str, list[float]] = {}
        for path, score in zip(self.function_files, alone, strict=True):
            by_path.setdefault(path, []).append(score)
        masses = functions_mass(by_path)
        best = max(masses.values(), default=0.0)
        near = {path: mass - best + _WIDEST_MASS for path, mass in masses.items()}
        columns = scaled(frozenset(self.files), "functions", near)
        places = {path: str(place) for place, path in enumerate(self.files)}
        added = {
            column.name: {places[p]: v for p, v in column.values.items() if p in places}
            for column in columns
        }
        return replace(self, file_columns=self.file_columns | added)

    def with_standing(self, alone: Sequence[float]) -> "Seen":
        """Return this with what `scoping.signals.standing` adds to functions."""
        values = standings(self.function_files, alone)
        added = {"standing": {str(place): value for place, value in enumerate(values)}}
        return replace(self, function_columns=self.function_columns | added)

    def with_imported(self, by_file: Sequence[float]) -> "Seen":
        """Return this with the scores until now, and `scoping.signals.imports` by them."""
        places = {path: str(place) for place, path in enumerate(self.files)}
        handed = handed_on(self.imports, dict(zip(self.files, by_file, strict=True)))
        added = {
            "score": {str(place): score for place, score in enumerate(by_file)},
            "imported": {places[path]: value for path, value in handed.items()},
        }
        return replace(self, file_columns=self.file_columns | added)

    def with_file_scores(self, by_file: Sequence[float]) -> "Seen":
        """Return this with the signals that `scoping.functions.file_share` adds to functions."""
        scores = dict(zip(self.files, by_file, strict=True))
        own = sorted(set(self.function_files), key=lambda path: (-scores.get(path, _UNSEEN), path))
        best = scores.get(own[0], 0.0) if own else 0.0
        ranks = {path: _RANK_SOFTNESS / (_RANK_SOFTNESS + place) for place, path in enumerate(own)}
        places = list(enumerate(self.function_files))
        gaps = {
            str(place): max(_WIDEST_GAP, scores.get(path, _UNSEEN) - best) for place, path in places
        }
        added = {
            "file_gap": gaps,
            "file_rank": {str(place): ranks[path] for place, path in places},
        }
        return replace(self, function_columns=self.function_columns | added)


def canonical(function: str) -> str:
    """Return how benchmarks count a function: a change of ``C.__init__`` is one of ``C``."""
    return function.removesuffix(".__init__")


def accuracy(order: Sequence[str], gold: Sequence[str], k: int, *, clipped: bool = False) -> bool:
    """Whether the first k hold all; ``clipped``: or hold nothing else."""
    hit = len(set(order[:k]) & set(gold))
    return hit == (min(len(set(gold)), k) if clipped else len(set(gold)))


def interval(share: float, count: int) -> tuple[float, float]:
    """Return Wilson's interval of 95 % for a share of ``count``."""
    if not count:
        return 0.0, 0.0
    z = 1.96
    middle = share + z * z / (2 * count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    whole = 1 + z * z / count
    return (middle - half) / whole, (middle + half) / whole


def told(
    name: str, rows: Sequence[tuple[Sequence[str], Sequence[str]]], *, clipped: bool = False
) -> str:
    """Return one line of a table: accuracy at each k, and the interval at 5 and 10."""
    shares = {
        k: sum(accuracy(order, gold, k, clipped=clipped) for order, gold in rows)
        / max(1, len(rows))
        for k in KS
    }
    figures = "  ".join(f"@{k} {100 * shares[k]:5.1f}" for k in KS)
    spans = "  ".join(
        f"@{k} {100 * low:.0f}-{100 * high:.0f}"
        for k in (5, 10)
        for low, high in [interval(shares[k], len(rows))]
    )
    return f"{name:26s} n={len(rows):3d}  {figures}  (95 %: {spans})"


def _ordered(names: Sequence[str], scores: Sequence[float]) -> list[str]:
    places = sorted(range(len(names)), key=lambda place: -scores[place])
    return [names[place] for place in places]


def _matrix(columns: dict[str, dict[str, float]], names: Sequence[str], rows: int) -> Any:
    import numpy as np  # noqa: PLC0415 - only who learns needs it

    matrix = np.zeros((rows, len(names)), np.float32)
    for column, name in enumerate(names):
        for place, value in columns.get(name, {}).items():
            matrix[int(place), column] = value
    return matrix
