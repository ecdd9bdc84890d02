"""Manifests that are programs, or nearly: read line by line, as far as their lines are plain.

What a Gemfile or a Gradle script computes is not seen.
"""

import re
from collections.abc import Iterator

from validators.policies.manifests.requirement import Manifest, Requirement, origin_of, shown

_LONGEST_LINE = 1000
_GO = re.compile(r"(?:require\s+)?(?!retract)(\S+)\s+(v\d\S*)(\s*//\s*indirect)?")
_GO_REPLACE = re.compile(r"(?:replace\s+)?(\S+)(?:\s+v\S+)?\s+=>\s+(\S+)(?:\s+(v\S+))?")
_TEXT = r"""["']([^"']{1,300})["']"""
_GEM = re.compile(rf"gem[\s(]+{_TEXT}\s*(.*)")
_GEM_VERSION = re.compile(rf"{_TEXT}(?!\s*=>)")
_GEM_ORIGIN = re.compile(rf":?(git|github|gitlab|gist|bitbucket|path|source)(?::|\s*=>)\s*{_TEXT}")
_GEM_SOURCE = re.compile(rf"source[\s(]+{_TEXT}")
_GEM_GROUP = re.compile(r"group[\s(]+(.{1,200}?)\)?\s+do\b")
_GEMSPEC = re.compile(rf"\w{{1,40}}\.add_(\w{{0,20}}?)_?dependency[\s(]+{_TEXT}\s*(.*)")
_GRADLE = re.compile(rf"(\w{{1,60}})[\s(]+(?:platform\()?{_TEXT}")
_GRADLE_PLUGIN = re.compile(rf"id[\s(]+{_TEXT}\)?\s+version\s+{_TEXT}")
_GRADLE_URL = re.compile(rf"\b(?:maven|url|uri)\b[\s({{=]{{1,20}}{_TEXT}")
_COORDINATES = re.compile(r"([\w.-]+:[\w.-]+)(?::([^:@]+))?\S*")


def read_go_mod(text: str) -> Manifest:
    """Read go.mod: what is required, and what is replaced by something else."""
    found = []
    for line in _lines(text, "//", keeps="// indirect"):
        replaced = _GO_REPLACE.fullmatch(line)
        required = _GO.fullmatch(line)
        if replaced:
            name, target, version = replaced.groups(default="")
            origin = origin_of(target) if target.startswith((".", "/")) else f"git {shown(target)}"
            found.append(Requirement(shown(name), shown(version), "replace", origin))
        elif required:
            group = "indirect" if required[3] else "runtime"
            found.append(Requirement(shown(required[1]), shown(required[2]), group))
    return Manifest(tuple(found))


def read_gemfile(text: str) -> Manifest:
    """Read a Gemfile's gems with the groups that their blocks give them."""
    found, sources, groups = [], [], ["runtime"]
    for line in _lines(text, "#"):
        gem, source, group = _GEM.match(line), _GEM_SOURCE.match(line), _GEM_GROUP.match(line)
        if gem:
            found.append(_gem(shown(gem[1]), gem[2], groups[-1]))
        elif source:
            sources.append(shown(source[1]))
        if group:
            groups.append(shown(group[1].replace(":", "")))
        elif re.search(r"\bdo\b(?:\s*\|.*\|)?$", line) or re.match(r"(?:if|unless|case)\b", line):
            groups.append(groups[-1])
        elif line == "end" and len(groups) > 1:
            groups.pop()
    return Manifest(tuple(found), tuple(sources))


def read_gemspec(text: str) -> Manifest:
    """Read the gems that a .gemspec adds one by one."""
    gems = filter(None, (_GEMSPEC.match(line) for line in _lines(text, "#")))
    groups = {"development": "development"}
    return Manifest(
        tuple(_gem(shown(gem[2]), gem[3], groups.get(gem[1], "runtime")) for gem in gems)
    )


def _gem(name: str, rest: str, group: str) -> Requirement:
    origin = _GEM_ORIGIN.search(rest)
    where = ""
    if origin:
        kind = {"path": "the folder", "source": "the index"}.get(origin[1], "git")
        where = f"{kind} {shown(origin[2])}"
    plain = rest.split("=>", maxsplit=1)[0] if "=>" in rest else re.split(r"\b\w{1,40}:", rest)[0]
    versions = [found[1] for found in _GEM_VERSION.finditer(plain)]
    return Requirement(name, shown(", ".join(versions)), group, where)


def read_gradle(text: str) -> Manifest:
    """Read coordinates, plugins and addresses of repositories from a Gradle script."""
    found, addresses = [], []
    for line in _lines(text, "//"):
        plugin, library, address = (p.search(line) for p in (_GRADLE_PLUGIN, _GRADLE, _GRADLE_URL))
        coordinates = _COORDINATES.fullmatch(library[2]) if library else None
        if plugin:
            found.append(Requirement(shown(plugin[1]), shown(plugin[2]), "build"))
        elif library and coordinates:
            is_test = "test" in library[1].lower()
            group = "development" if is_test else "runtime"
            found.append(Requirement(shown(coordinates[1]), shown(coordinates[2] or ""), group))
        elif address and "://" in address[1]:
            addresses.append(shown(address[1]))
    return Manifest(tuple(found), tuple(addresses))


def _lines(text: str, comment: str, keeps: str = "") -> Iterator[str]:
    """Yield stripped lines without comments (but for one that ``keeps``), none of them long."""
    for line in text.splitlines():
        stripped = line[:_LONGEST_LINE].strip()
        if keeps and stripped.endswith(keeps):
            yield stripped
            continue
        # Behind a blank only: addresses and colours hold the same signs.
        content = re.split(rf"(?:^|\s){comment}", stripped, maxsplit=1)[0].strip()
        if content:
            yield content
