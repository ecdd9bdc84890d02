"""A stranger's tool as a function that can be declared: names made safe, types of few kinds.

What JSON Schema says beyond that is not understood here, and such an argument is handed over as
JSON text. Whoever wrote the schema decides nothing by it but how the model is told to call.
"""

import json
import keyword
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from workflows.tool_servers import OfferedTool, OfferedTools

ArgumentKind = Literal["text", "integer", "number", "truth", "json"]

MAX_TOOLS = 40
_MAX_PARAMETERS = 30
_MAX_NAME = 60
# Every reader of JSON keeps so many digits.
_LARGEST = 10**15
_MAX_CHOICES = 20
_MAX_SCHEMA_CHARACTERS = 100_000
_KINDS: Mapping[str, ArgumentKind] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "truth",
}
_CHOICE = re.compile(r"[A-Za-z0-9_. :/-]{1,60}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")
# Names of a snippet's own that no module may take away.
_TAKEN = frozenset(("print", "len", "sorted", "str", "int", "list", "range", "sum", "min", "max"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: ``name`` in Python, ``said`` in the server's words.

    ``is_computed`` says that its text need not be a literal; ``choices`` are all it may be, empty
    where there are no such bounds.
    """

    name: str
    said: str
    kind: ArgumentKind
    is_list: bool = False
    is_required: bool = False
    is_computed: bool = False
    choices: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as a function; ``said`` is how its server calls it."""

    name: str
    said: str
    parameters: tuple[Parameter, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """The tools of one server, under the name that snippets know it by."""

    name: str
    server: str
    tools: tuple[Tool, ...]


def module_of(offered: OfferedTools, taken: frozenset[str]) -> Module:
    """Return the tools of one server as functions; ``taken`` are names that a snippet has."""
    computed = frozenset(offered.computed)
    names: set[str] = set()
    tools = []
    for one in offered.tools[:MAX_TOOLS]:
        name = safe_name(one.name, names)
        names.add(name)
        tools.append(Tool(name, one.name, _parameters(one, computed), one.description))
    return Module(safe_name(offered.server, taken | _TAKEN), offered.server, tuple(tools))


def safe_name(said: str, taken: frozenset[str] | set[str]) -> str:
    """Return a name of Python's like ``said``, and none of ``taken``."""
    plain = _NOT_IN_NAMES.sub("_", said)[:_MAX_NAME].strip("_")
    plain = plain if plain and not plain[0].isdigit() else f"n_{plain}"
    plain = f"{plain}_" if keyword.iskeyword(plain) or keyword.issoftkeyword(plain) else plain
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def wrong_value(parameter: Parameter, value: object) -> str:
    """Return what ``value`` must be and is not, or ""."""
    if parameter.is_list:
        if not isinstance(value, list | tuple):
            return "a list"
        return next(filter(None, (_wrong(parameter, one) for one in value)), "")
    return _wrong(parameter, value)


def texts_of(parameter: Parameter, value: Any) -> list[str]:  # noqa: ANN401 - checked by now
    """Return the texts that ``value``, which is as it must be, hands over."""
    given = value if parameter.is_list else [value]
    return [one for one in given if isinstance(one, str)]


def as_sent(parameter: Parameter, value: Any) -> Any:  # noqa: ANN401 - as above
    """Return ``value`` as its server is sent it; ValueError where it should be JSON and is not."""
    if parameter.kind == "json":
        return json.loads(value, parse_constant=_no_constant)
    return list(value) if parameter.is_list else value


def _wrong(parameter: Parameter, value: object) -> str:
    if parameter.kind in {"text", "json"}:
        return _wrong_text(parameter, value)
    if parameter.kind == "truth":
        return "" if isinstance(value, bool) else "True or False"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if parameter.kind == "number":
        return "" if is_number and abs(cast("float", value)) < math.inf else "a number"
    is_whole = isinstance(value, int) and is_number and abs(value) < _LARGEST
    return "" if is_whole else "a whole number of at most 15 digits"


def _wrong_text(parameter: Parameter, value: object) -> str:
    if not isinstance(value, str):
        return "a text"
    is_chosen = not parameter.choices or value in parameter.choices
    return "" if is_chosen else f"one of {', '.join(map(repr, parameter.choices))}"


def _parameters(tool: OfferedTool, computed: frozenset[tuple[str, str]]) -> tuple[Parameter, ...]:
    """Return the arguments of a tool, those that must be given first."""
    schema = _object(tool.schema)
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    asked = schema.get("required")
    required = [one for one in asked if isinstance(one, str)] if isinstance(asked, list) else []
    names: set[str] = set()
    found = []
    for said in sorted(list(properties)[:_MAX_PARAMETERS], key=lambda one: one not in required):
        name = safe_name(said, names)
        names.add(name)
        kind, is_list, choices = _kind(properties[said])
        found.append(
            Parameter(
                name,
                said,
                kind,
                is_list=is_list,
                is_required=said in required,
                is_computed=(tool.name, said) in computed,
                choices=choices,
                description=_text(properties[said], "description"),
            )
        )
    return tuple(found)


def _kind(schema: object) -> tuple[ArgumentKind, bool, tuple[str, ...]]:
    """Return what one value is, whether there is a list of them, and all that it may be."""
    if not isinstance(schema, dict):
        return "json", False, ()
    if schema.get("type") == "array":
        kind, is_nested, choices = _kind(schema.get("items"))
        return ("json", False, ()) if is_nested or kind == "json" else (kind, True, choices)
    if any(word in schema for word in ("$ref", "anyOf", "oneOf", "allOf", "const", "not")):
        return "json", False, ()
    said = schema.get("type")
    kind = _KINDS.get(said, "json") if isinstance(said, str) else "json"
    return kind, False, _choices(schema.get("enum")) if kind == "text" else ()


def _choices(listed: object) -> tuple[str, ...]:
    if not isinstance(listed, list) or not 0 < len(listed) <= _MAX_CHOICES:
        return ()
    plain = [one for one in listed if isinstance(one, str) and _CHOICE.fullmatch(one)]
    return tuple(dict.fromkeys(plain)) if len(plain) == len(listed) else ()


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if len(text) <= _MAX_SCHEMA_CHARACTERS else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(schema: object, word: str) -> str:
    said = schema.get(word) if isinstance(schema, dict) else None
    return said if isinstance(said, str) else ""


def _no_constant(word: str) -> None:
    message = f"{word} is no JSON"
    raise ValueError(message)
