"""Values out of a stranger's JSON: what is not of the kind asked for counts as not there."""

import json
import re
from collections.abc import Iterator
from typing import cast

Json = object

_DECODER = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) < 20 else 0)  # noqa: PLR2004 - no line has such a number
_MAX_STARTS = 20
_START = re.compile(r"^[\[{]", re.MULTILINE)


def documents_in(text: str) -> Iterator[Json]:
    """Yield the JSON documents in ``text`` that begin at the start of a line.

    Scripts print a line or two before a linter does, and may run another after it.
    """
    at = 0
    for _ in range(_MAX_STARTS):
        found = _START.search(text, at)
        if found is None:
            return
        at = found.end()
        try:
            document, at = _DECODER.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        yield cast("Json", document)


def line_documents(text: str) -> tuple[Json, ...]:
    """Return the documents of ``text``, one to a line that begins with a brace."""
    found = []
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            found.append(cast("Json", _DECODER.decode(line)))
        except (ValueError, RecursionError):
            continue
    return tuple(found)


def table(value: Json) -> dict[str, Json]:
    """Return ``value`` if it is an object, else an empty one."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def rows(value: Json) -> list[Json]:
    """Return ``value`` if it is an array, else an empty one."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def tables(value: Json) -> list[dict[str, Json]]:
    """Return the objects of an array, in order."""
    return [table(row) for row in rows(value) if isinstance(row, dict)]


def text(value: Json) -> str:
    """Return ``value`` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def number(value: Json) -> int:
    """Return ``value`` if it is a whole number from 0, else 0."""
    return value if type(value) is int and value > 0 else 0


def at(value: Json, *keys: str) -> Json:
    """Return what nested objects hold under ``keys``; None where one of them is not there."""
    for key in keys:
        value = table(value).get(key)
    return value
