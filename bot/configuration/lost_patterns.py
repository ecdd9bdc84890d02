"""Patterns that can be read and mean something else than was meant: each gets a sentence.

They are no error, since a name may hold any of these letters; but a path that somebody wanted kept
safe would be left open without a word.
"""

import re
from collections.abc import Iterator, Mapping

from bot.configuration.key import PATTERNS
from bot.configuration.keys import KEYS
from bot.configuration.values import Given

_BRACES = re.compile(r"(?<!\\)\{[^{}]*,[^{}]*\}")
_SEPARATOR = re.compile(r"\\\w")


def warn_of_patterns(said: Mapping[str, Given], source: str) -> Iterator[str]:
    """Yield a warning for each pattern of the file ``source`` that is likely to be a slip."""
    for key in KEYS:
        given = said.get(key.name)
        if key.kind is not PATTERNS or given is None or not isinstance(given.node.value, tuple):
            continue
        for item in given.node.value:
            if wrong := _slip(str(item.value)):
                yield f"{source}:{item.line}: {key.name} has the pattern {item.value!r}: {wrong}"


def _slip(pattern: str) -> str:
    parts = pattern.removeprefix("!").split("/")
    if "." in parts or ".." in parts:
        return "no path has a part '.' or '..', so it matches nothing; write it from the top folder"
    if _BRACES.search(pattern):
        return "braces mean themselves in .gitignore; write one pattern for each word in them"
    if _SEPARATOR.search(pattern):
        return "a backslash separates no folders; write / between them"
    return ""
