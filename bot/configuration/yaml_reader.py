"""Reads one YAML document into nodes that know their line.

The document may come from a stranger's repository. So it is small, UTF-8, without anchors, tags
and deep nesting, and it is read event by event: nothing is constructed, and what nests is refused
before the parser's own cost grows with it (60 kB of open brackets took it two minutes). The size
is the caller's to bound. Import this module late: ruamel costs what no command without a file owes.
"""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from bot.configuration.values import Node, SettingsRefusal, resolve, shown

_DEEPEST = 8
_NodeStart = AliasEvent | ScalarEvent | SequenceStartEvent | MappingStartEvent


def parse(document: bytes, name: str) -> Node:
    """Return the one document in ``document``; raise SettingsRefusal naming file and line."""
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document.count(b"\n", 0, error.start) + 1
        raise SettingsRefusal(f"{name}:{line}: not UTF-8; save the file as UTF-8") from error
    try:
        return _document(YAML(typ="safe", pure=True).parse(text), name)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise SettingsRefusal(f"{name}:{line}: not YAML: {error.problem}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = f"the character U+{error.character:04X}, which no YAML may hold; remove it"
        raise SettingsRefusal(f"{name}:{line}: not YAML: {words}") from error


def _document(events: Iterator[Any], name: str) -> Node:
    next(events)  # the stream's start
    root = Node(None)
    event = next(events)
    if isinstance(event, DocumentStartEvent):
        if event.version or event.tags:
            raise _refusal(event, name, "a % directive; remove that line")
        root = _node(next(events), events, name, 1)
        next(events)  # the document's end
        event = next(events)
    if not isinstance(event, StreamEndEvent):
        raise _refusal(event, name, "a second document; keep one, without '---' between")
    return root


def _node(event: _NodeStart, events: Iterator[Any], name: str, depth: int) -> Node:
    if isinstance(event, AliasEvent) or event.anchor is not None:
        raise _refusal(event, name, "an anchor or alias; write the value out in each place")
    if event.tag is not None:
        raise _refusal(event, name, "a tag (!...); remove it, or put the value in quotes")
    if depth > _DEEPEST and not isinstance(event, ScalarEvent):
        raise _refusal(event, name, f"more than {_DEEPEST} levels; no key is nested so deeply")
    line = event.start_mark.line + 1
    if isinstance(event, ScalarEvent):
        is_plain = event.implicit[0]
        return Node(resolve(event.value) if is_plain else _text(event, name), line)
    if isinstance(event, MappingStartEvent):
        return Node(_mapping(events, name, depth), line)
    items = []
    while not isinstance(item := next(events), SequenceEndEvent):
        items.append(_node(item, events, name, depth + 1))
    return Node(tuple(items), line)


def _text(event: ScalarEvent, name: str) -> str:
    """Return the text of a scalar, with escapes that JSON writes in two halves put together."""
    text: str = event.value
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise _refusal(event, name, "half a letter (\\ud8.. to \\udf..); write it whole") from error


def _mapping(events: Iterator[Any], name: str, depth: int) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    while not isinstance(word := next(events), MappingEndEvent):
        if not isinstance(word, ScalarEvent) or word.anchor is not None or word.tag is not None:
            raise _refusal(word, name, "a key that is not a plain word")
        key = _text(word, name)
        if key in entries:
            first = f"it stands on line {entries[key].line} already"
            raise _refusal(word, name, f"duplicate key {shown(Node(key))}; {first}", found="")
        value = _node(next(events), events, name, depth + 1)
        entries[key] = Node(value.value, word.start_mark.line + 1)
    return entries


def _refusal(event: Event, name: str, words: str, *, found: str = "found ") -> SettingsRefusal:
    return SettingsRefusal(f"{name}:{event.start_mark.line + 1}: {found}{words}")
