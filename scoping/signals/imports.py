"""What likely files import: what fails in one file is often mended in what it stands on."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from math import exp

from scoping.signals.case import Case, Column


def imported(case: Case, paths: Collection[str], scores: Mapping[str, float]) -> Column:
    """Speak for what the likely ones of ``paths`` import; ``scores`` are the files' until now."""
    imports = {path: case.graph.imports_of(path) for path in paths}

    def tell(path: str) -> str:
        first = max(
            (source for source, targets in imports.items() if path in targets),
            key=lambda source: (scores.get(source, 0.0), source),
        )
        return f"`{first}` imports it"

    handed = handed_on(imports, scores)
    values = {path: value for path, value in handed.items() if path in case.pool}
    return Column("imported", values, tell)


def handed_on(
    imports: Mapping[str, Collection[str]], scores: Mapping[str, float]
) -> dict[str, float]:
    """Return the likelihood that each file has of those that import it: 1 where all of it is there.

    ``imports`` are the files each imports, once. A file that many of them import gets less of it.
    """
    best = max((scores.get(path, 0.0) for path in imports), default=0.0)
    likely = {path: exp(scores.get(path, 0.0) - best) for path in imports}
    whole = sum(likely.values())
    importers = Counter(target for targets in imports.values() for target in targets)
    handed: defaultdict[str, float] = defaultdict(float)
    for path, targets in imports.items():
        for target in targets:
            handed[target] += likely[path] / whole / importers[target] ** 0.5
    return dict(handed)
