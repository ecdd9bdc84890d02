"""Parts of what a forge delivered, read strictly: what is used must be there, as it must be."""

import re
from collections.abc import Mapping
from typing import Any

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}(?:\[bot\])?")
BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Absent(Exception):
    """A part of a payload that is used is not there, or not what it must be."""


def part(payload: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the object at ``path``."""
    found = payload
    for depth, name in enumerate(path, 1):
        inner = found.get(name)
        if not isinstance(inner, Mapping):
            raise Absent(".".join(path[:depth]))
        found = inner
    return found


def text(payload: Mapping[str, Any], *path: str) -> str:
    """Return the text at ``path``, which may not be empty."""
    found = part(payload, *path[:-1]).get(path[-1])
    if not isinstance(found, str) or not found:
        raise Absent(".".join(path))
    return found


def prose(payload: Mapping[str, Any], *path: str) -> str:
    """Return the text at ``path``; where none was written that is an empty one."""
    found = part(payload, *path[:-1]).get(path[-1]) or ""
    if not isinstance(found, str):
        raise Absent(f"{'.'.join(path)} as text")
    return found


def matching(shape: re.Pattern[str], payload: Mapping[str, Any], *path: str) -> str:
    """Return the text at ``path``, which is of that ``shape`` as a whole."""
    found = text(payload, *path)
    if not shape.fullmatch(found):
        raise Absent(f"{'.'.join(path)} as it must be written")
    return found


def number(payload: Mapping[str, Any], *path: str) -> int:
    """Return the number at ``path``, which counts from 1."""
    found = positive(part(payload, *path[:-1]).get(path[-1]))
    if not found:
        raise Absent(".".join(path))
    return found


def positive(found: object) -> int:
    """Return a number that counts from 1, or 0 for anything else."""
    if not isinstance(found, int) or isinstance(found, bool):
        return 0
    return max(found, 0)
