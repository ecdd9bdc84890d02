r"""Which file an import means in a language whose imports are paths, or spell one.

No build is read: where ``a.b.C``, ``A\B\C``, ``crate::a::b`` or ``a/b.h`` points is told by the
files there are. The longest ending that one of them shares decides, then the nearest of those.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

_HEADERS = frozenset((".h", ".hh", ".hpp", ".hxx"))
_SEPARATORS = re.compile(r"::|[\\/.{},;\s<>]+")
_NOWHERE = frozenset(("", "crate", "self", "super", "*", "as"))
_MEMBERS = 2
# What comes with the language; a file of the repository may well bear the same name.
_GO = """
    archive bufio bytes cmp compress container context crypto database debug embed encoding errors
    expvar flag fmt go hash html image io iter log maps math mime net os path plugin reflect regexp
    runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe
"""
_STANDARD = {
    ".go": frozenset(_GO.split()),
    ".rs": frozenset(("std", "core", "alloc")),
    ".java": frozenset(("java", "javax")),
    ".kt": frozenset(("java", "javax", "kotlin", "kotlinx")),
}
_MAX_HOMONYMS = 40


def by_stem(paths: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the paths of each file name without its ending, for `path_meant`."""
    stems: dict[str, list[str]] = {}
    for path in paths:
        place = PurePosixPath(path)
        stem = place.parent.name if place.stem == "mod" else place.stem
        stems.setdefault(stem, []).append(path)
    return {stem: tuple(found) for stem, found in stems.items()}


def path_meant(path: str, module: str, stems: Mapping[str, Sequence[str]]) -> str | None:
    """Return the file that ``module``, imported in ``path``, likely means; None where none does."""
    suffix = PurePosixPath(path).suffix
    parts = [part for part in _SEPARATORS.split(_without_ending(module)) if part not in _NOWHERE]
    if parts and parts[0] in _STANDARD.get(suffix, ()):
        return None
    # What bears the same name as a system's header is no source of it: `<math.h>`, `math.c`.
    is_header = PurePosixPath(module.rstrip(">")).suffix in _HEADERS
    # The last parts may be members of what the file defines.
    for end in range(len(parts), max(0, len(parts) - 1 - _MEMBERS), -1):
        found = stems.get(parts[end - 1], ())
        same = [other for other in found if _related(PurePosixPath(other).suffix, suffix)]
        if is_header:
            same = [other for other in same if PurePosixPath(other).suffix in _HEADERS]
        if not same or len(same) > _MAX_HOMONYMS:
            continue
        return max(same, key=lambda other: (*_likeness(other, parts[:end], path), other))
    return None


def _without_ending(module: str) -> str:
    stem, dot, ending = module.rpartition(".")
    return stem if dot and ending in {"h", "hh", "hpp", "hxx", "rb", "php"} else module


def _related(one: str, other: str) -> bool:
    """Whether files of these endings are of one language: headers and sources are."""
    return one == other or {one[:2], other[:2]} <= {".c", ".h"}


def _likeness(other: str, parts: Sequence[str], path: str) -> tuple[int, int]:
    """Return how many last folders the import spells, and how many first ones the files share."""
    folders = PurePosixPath(other).with_suffix("").parts
    spelled = 0
    for own, part in zip(reversed(folders), reversed(parts), strict=False):
        if own.lower() != part.lower():
            break
        spelled += 1
    shared = 0
    for own, part in zip(folders, PurePosixPath(path).parts, strict=False):
        if own != part:
            break
        shared += 1
    return spelled, shared
