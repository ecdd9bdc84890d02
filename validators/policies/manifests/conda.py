"""``environment.yml``: packages of conda, of pip within it, and the channels they come from."""

import re

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from validators.policies.manifests.python_lines import read_requirement_lines
from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    UnreadableManifest,
    entries,
    shown,
)

# The parser is written in Python: 64 KiB take 0.5 s, and as many brackets within brackets 6 s.
_LONGEST, _MOST_BRACKETS = 64 * 1024, 2000
_PACKAGE = re.compile(r"(?:([^\s:]{1,200})::)?([\w.-]+)\s*(.*)")


def read_environment(text: str) -> Manifest:
    """Read an environment of conda; a package with a channel of its own says so."""
    if len(text) > _LONGEST or text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise UnreadableManifest("it is too long to be parsed")
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise UnreadableManifest("it is not valid YAML") from error
    found: list[Requirement] = []
    channels = [shown(channel) for channel in entries(document, "channels")]
    for line in entries(document, "dependencies"):
        if isinstance(line, dict):
            inner = read_requirement_lines("\n".join(map(str, entries(line, "pip"))))
            found += inner.requirements
            channels += inner.indexes
        elif match := _PACKAGE.fullmatch(str(line).strip()):
            origin = f"the index {shown(match[1])}" if match[1] else ""
            found.append(Requirement(shown(match[2]), shown(match[3]), origin=origin))
    return Manifest(tuple(found), tuple(channels))
