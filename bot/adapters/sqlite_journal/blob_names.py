"""Which blobs the events of a run speak of."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# The fields in which the workflows record what they keep.
_FIELDS = frozenset(
    {
        "answer",
        "blob",
        "changes",
        "conversation",
        "diff",
        "evidence",
        "excerpts",
        "found",
        "map",
        "plan",
        "program",
        "reply",
        "revision",
    }
)
_NAME = re.compile(r"[0-9a-f]{64}")


def is_name(value: object) -> bool:
    """Whether ``value`` could be a blob's name: a SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def kept_by(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of blobs that an event says it keeps."""
    return (value for key, value in _walked(data) if key in _FIELDS and is_name(value))


def mentioned_in(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return everything in events that could be a blob's name, whatever it stands for.

    More than is really one: it decides what must not be thrown away.
    """
    return {value for data in documents for _, value in _walked(data) if is_name(value)}


def _walked(value: object, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for inner, below in value.items():
            yield from _walked(below, inner)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _walked(below, key)
    else:
        yield key, value
