"""What one value of the configuration may be: in words, as JSON Schema, and as the code that reads.

The three stand side by side so that the page people read, the completion their editor offers and
what the program accepts cannot drift apart. Whoever wrote the value is not trusted: text is one
printable line, numbers are finite and bounded, patterns cannot make a matcher run for ever.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scoping.refusal import Refusal

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Brackets only as plain classes, backslashes only before something: the rest is a matcher's error.
_PATTERN = re.compile(r"(\\.|[^\[\]\\]|\[[!^]?[\w. -]+\])+")
# Each star is a loop in the matcher: five of them take ten seconds on one long path.
_MOST_STARS = 4
_LARGEST = 1_000_000_000
_LONGEST = 4_000
_MOST_ITEMS = 1_000
_SHOWN = 60


class SettingsRefusal(Refusal):
    """The configuration cannot be used: which file and line, which key, and what is accepted."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value where it was written; ``line`` counts from 1, and 0 is not from a file.

    An entry of a mapping carries the line of its key.
    """

    value: "bool | int | float | str | tuple[Node, ...] | Mapping[str, Node] | None"
    line: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """A value somebody asked for, and where: ``target .github/changewright.yml:12``.

    ``node`` is what stands there, when it stands in a file.
    """

    value: Any
    origin: str
    node: Node = Node(None)


@dataclass(frozen=True, slots=True)
class Place:
    """What a refusal names: the file, variable or option, and the key as the page lists it."""

    source: str
    key: str

    def refusal(self, node: Node, words: str) -> SettingsRefusal:
        """Return the refusal of ``node``: ``<source>:<line>: <key> <words>``."""
        where = f"{self.source}:{node.line}" if node.line else self.source
        return SettingsRefusal(f"{where}: {self.key} {words}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value; ``read`` returns it or raises SettingsRefusal.

    ``textual`` says that an environment variable or option is taken letter by letter, so that a
    model named ``5`` stays text.
    """

    words: str
    schema: Mapping[str, Any]
    read: Callable[[Node, Place], Any]
    textual: bool = False


