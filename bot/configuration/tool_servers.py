"""How servers of tools are written in the operator's file, and read.

What their environment holds is never part of a setting that can be shown: a setting has the names,
and the values are read where a server is about to be started.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from bot.configuration.values import (
    Given,
    Kind,
    Node,
    Place,
    list_of,
    number,
    or_nothing,
    refined,
    shown,
    text,
    truth,
)

KEY_NAME = "mcp.servers"
# A name that is a snippet's for the server, and a folder's for nobody.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})\}")
# There are sockets, keys and what other processes are told, or what a sandbox has of its own.
_NEVER = (
    *("/proc", "/sys", "/dev", "/run", "/var/run", "/etc", "/opt/changewright"),
    *("/workspace", "/environment", "/reports", "/repository"),
)
_WHOLE = re.compile(r"/(?:tmp|var|root|home(?:/[^/]+)?)")
_WORD = text("text", longest=4_000, may_be_empty=True)
_TOOL = text("a tool's name", longest=200)
_LONGEST_S = 600
_MOST_SERVERS = 20


@dataclass(frozen=True, slots=True)
class ToolServerRule:
    """One server: what starts it, and what of it counts; ``environment`` holds names alone.

    ``computed`` holds (tool, argument); ``folders`` are absolute paths.
    """

    name: str
    command: tuple[str, ...]
    read_only: tuple[str, ...]
    computed: tuple[tuple[str, str], ...] = ()
    environment: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    tree: bool = False
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ServerField:
    """One key of a server; ``default`` None means that it must be given."""

    name: str
    kind: Kind
    meaning: str
    default: Any = None


def _wrong_folder(value: str) -> str:
    parts = value.split("/")
    if not value.startswith("/") or {"", ".", ".."} & {*parts[1:]}:
        return "must be an absolute path"
    is_ours = any(value == one or value.startswith(f"{one}/") for one in _NEVER)
    if is_ours or _WHOLE.fullmatch(value):
        return "must be a folder of the server's own, no place of the system and no whole home"
    return ""


def _wrong_argument(value: str) -> str:
    tool, dot, argument = value.rpartition(".")
    return "" if dot and tool and argument else "must be written as TOOL.ARGUMENT"


def _read_environment(node: Node, place: Place) -> tuple[str, ...]:
    """Return the names that a server is given; what they hold is looked at, and not kept."""
    for name, entry in _mapping(node, place).items():
        if not _VARIABLE.fullmatch(name):
            raise place.refusal(entry, f"has {shown(Node(name))}, which is no variable's name")
        if not isinstance(entry.value, str) or "\0" in entry.value:
            raise place.refusal(entry, f"must give {name} a text; put it in quotes")
    return tuple(_mapping(node, place))


_ENVIRONMENT = Kind(
    "a mapping of names to texts; `${NAME}` is that variable of the operator's environment",
    {"type": "object", "additionalProperties": {"type": "string"}},
    _read_environment,
)
SERVER_FIELDS = (
    ServerField(
        "command",
        list_of(_WORD, "a list of words (an argv)"),
        "What starts the server, inside the sandbox; it speaks the protocol on standard streams.",
    ),
    ServerField(
        "read_only",
        list_of(_TOOL, "a list of tools"),
        "The tools of it that change nothing anywhere. No other can be called.",
    ),
    ServerField(
        "computed",
        list_of(
            refined(text("`TOOL.ARGUMENT`", longest=400), _wrong_argument),
            "a list of `TOOL.ARGUMENT`",
        ),
        "Arguments that are words to look for: a snippet may hand over what it read or computed.",
        (),
    ),
    ServerField("env", _ENVIRONMENT, "What it finds in its environment beside the usual.", ()),
    ServerField(
        "folders",
        list_of(
            refined(text("an absolute path", longest=1_000), _wrong_folder),
            "a list of absolute paths",
        ),
        "What it sees, read-only, beside the system's programs.",
        (),
    ),
    ServerField(
        "tree",
        truth(),
        "Whether it sees the base's files, read-only, below `/repository`.",
        False,  # noqa: FBT003 - the key's default
    ),
    ServerField("timeout_s", number("seconds", 0), "How long one answer may take.", 60.0),
)


def _read_servers(node: Node, place: Place) -> tuple[ToolServerRule, ...]:
    servers = _mapping(node, place)
    if len(servers) > _MOST_SERVERS:
        raise place.refusal(node, f"must hold at most {_MOST_SERVERS} servers, not {len(servers)}")
    return tuple(_read_server(name, entry, place) for name, entry in servers.items())


def _read_server(name: str, node: Node, place: Place) -> ToolServerRule:
    if not _NAME.fullmatch(name):
        words = "must name a server by letters, digits, _ and -, a letter first, not"
        raise place.refusal(node, f"{words} {shown(Node(name))}")
    place = Place(place.source, f"{place.key}.{name}")
    known = {field.name: field for field in SERVER_FIELDS}
    given = _mapping(node, place)
    for word, entry in given.items():
        if word == "network":
            words = "has 'network', but no server can have one here: remove that line"
            raise place.refusal(entry, words)
        if word not in known:
            nearest = get_close_matches(word, known, 1, 0.0)[0]
            words = f"has an unknown key {shown(Node(word))}; did you mean {nearest!r}?"
            raise place.refusal(entry, words)
    values: dict[str, Any] = {}
    for field in SERVER_FIELDS:
        entry = given.get(field.name, Node(None))
        if entry.value is not None:
            at = Place(place.source, f"{place.key}.{field.name}")
            values[field.name] = field.kind.read(entry, at)
        elif field.default is None:
            raise place.refusal(node, f"lacks {field.name!r}")
    return _rule(name, values, given, place)


def _rule(
    name: str, values: dict[str, Any], given: Mapping[str, Node], place: Place
) -> ToolServerRule:
    if not values["command"] or not values["command"][0]:
        raise place.refusal(given["command"], "must name a program in its command's first word")
    if values.get("timeout_s", 0) > _LONGEST_S:
        raise place.refusal(given["timeout_s"], f"may wait {_LONGEST_S} s for an answer at most")
    computed = tuple(tuple(one.rpartition(".")[::2]) for one in values.pop("computed", ()))
    for tool, _ in computed:
        if tool not in values["read_only"]:
            words = f"names an argument of {shown(Node(tool))}, which is not among its read_only"
            raise place.refusal(given["computed"], words)
    environment = values.pop("env", ())
    return ToolServerRule(name, computed=computed, environment=environment, **values)


def unasked(servers: tuple[ToolServerRule, ...] | None, action: str) -> list[str]:
    """Return in a sentence that nobody will ask ``servers``, where a model calls no snippets."""
    words = f"{KEY_NAME}: no server is asked anything unless model.action is code"
    return [words] if servers and action != "code" else []


def environments(
    given: Given, variables: Mapping[str, str], ours: Collection[str], source: str
) -> Mapping[str, Mapping[str, str]]:
    """Return what each server finds in its environment; a variable that is not set is left out.

    ``variables`` are the operator's; SettingsRefusal for one of ``ours``, which nobody is told.
    """
    servers = given.node.value if isinstance(given.node.value, Mapping) else {}
    found: dict[str, dict[str, str]] = {}
    for server, node in servers.items():
        env = node.value.get("env", Node(None)).value if isinstance(node.value, Mapping) else None
        found[server] = {}
        for name, entry in env.items() if isinstance(env, Mapping) else ():
            named = _REFERENCE.fullmatch(str(entry.value))
            if named and named[1] in ours:
                place = Place(source, f"{KEY_NAME}.{server}.env")
                words = f"must not hand {named[1]} on: no server is told a secret of ours"
                raise place.refusal(entry, words)
            value = variables.get(named[1], "") if named else str(entry.value)
            if value:
                found[server][name] = value
    return found


def _mapping(node: Node, place: Place) -> Mapping[str, Node]:
    if not isinstance(node.value, Mapping):
        raise place.refusal(node, f"must be a mapping of keys, not {shown(node)}")
    return node.value


def _field_schema(field: ServerField) -> dict[str, Any]:
    if field.default is None:
        return {**field.kind.schema, "description": field.meaning}
    default = {"default": field.default} if field.default != () else {}
    return {**or_nothing(field.kind.schema), "description": field.meaning, **default}


TOOL_SERVERS = Kind(
    "a mapping of names to servers, see below",
    {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "required": [field.name for field in SERVER_FIELDS if field.default is None],
            "properties": {field.name: _field_schema(field) for field in SERVER_FIELDS},
        },
    },
    _read_servers,
)
