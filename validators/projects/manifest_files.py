"""The files at the root of a tree that say something of a project, parsed as data.

They are a stranger's text: nothing of them is run, and one that cannot be parsed says nothing.
"""

import configparser
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Read = Callable[[str], bytes | None]
Argv = tuple[str, ...]
Sections = Mapping[str, Mapping[str, str]]  # by section, option

# A file of a stranger that is larger says nothing: no manifest is, and parsers take their time.
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The paths of one tree, and how to read a file of it."""

    paths: tuple[str, ...]
    there: frozenset[str]
    read: Read

    @classmethod
    def of(cls, paths: Sequence[str], read: Read) -> "ProjectFiles":
        """Return the files of the tree that holds ``paths``, which ``read`` returns."""
        return cls(tuple(paths), frozenset(paths), read)

    def text(self, path: str) -> str:
        """Return a file's text; empty when it is not there."""
        content = self.read(path) if path in self.there else None
        if content is None or len(content) > _LARGEST:
            return ""
        return content.decode("utf-8", "replace")

    def head(self, path: str) -> str:
        """Return the first thousand bytes of a file, however large it is."""
        content = self.read(path) if path in self.there else None
        return (content or b"")[:1_000].decode("utf-8", "replace")

    def toml(self, path: str) -> Mapping[str, Any]:
        """Return a TOML file's document; empty when there is none to read."""
        try:
            return tomllib.loads(self.text(path))
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    def json(self, path: str) -> Mapping[str, Any]:
        """Return a JSON file's object; empty when there is none to read."""
        try:
            document = json.loads(self.text(path) or "{}")
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def ini(self, path: str) -> Sections:
        """Return an INI file's sections; empty when there is none to read."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(self.text(path))
            return {name: dict(parser.items(name)) for name in parser.sections()}
        except configparser.Error:
            return {}


def table(document: object, *names: str) -> Mapping[str, Any]:
    """Return the table below ``document`` that ``names`` lead to; empty when there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else {}


def strings(value: object) -> tuple[str, ...]:
    """Return the texts of a list; what is no list has none."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
