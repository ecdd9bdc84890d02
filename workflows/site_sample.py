"""Files of a campaign that a program is written from and judged on: some of every kind there is.

A kind is a repository, the upper folders, the ending, and the form of the first line that the
request is about. The same files give the same sample.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from validators.checkout import Clone, list_files, read_blobs
from validators.encoding import digest
from workflows.campaign import Target
from workflows.passages import telling_lines, text_of

MOST_SHOWN = 10
# Each is used once: what a program failed on, its author has seen.
_PORTIONS, _PORTION_FILES = 3, 6
_WANTED = MOST_SHOWN + _PORTIONS * _PORTION_FILES
# An author that looks by snippets may look into so many.
MOST_WIDE = 2_000
_MOST_WIDE_BYTES = 64 * 1024**2
_READ_AT_ONCE = 500
_DEEPEST = 2
_LONGEST_FORM = 80
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|\d[\w.]*|\w+|\s+")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file at its base commit; ``lines`` are those that the request is about.

    ``label`` tells the files of several repositories apart, and is empty where there is one.
    """

    repository: str
    path: str
    mode: str
    content: bytes
    lines: tuple[int, ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        """What it is called to its author."""
        return f"{self.label}/{self.path}" if self.label else self.path


@dataclass(frozen=True, slots=True)
class SiteSample:
    """What a program's author is ``shown``, and portions of what it is judged on ``unseen``.

    ``others`` are what an author may look into who is not sent it, in the order of kinds.
    """

    shown: tuple[SampleFile, ...]
    unseen: tuple[tuple[SampleFile, ...], ...] = ()
    others: tuple[SampleFile, ...] = ()


_Strata = dict[tuple[object, ...], list[SampleFile]]


def site_sample(
    targets: Sequence[Target], clones: Mapping[tuple[str, str], Clone], words: frozenset[str]
) -> SiteSample:
    """Return files of the targets in which ``words`` stand; any files where none does."""
    telling, others = _strata(targets, clones, words, _WANTED)
    return _sampled(_ordered(telling or others)[:_WANTED])


def wide_sample(
    targets: Sequence[Target], clones: Mapping[tuple[str, str], Clone], words: frozenset[str]
) -> SiteSample:
    """Return the same with all ``others`` of the targets, up to MOST_WIDE files and their bytes."""
    telling, others = _strata(targets, clones, words, MOST_WIDE)
    first, rest = (telling, others) if telling else (others, {})
    files: list[SampleFile] = []
    size = 0
    for file in [*_ordered(first), *_ordered(rest)]:
        size += len(file.content)
        if len(files) == MOST_WIDE or size > _MOST_WIDE_BYTES:
            break
        files.append(file)
    return _sampled(files)


def _ordered(strata: _Strata) -> list[SampleFile]:
    rounds = [*_rounds(strata)]
    # Of each kind that has two files one is shown and one is not.
    ordered = [one for some in rounds[::2] for one in some]
    ordered += [one for some in rounds[1::2] for one in some]
    return ordered


def _sampled(ordered: Sequence[SampleFile]) -> SiteSample:
    """Return which of the files are shown, and which are held back to judge by."""
    count = min(len(ordered), _WANTED)
    shown = min(MOST_SHOWN, max(1, count * 3 // 5))
    rest = ordered[shown:][: _PORTIONS * _PORTION_FILES]
    size = min(_PORTION_FILES, -(-len(rest) // _PORTIONS)) or 1
    portions = tuple(tuple(rest[at : at + size]) for at in range(0, len(rest), size))
    return SiteSample(tuple(ordered[:shown]), portions, tuple(ordered[shown + len(rest) :]))


def _strata(
    targets: Sequence[Target],
    clones: Mapping[tuple[str, str], Clone],
    words: frozenset[str],
    most: int,
) -> tuple[_Strata, _Strata]:
    """Return the files with a telling line, and those without, by their kind: ``most`` of each."""
    telling: _Strata = defaultdict(list)
    others: _Strata = defaultdict(list)
    places = list(dict.fromkeys((one.repository, one.base) for one in targets))
    for number, place in enumerate(places, 1):
        label = f"repository-{number}" if len(places) > 1 else ""
        paths = {
            path for one in targets if (one.repository, one.base) == place for path in one.paths
        }
        for some in _read(clones[place], place[0], paths):
            for file in some:
                lines = telling_lines(file.content, words)
                known = telling if lines else others
                known[_kind(file, lines)].append(replace(file, lines=lines, label=label))
            for known in (telling, others):
                for kind, found in known.items():
                    known[kind] = sorted(found, key=_order)[:most]
    return telling, others


def _read(clone: Clone, repository: str, paths: AbstractSet[str]) -> Iterator[list[SampleFile]]:
    """Yield the files that are text, in batches: each git process costs as much as many files."""
    files = [one for one in list_files(clone, clone.base_tree) if one.path in paths]
    for start in range(0, len(files), _READ_AT_ONCE):
        some = files[start : start + _READ_AT_ONCE]
        contents = read_blobs(clone, [file.sha for file in some])
        yield [
            SampleFile(repository, file.path, file.mode, content)
            for file, content in zip(some, contents, strict=True)
            if text_of(content) is not None
        ]


def _kind(file: SampleFile, lines: Sequence[int]) -> tuple[object, ...]:
    place = PurePosixPath(file.path)
    line = (text_of(file.content) or "").split("\n")[lines[0] - 1] if lines else ""
    return file.repository, place.parent.parts[:_DEEPEST], place.suffix, _form(line)


def _order(file: SampleFile) -> str:
    """Return what files of one kind are ordered by, which has nothing to do with names."""
    return digest(file.path.encode("utf-8", "surrogateescape"))


def _rounds(strata: _Strata) -> Iterator[list[SampleFile]]:
    """Yield one file of each kind, then the next of each that has one, the largest kind first."""
    by_size = sorted(strata.items(), key=lambda item: (-len(item[1]), str(item[0])))
    for number in range(max(map(len, strata.values()), default=0)):
        yield [found[number] for _, found in by_size if number < len(found)]


def _form(line: str) -> str:
    """Return a line without what differs between lines of one form."""

    def kind_of(token: re.Match[str]) -> str:
        first = token[0][0]
        if first.isspace():
            return ""
        return "s" if first in "\"'" else "0" if first.isdigit() else "a"

    return _TOKEN.sub(kind_of, line)[:_LONGEST_FORM]
