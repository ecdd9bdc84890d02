"""How commands and gates are written in the configuration, and read into `GateRule`.

A list is an argv. A text is a script for ``sh -ec``, started inside the sandbox like any other
command of the target and never on the host.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.configuration.values import (
    Kind,
    Node,
    Place,
    choice,
    number,
    or_nothing,
    shown,
    text,
    truth,
)
from validators.rules import GateRule

SHELL = ("sh", "-ec")
_LONGEST_SCRIPT = 16_000
DEFAULT_GATE = GateRule(name="", kind="test", run=())


@dataclass(frozen=True, slots=True)
class GateField:
    """One key of a gate; ``default`` None means that it must be given."""

    name: str
    kind: Kind
    meaning: str
    default: Any = None


def _read_command(node: Node, place: Place) -> tuple[str, ...]:
    if isinstance(node.value, tuple):
        argv = tuple(_read_word(item, place) for item in node.value)
        if not argv or not argv[0].strip():
            raise place.refusal(node, "must name a program in its first word")
        return argv
    script = _read_word(node, place)
    if not script.strip():
        raise place.refusal(node, "must be a command, not an empty text")
    return (*SHELL, script)


def _read_word(node: Node, place: Place) -> str:
    word = node.value
    if not isinstance(word, str):
        wanted = "must be text or a list of texts"
        raise place.refusal(node, f"{wanted}, not {shown(node)}; put it in quotes")
    if "\0" in word or len(word) > _LONGEST_SCRIPT:
        limit = f"must hold no NUL and at most {_LONGEST_SCRIPT} letters"
        raise place.refusal(node, f"{limit}, not {shown(node)}")
    return word


COMMAND = Kind(
    "a list of words (an argv), or text run by `sh -ec`, in either case inside the sandbox",
    {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ]
    },
    _read_command,
)

GATE_FIELDS = (
    GateField("name", text("one line of text", longest=80), "How pages and findings call it."),
    GateField("kind", choice("lint", "build", "test"), "How its outcome is compared with base."),
    GateField("run", COMMAND, "The command."),
    GateField(
        "timeout_s",
        number("seconds", 0),
        "When the command is stopped; never later than `budget.wall_minutes`.",
        DEFAULT_GATE.timeout_s,
    ),
    GateField(
        "required",
        truth(),
        "Whether its failure keeps a patch from passing.",
        DEFAULT_GATE.required,
    ),
)


def _read_gates(node: Node, place: Place) -> tuple[GateRule, ...]:
    if not isinstance(node.value, tuple):
        raise place.refusal(node, f"must be a list, not {shown(node)}")
    gates: dict[str, GateRule] = {}
    lines: dict[str, int] = {}
    for item in node.value:
        gate = _read_gate(item, place)
        if gate.name in gates:
            words = f"has two gates named {gate.name!r} (the first on line {lines[gate.name]})"
            raise place.refusal(item, f"{words}; rename or remove one")
        gates[gate.name] = gate
        lines[gate.name] = item.line
    return tuple(gates.values())


def _read_gate(node: Node, place: Place) -> GateRule:
    if not isinstance(node.value, Mapping):
        wanted = "must hold mappings with name, kind and run"
        raise place.refusal(node, f"{wanted}, not {shown(node)}")
    known = {field.name: field for field in GATE_FIELDS}
    for name, entry in node.value.items():
        if name not in known:
            nearest = get_close_matches(name, known, 1, 0.0)[0]
            words = f"has an unknown key {shown(Node(name))}; did you mean {nearest!r}?"
            raise place.refusal(entry, words)
    values: dict[str, Any] = {}
    for field in GATE_FIELDS:
        given = node.value.get(field.name)
        if given is not None and given.value is not None:
            values[field.name] = field.kind.read(
                given, Place(place.source, f"gates[].{field.name}")
            )
        elif field.default is None:
            raise place.refusal(node, f"has a gate without {field.name!r}")
    return GateRule(**values)


def _field_schema(field: GateField) -> dict[str, Any]:
    if field.default is None:
        return {**field.kind.schema, "description": field.meaning}
    schema = or_nothing(field.kind.schema)
    return {**schema, "description": field.meaning, "default": field.default}


def _gates_schema() -> Mapping[str, Any]:
    properties = {field.name: _field_schema(field) for field in GATE_FIELDS}
    return {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": [field.name for field in GATE_FIELDS if field.default is None],
            "properties": properties,
        },
    }


GATES = Kind("a list of gates, see below", _gates_schema(), _read_gates)
