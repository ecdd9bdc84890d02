"""Reads a YAML file of a stranger's repository into plain values, within bounds.

The parser's events are read one by one: nothing is constructed, and what nests deeply is given up
before the parser's own cost grows with it (60 kB of open brackets took it two minutes).
"""

from collections.abc import Iterator
from typing import Any

_LARGEST = 128_000
_MOST_VALUES = 20_000
_DEEPEST = 20


class _TooMuchError(Exception):
    """More levels or values than any file has that people write."""


def yaml_document(content: bytes) -> object:
    """Return the first document as dicts, lists and texts; None when it cannot be read.

    All scalars are texts, ``on`` and ``true`` too. An alias is the very value that its anchor is.
    """
    if len(content) > _LARGEST:
        return None
    # The parser costs what no command owes that meets no workflow.
    from ruamel.yaml import YAML  # noqa: PLC0415 - the same
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - the same

    try:
        events = YAML(typ="safe", pure=True).parse(content.decode("utf-8-sig"))
        return _Document(events).root()
    except (UnicodeDecodeError, YAMLError, _TooMuchError, ValueError, RecursionError):
        return None


class _Document:
    """One document about to be read from ``events``."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, object] = {}
        self._values = 0

    def root(self) -> object:
        """Return the document's value; None when there is no document."""
        next(self._events)
        if type(next(self._events)).__name__ != "DocumentStartEvent":
            return None
        return self._value(next(self._events), 1)

    def _value(self, event: Any, depth: int) -> object:  # noqa: ANN401 - the parser's own events
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            raise _TooMuchError
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._anchors.get(event.anchor)
        if kind == "ScalarEvent":
            return self._named(event, str(event.value))
        if kind == "SequenceStartEvent":
            items: list[object] = []
            while type(item := next(self._events)).__name__ != "SequenceEndEvent":
                items.append(self._value(item, depth + 1))
            return self._named(event, items)
        entries: dict[str, object] = {}
        while type(word := next(self._events)).__name__ != "MappingEndEvent":
            key = self._value(word, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if isinstance(key, str):
                entries[key] = value
        return self._named(event, entries)

    def _named(self, event: Any, value: object) -> object:  # noqa: ANN401 - the same
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        return value
