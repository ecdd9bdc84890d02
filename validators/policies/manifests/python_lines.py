"""Requirements as Python's tools write them in one line, and the files that are made of such lines.

Nothing a line names is opened: a file that is included is itself an entry.
"""

import re
from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PythonRequirement
from packaging.utils import canonicalize_name

from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    UnreadableManifest,
    origin_of,
    shown,
)

_LONGEST_LINE, _MOST_LINES = 4000, 20_000
_INDEX = re.compile(r"(-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)(?:\s*=\s*|\s+|$)")
_INCLUDE = re.compile(r"(-r|-c|--requirement|--constraint)(?:\s*=\s*|\s*)(?=\S)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s+)")
_AFTER = re.compile(r"\s(?:--hash|--config-settings|--global-option|--install-option)\b")
_EGG = re.compile(r"#egg=([\w.-]+)")


def python_requirement(line: str, group: str) -> Requirement:
    """Return what ``line`` requires; one that is not in the standard form is named as it stands."""
    text = line.strip()
    if len(text) > _LONGEST_LINE:
        return Requirement(shown(text), group=group, origin="a line too long to read")
    try:
        read = PythonRequirement(text)
    except InvalidRequirement:
        origin = origin_of(text)
        egg = _EGG.search(text)
        return Requirement(egg[1] if egg else shown(text), "", group, origin)
    extras = f"[{','.join(sorted(read.extras))}]" if read.extras else ""
    condition = f" ; {read.marker}" if read.marker else ""
    origin = origin_of(read.url) if read.url else ""
    specifier = f"{extras}{read.specifier}{condition}"
    return Requirement(canonicalize_name(read.name), shown(specifier), group, origin)


def python_requirements(lines: Iterable[object], group: str) -> Iterator[Requirement]:
    """Yield what each of ``lines`` requires; what is no text is left out."""
    for line in lines:
        if isinstance(line, str) and line.strip():
            yield python_requirement(_EDITABLE.sub("", line.strip(), count=1), group)


def read_requirement_lines(text: str, group: str = "runtime") -> Manifest:
    """Read a file of requirements, constraints or includes, as pip does."""
    lines = tuple(_logical_lines(text))
    if len(lines) > _MOST_LINES:
        raise UnreadableManifest(f"it has more than {_MOST_LINES} lines")
    requirements: list[Requirement] = []
    indexes: list[str] = []
    for line in lines:
        index, include = _INDEX.match(line), _INCLUDE.match(line)
        if index:
            indexes.append(shown(line[index.end() :]))
        elif include:
            requirements.append(Requirement(shown(line[include.end() :]), group="included file"))
        elif not line.startswith("-") or _EDITABLE.match(line):
            requirements += python_requirements([_AFTER.split(line, maxsplit=1)[0]], group)
    return Manifest(tuple(requirements), tuple(indexes))


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines without comments, each with those it goes on in."""
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        content = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if content:
            yield content
