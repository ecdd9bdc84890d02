"""Which targets a sample takes: some of every kind there is, and the same ones every time."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from validators.encoding import digest
from workflows.campaign import Target

# Targets of 1, 2 to 3, 4 to 7... files are of one size.
_DEEPEST = 2


def sampled(targets: Sequence[Target], count: int) -> tuple[str, ...]:
    """Return the keys of ``count`` targets, in turn from each stratum, the largest first.

    A stratum is a repository, the upper folders, the kinds of files and the order of magnitude of
    how many there are.
    """
    strata: defaultdict[tuple[object, ...], list[Target]] = defaultdict(list)
    for target in targets:
        strata[_stratum(target)].append(target)
    # Within one in an order that has nothing to do with names.
    queues = [
        sorted(found, key=lambda one: digest(one.key.encode()))
        for _, found in sorted(strata.items(), key=lambda item: (-len(item[1]), str(item[0])))
    ]
    taken: list[str] = []
    while len(taken) < min(count, len(targets)):
        for queue in queues:
            if queue and len(taken) < count:
                taken.append(queue.pop(0).key)
    wanted = frozenset(taken)
    return tuple(target.key for target in targets if target.key in wanted)


def _stratum(target: Target) -> tuple[object, ...]:
    places = [PurePosixPath(path) for path in target.paths]
    folder = places[0].parent.parts[:_DEEPEST]
    endings = tuple(sorted({place.suffix for place in places}))
    return target.repository, folder, endings, len(places).bit_length()
