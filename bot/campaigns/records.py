"""Mappings of a campaign's file: their keys in a table, from which they are read and described."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.configuration.values import Kind, Node, Place, or_nothing, shown


@dataclass(frozen=True, slots=True)
class Field:
    """One key; where it is not written its ``default`` counts, unless it is ``required``."""

    name: str
    kind: Kind
    meaning: str
    default: Any = None
    required: bool = False


def record(words: str, fields: Sequence[Field], make: Callable[..., Any]) -> Kind:
    """Return the kind of a mapping with ``fields``, which ``make`` is handed by their names."""

    def read(node: Node, place: Place) -> Any:  # noqa: ANN401 - what the maker makes
        if not isinstance(node.value, Mapping):
            raise place.refusal(node, f"must be a mapping of keys, not {shown(node)}")
        return make(**values_of(node, place, fields))

    return Kind(words, record_schema(fields), read)


def values_of(node: Node, place: Place, fields: Sequence[Field]) -> dict[str, Any]:
    """Return what a mapping says, by the names of its fields; an unknown key is refused."""
    written = node.value if isinstance(node.value, Mapping) else {}
    known = {field.name: field for field in fields}
    prefix = f"{place.key}." if place.key else ""
    for word, entry in written.items():
        if word not in known:
            (nearest,) = get_close_matches(word, known, 1, 0.0)
            raise Place(place.source, "unknown key").refusal(
                entry, f"{shown(Node(prefix + word))}; did you mean {prefix + nearest!r}?"
            )
    values: dict[str, Any] = {}
    for name, field in known.items():
        given = written.get(name)
        if given is not None and given.value is not None:
            values[name] = field.kind.read(given, Place(place.source, f"{prefix}{name}"))
        elif field.required:
            raise Place(place.source, f"{prefix}{name}").refusal(
                node, f"is missing: {field.meaning.lower()}"
            )
        else:
            values[name] = field.default
    return values


def record_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """Return the JSON Schema of a mapping with ``fields``."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: _described(field) for field in fields},
    }


def _described(field: Field) -> dict[str, Any]:
    schema = dict(field.kind.schema)
    if not field.required and "type" in schema:
        schema = or_nothing(schema)
    is_plain = isinstance(field.default, bool | int | float | str) and field.default != ""
    return {
        "description": field.meaning,
        **schema,
        **({"default": field.default} if is_plain else {}),
    }
