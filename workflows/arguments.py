"""The arguments of a call held against the schema of its action: ours, whatever the vendor checked.

Only the words of JSON Schema that our actions use are known: type, enum, properties, required,
additionalProperties false, items, and limits of length and number.
"""

from collections.abc import Mapping
from typing import Any

from validators.edits.reply_lines import is_unicode

_TYPES: Mapping[str, type] = {"string": str, "integer": int, "array": list, "object": dict}
_WORDS = {"string": "a text", "integer": "a whole number", "array": "a list", "object": "an object"}
_MAX_NAME = 100


def complaint(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with ``arguments``, in words for who wrote them, or ""."""
    known = schema["properties"]
    missing = [name for name in schema["required"] if name not in arguments]
    if missing:
        return f"the argument {missing[0]!r} is missing; there must be {_named(schema['required'])}"
    for name, value in arguments.items():
        if name not in known:
            return f"there is no argument {name[:_MAX_NAME]!r}; there are {_named(known)}"
        wrong = _wrong(known[name], value)
        if wrong:
            return f"the argument {name!r} must be {wrong}"
    return ""


def _wrong(schema: Mapping[str, Any], value: object) -> str:
    """Return what ``value`` must be and is not, or ""."""
    if "enum" in schema:
        return "" if value in schema["enum"] else f"one of {_named(schema['enum'])}"
    kind = schema["type"]
    if not isinstance(value, _TYPES[kind]) or isinstance(value, bool):
        return _WORDS[kind]
    if isinstance(value, str):
        return _wrong_text(schema, value)
    if isinstance(value, int):
        return "" if value >= schema.get("minimum", value) else f"{schema['minimum']} or more"
    if isinstance(value, list):
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        wrong = next(filter(None, (_wrong(schema["items"], one) for one in value)), "")
        if wrong or not least <= len(value) <= most:
            return f"a list of {least} to {most}, each {wrong or _WORDS[schema['items']['type']]}"
    return ""


def _wrong_text(schema: Mapping[str, Any], value: str) -> str:
    if not value and schema.get("minLength"):
        return "a text that is not empty"
    if len(value) > schema.get("maxLength", len(value)):
        return f"a text of at most {schema['maxLength']} characters"
    return "" if is_unicode(value) else "Unicode text (it holds half a character)"


def _named(names: object) -> str:
    return ", ".join(repr(name) for name in names) if isinstance(names, list | dict) else ""
