"""The kinds of values that only a campaign's file has."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from bot.campaigns.steps import STEP_KINDS
from bot.configuration.values import (
    Kind,
    Node,
    Place,
    list_of,
    number,
    pattern,
    refined,
    shown,
    text,
)
from workflows.campaign import PublishedAs, Recipe
from workflows.code_pattern import CodePattern, PatternRefusal

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_MOST_STEPS = 20
_FILLED = "shard"  # what stands in braces in a title
_LONGEST_PROSE = 20_000
_LONGEST_LIST = 256 * 1024
_PUBLISHED: Mapping[object, PublishedAs] = {True: "ready", False: "no", "draft": "draft"}


def name() -> Kind:
    """Return the kind of a campaign's name, which is part of names of runs and branches."""

    def wrong(value: str) -> str:
        return "" if _NAME.fullmatch(value) else "must be 1 to 40 of a-z, 0-9 and '-'"

    read = refined(text("a short name"), wrong).read
    return Kind("a short name", {"type": "string", "pattern": f"^{_NAME.pattern}$"}, read)


def wrong_pattern(value: str) -> str:
    """Return why a pattern of code cannot be looked for, or ""."""
    try:
        CodePattern(value)
    except PatternRefusal as refusal:
        return str(refusal)
    return ""


def prose() -> Kind:
    """Return the kind of text of several lines."""

    def read(node: Node, place: Place) -> str:
        value = node.value
        if not isinstance(value, str) or len(value) > _LONGEST_PROSE:
            raise place.refusal(
                node, f"must be text of at most {_LONGEST_PROSE} letters, not {shown(node)}"
            )
        if not all(letter.isprintable() or letter in "\n\t" for letter in value):
            raise place.refusal(node, "must hold no unprintable letters")
        return value.strip()

    return Kind("text", {"type": "string", "maxLength": _LONGEST_PROSE}, read)


def rate() -> Kind:
    """Return the kind of a part of all."""
    kind = number("a rate", 0)

    def read(node: Node, place: Place) -> float:
        value = float(kind.read(node, place))
        if value > 1:
            raise place.refusal(node, f"must be at most 1, which is all, not {shown(node)}")
        return value

    return Kind("more than 0, at most 1", {**kind.schema, "maximum": 1}, read)


def title() -> Kind:
    """Return the kind of a title; a word in braces that is nearly ours is refused."""
    kind = text("one line", longest=200)

    def read(node: Node, place: Place) -> str:
        found: str = kind.read(node, place)
        for word in re.findall(r"\{(\w+)\}", found):
            if word != _FILLED and get_close_matches(word.lower(), [_FILLED]):
                raise place.refusal(node, f"has {{{word}}}; what is filled in is {{{_FILLED}}}")
        return found

    return Kind(kind.words, kind.schema, read)


def repositories() -> Kind:
    """Return the kind of folders, listed there or in a file beside it."""
    listed = list_of(text("a folder", longest=1_000), "folders")
    one = text("a file with a folder on each line", longest=1_000)

    def read(node: Node, place: Place) -> tuple[str, ...]:
        if isinstance(node.value, str):
            return _lines_of(one.read(node, place), node, place)
        found: tuple[str, ...] = listed.read(node, place)
        if not found:
            raise place.refusal(node, "lists no folder; leave it out for the repository of --repo")
        return tuple(dict.fromkeys(_beside(place, item) for item in found))

    schema = {"anyOf": [dict(one.schema), dict(listed.schema)]}
    return Kind("folders, or a file with one on each line", schema, read)


def _lines_of(name: str, node: Node, place: Place) -> tuple[str, ...]:
    path = Path(_beside(place, name))
    try:
        with path.open("rb") as file:
            lines = file.read(_LONGEST_LIST).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise place.refusal(node, f"names {path}, which cannot be read: {error}") from error
    named = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not named:
        raise place.refusal(node, f"names {path}, which lists no folder")
    return tuple(dict.fromkeys(_beside(Place(str(path), ""), one) for one in named))


def _beside(place: Place, name: str) -> str:
    """Return a path as it was meant: from the folder of the file that names it."""
    return str((Path(place.source).parent / Path(name).expanduser()).resolve())


def _read_step(node: Node, place: Place) -> Recipe:
    if not isinstance(node.value, Mapping) or len(node.value) != 1:
        raise place.refusal(
            node, f"must each be one of {', '.join(STEP_KINDS)} and its value, not {shown(node)}"
        )
    ((kind, value),) = node.value.items()
    if kind not in STEP_KINDS:
        raise place.refusal(
            value, f"has a step {shown(Node(kind))}, which is none of {', '.join(STEP_KINDS)}"
        )
    words = STEP_KINDS[kind].value.read(value, Place(place.source, f"steps.{kind}"))
    return Recipe(kind, words)


def _read_steps(node: Node, place: Place) -> tuple[Recipe, ...]:
    if not isinstance(node.value, tuple):
        raise place.refusal(node, f"must be a list, not {shown(node)}")
    if not 0 < len(node.value) <= _MOST_STEPS:
        raise place.refusal(node, f"must hold 1 to {_MOST_STEPS} steps, not {len(node.value)}")
    found = tuple(_read_step(item, place) for item in node.value)
    for at, (item, step) in enumerate(zip(node.value, found, strict=True)):
        stands = STEP_KINDS[step.kind].stands
        if (stands == "first" and at) or (stands == "last" and at + 1 < len(found)):
            raise place.refusal(item, f"may have `{step.kind}` only as the {stands} step")
    return found


def steps() -> Kind:
    """Return the kind of the steps, each one of those that there are."""
    forms = [
        {
            "type": "object",
            "additionalProperties": False,
            "required": [name],
            "properties": {name: {**one.value.schema, "description": one.meaning}},
        }
        for name, one in STEP_KINDS.items()
    ]
    schema = {
        "type": "array",
        "minItems": 1,
        "maxItems": _MOST_STEPS,
        "items": {"anyOf": forms},
    }
    return Kind("steps, in their order", schema, _read_steps)


def published() -> Kind:
    """Return the kind of how targets are published: one word, or words by pattern."""
    word = {"enum": [True, False, "draft"]}
    patterned = pattern()

    def one(node: Node, place: Place) -> PublishedAs:
        if node.value not in _PUBLISHED or isinstance(node.value, int | float) is not isinstance(
            node.value, bool
        ):
            raise place.refusal(node, f"must be true, false or draft, not {shown(node)}")
        return _PUBLISHED[node.value]

    def read(node: Node, place: Place) -> tuple[tuple[str, PublishedAs], ...]:
        if not isinstance(node.value, tuple):
            return (("*", one(node, place)),)
        pairs: list[tuple[str, PublishedAs]] = []
        for item in node.value:
            if not isinstance(item.value, Mapping) or len(item.value) != 1:
                raise place.refusal(item, f"must each be a pattern and a word, not {shown(item)}")
            ((glob, value),) = item.value.items()
            found = patterned.read(Node(glob, item.line), place)
            pairs.append((found, one(value, place)))
        return tuple(pairs)

    listed = {
        "type": "array",
        "items": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": word,
        },
    }
    return Kind("true, false, draft, or a list by shard", {"anyOf": [word, listed]}, read)