def or_nothing(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``schema`` for a key with nothing behind it, too: that counts as not written."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def resolve(text: str) -> bool | int | float | str | None:
    """Return what an unquoted scalar means in YAML 1.2's core schema; ``on`` and ``no`` are text.

    An integer of more than 18 digits becomes a float, so that none is too long to be read.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _INFINITE.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return float(text) if _FLOAT.fullmatch(text) else text


def shown(node: Node) -> str:
    """Return ``node`` for a message: short, on one line, nothing unprintable left in it."""
    value = node.value
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
    if isinstance(value, tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "a mapping"
    if value is None:
        return "nothing"
    return str(value).lower()


def number(words: str, lowest: int, *, whole: bool = False) -> Kind:
    """Return the kind of a finite number: above ``lowest``, or from it on when ``whole``."""
    bound, noun = ("minimum", "integer") if whole else ("exclusiveMinimum", "number")

    called = "whole number" if whole else "number"

    def read(node: Node, place: Place) -> int | float:
        value = node.value
        # One of more digits than an integer may have is read as a float, and is a number still.
        is_huge = isinstance(value, float) and value > _LARGEST
        allowed = int if whole and not is_huge else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise place.refusal(node, f"must be a {called}, not {shown(node)}")
        if not math.isfinite(value):
            raise place.refusal(node, f"must be finite, not {shown(node)}")
        if value > _LARGEST:
            raise place.refusal(node, f"must be at most {_LARGEST}, not {shown(node)}")
        if value < lowest or (value == lowest and not whole):
            least = f"{lowest} or more" if whole else f"more than {lowest}"
            raise place.refusal(node, f"must be {least}, not {shown(node)}")
        return int(value) if whole else float(value)

    return Kind(words, {"type": noun, bound: lowest, "maximum": _LARGEST}, read)


def truth() -> Kind:
    """Return the kind of ``true`` and ``false``, which YAML 1.2 does not spell ``yes``."""

    def read(node: Node, place: Place) -> bool:
        if not isinstance(node.value, bool):
            raise place.refusal(node, f"must be true or false, not {shown(node)}")
        return node.value

    return Kind("true or false", {"type": "boolean"}, read)


def text(words: str, *, longest: int = _LONGEST, may_be_empty: bool = False) -> Kind:
    """Return the kind of one line of printable text of at most ``longest`` letters."""
    shortest = 0 if may_be_empty else 1

    def read(node: Node, place: Place) -> str:
        if not isinstance(node.value, str):
            raise place.refusal(node, f"must be text, not {shown(node)}; put it in quotes")
        is_sized = shortest <= len(node.value.strip()) and len(node.value) <= longest
        if not is_sized or not node.value.isprintable():
            limits = f"must be one line of {shortest} to {longest} printable letters"
            raise place.refusal(node, f"{limits}, not {shown(node)}")
        return node.value

    schema = {"type": "string", "minLength": shortest, "maxLength": longest}
    return Kind(words, schema, read, textual=True)


def choice(*allowed: str) -> Kind:
    """Return the kind of one of a few words."""
    words = ", ".join(f"`{word}`" for word in allowed[:-1]) + f" or `{allowed[-1]}`"

    def read(node: Node, place: Place) -> str:
        if node.value not in allowed:
            plain = words.replace("`", "")
            raise place.refusal(node, f"must be {plain}, not {shown(node)}")
        return str(node.value)

    return Kind(words, {"enum": list(allowed)}, read, textual=True)


def refined(kind: Kind, check: Callable[[str], str], *, is_shown: bool = True) -> Kind:
    """Return a kind of text that ``check`` agrees to: it says what is wrong, or nothing.

    What may hold a password is not ``is_shown`` in the refusal.
    """

    def read(node: Node, place: Place) -> str:
        value: str = kind.read(node, place)
        if wrong := check(value):
            raise place.refusal(node, f"{wrong}, not {shown(node)}" if is_shown else wrong)
        return value

    return Kind(kind.words, kind.schema, read, kind.textual)


def list_of(kind: Kind, words: str) -> Kind:
    """Return the kind of a list of ``kind``; a single value is refused, not wrapped."""

    def read(node: Node, place: Place) -> tuple[Any, ...]:
        if not isinstance(node.value, tuple):
            raise place.refusal(node, f"must be a list, not {shown(node)}")
        if len(node.value) > _MOST_ITEMS:
            found = f"not {len(node.value)}"
            raise place.refusal(node, f"must hold at most {_MOST_ITEMS} entries, {found}")
        return tuple(kind.read(item, place) for item in node.value)

    schema = {"type": "array", "items": dict(kind.schema), "maxItems": _MOST_ITEMS}
    return Kind(words, schema, read)


def pattern() -> Kind:
    """Return the kind of a path pattern as in .gitignore."""
    return refined(text("a pattern as in .gitignore", longest=1_000), _wrong_pattern)


def _wrong_pattern(value: str) -> str:
    # A matcher drops it, and "in this folder" would turn into "anywhere".
    if value != value.rstrip():
        return "must not end with a space"
    stars = sum(1 if part == "**" else part.count("*") for part in value.split("/"))
    if stars > _MOST_STARS:
        return f"must have at most {_MOST_STARS} stars"
    if not _PATTERN.fullmatch(value) or not _matches_something(value):
        return "must be a pattern as in .gitignore (write \\[ for a bracket in a name)"
    return ""


def _matches_something(value: str) -> bool:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 70 ms that only patterns should cost

    try:
        return all(one.regex is not None for one in GitIgnoreSpec.from_lines([value]).patterns)
    except (ValueError, re.error):  # an invalid pattern, or a class such as [z-a]
        return False
