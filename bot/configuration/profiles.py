"""How the areas of a large repository are written in the configuration, read into `Profile`."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from bot.configuration.values import Kind, Node, Place, list_of, number, pattern, shown, text
from scoping.profiles import Profile
from scoping.weights import learnt_weights

_PATTERNS = list_of(pattern(), "a list of patterns as in .gitignore")
_NAME = text("one line of text", longest=80)
_WEIGHT = number("a number", -100)
_LABELS = list_of(_NAME, "a list of labels")
_LISTS = {
    "paths": "The profile holds for tasks that name a path meant by these.",
    "include": "Files shown then, within `scope.include`; empty means all.",
    "exclude": "Files not shown then, beside `scope.exclude`.",
}


def _read(node: Node, place: Place) -> Profile:
    if not isinstance(node.value, Mapping):
        raise place.refusal(node, f"must hold mappings with name and paths, not {shown(node)}")
    known = ("name", "labels", *_LISTS, "weights")
    values: dict[str, Any] = {}
    for key, entry in node.value.items():
        within = Place(place.source, f"scope.profiles[].{key}")
        if key not in known:
            nearest = get_close_matches(key, known, 1, 0.0)[0]
            words = f"has an unknown key {shown(Node(key))}; did you mean {nearest!r}?"
            raise place.refusal(entry, words)
        if key == "name":
            values[key] = _NAME.read(entry, within)
        elif key == "labels":
            values[key] = _LABELS.read(entry, within)
        elif key == "weights":
            values[key] = _read_weights(entry, within)
        else:
            values[key] = _PATTERNS.read(entry, within)
    if "name" not in values:
        raise place.refusal(node, "has a profile without 'name'")
    return Profile(**values)


def _read_weights(node: Node, place: Place) -> dict[str, float]:
    if not isinstance(node.value, Mapping):
        raise place.refusal(node, f"must map signals to numbers, not {shown(node)}")
    known = learnt_weights().files
    for name, entry in node.value.items():
        if name not in known:
            words = f"weighs {shown(Node(name))}, which is no signal; choose from"
            raise place.refusal(entry, f"{words} {', '.join(sorted(known))}")
    return {name: float(_WEIGHT.read(entry, place)) for name, entry in node.value.items()}


PROFILE_FIELDS: Mapping[str, str] = {
    "name": "How `--profile` calls it.",
    "labels": "The profile holds for issues that bear one of these, whatever they name.",
    **_LISTS,
    "weights": "What signals are worth there: names of `[files]` in `scoping/weights.toml`.",
}
_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {**_NAME.schema, "description": PROFILE_FIELDS["name"]},
        "labels": {**_LABELS.schema, "description": PROFILE_FIELDS["labels"]},
        **{key: {**_PATTERNS.schema, "description": said} for key, said in _LISTS.items()},
        "weights": {
            "type": "object",
            "additionalProperties": dict(_WEIGHT.schema),
            "description": PROFILE_FIELDS["weights"],
        },
    },
}
PROFILES = list_of(
    Kind("a profile", _SCHEMA, _read),
    "a list of areas with name, labels, paths, include, exclude, weights",
)
