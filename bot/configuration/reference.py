"""Writes what is computed from the table of keys: a page and two JSON Schemas.

``docs/configuration.md`` is for people, the schemas in ``bot`` are for their editors. All are
committed; a test compares them with what these functions return.
"""

import json
from collections.abc import Sequence
from typing import Any

from bot.configuration.endpoints import KEY_VARIABLES
from bot.configuration.gates import GATE_FIELDS, GateField
from bot.configuration.key import Key, Rule, Where
from bot.configuration.keys import KEYS, NOT_HONOURED
from bot.configuration.network import (
    CERTIFICATE_VARIABLES,
    INDEX_VARIABLES,
    PROXY_VARIABLES,
)
from bot.configuration.process import FORGE_VARIABLES
from bot.configuration.profiles import PROFILE_FIELDS
from bot.configuration.tool_servers import SERVER_FIELDS, ServerField
from bot.configuration.values import or_nothing

_TARGETS_SAY: dict[Rule, str] = {
    "lowest": "lower it",
    "added": "add to it",
    "strictest": "be stricter",
    "narrowed": "narrow it",
    "chosen": "leave out or reorder those that the operator named",
    "first": "set it, unless the operator did",
}

_HEAD = """\
# Configuration

<!-- Computed from bot/configuration/keys.py; a test compares. Do not edit by hand. -->

Nothing needs to be configured: what is not said is found out from the repository, or has a default.
What is said counts in this order: the command line, the environment, the operator's file, the
target's file, the default.

- **The target's file** is `.github/changewright.yml`, read at the base commit and never from a
  patch. It may ask for less, never for more: its figures can only lower a bound, whoever set it, on
  the command line too; its protected paths are added, its policy can only be stricter. Where it
  asks for more, the bound counts, with a warning. A key that is the operator's alone is refused.
- **The operator's file** is `$XDG_CONFIG_HOME/changewright/config.yml` (usually
  `~/.config/changewright/config.yml`), or what `CHANGEWRIGHT_CONFIG` names. It takes every key.

Both are YAML 1.2 (`on` and `no` are text), UTF-8 and at most 64 KiB, without anchors, aliases and
tags. An unknown key is an error that names the nearest known one. A key with nothing behind it
counts as not written. Patterns are those of `.gitignore`, with at most four stars each, and a
pattern that begins with `!` takes back what stands before it; the target cannot take anything back
from a list that it adds to. One that most likely means something else (`./src`, braces, a backslash
before a letter) is told with its line when the work begins.

A file of nearly that name (`changewright.yaml`, other capitals, a folder; the operator's
`config.yaml`) is refused when the right one is not there: nobody would miss its bounds.

A file that contradicts itself is an error that names both lines: `budget.run_usd` above
`budget.issue_usd` or `budget.day_usd`, one pattern both wanted and kept out, two gates of one name,
a gate that may take longer than the whole run. Two files that differ are none: the lower bound
counts.

`changewright init` writes a target's file with what it finds; `changewright doctor --config` prints
each value with where it came from. Editors complete and check the files by the JSON Schemas
`changewright.schema.json` (the target's) and `changewright-operator.schema.json`, which stand in
the installed package `bot`.

## Keys of the target's file and of the operator's

"""

_GATES = """
A gate holds these keys:

"""

_PROFILES = """
A profile of `scope.profiles` holds these keys:

"""

_OPERATOR = """
A command is a list of words (started as it is, without a shell), or one text, which is run as a
script by `sh -ec`. Both are started **inside the sandbox** only, which has no network, and never on
the host.

When the operator's file and the target's both list patterns in `scope.include` or `allowed_files`,
the target's count where they are the operator's own or lie in a folder the operator spells out.
A gate that both files name is the operator's.

## Keys of the operator's file alone

"""

_SERVERS = """
A server of `mcp.servers` holds these keys ([Tools of other programs](mcp.md)):

"""

_ENVIRONMENT = """
## Words that are not honoured yet

People may know these from other programs, or from what is planned. Using one is an error, since it
would change nothing: {words}.

## Environment variables

An empty variable counts as not set. An unknown one that begins with `CHANGEWRIGHT_` is an error.

"""

_NETWORK = """
The set-up installs the target's dependencies inside the sandbox, which has no network. It reaches
package indexes through a proxy of ours, for as long as it runs: those that pip, uv, npm and apt are
configured with on this machine, in their own files or by these variables, and the operator's
`setup.hosts`. No index is known to Changewright itself: where nobody chose one, pip, npm and yarn
are asked what they use, uv is taken to use what pip does, and a tool that is not installed, or does
not answer within ten seconds, allows nothing. Who is asked is found on `PATH`, but for folders of a
virtual environment or of `node_modules`, and is told `HOME` and where npm's files are.

{addresses}, and those that begin with `UV_INDEX_` or `npm_config_`.

Indexes are only read: by `GET` and `HEAD`, also by TLS, which the proxy looks into under a
certificate of its own, made for that one set-up. An index by plain http is read below its own path
alone. A name is looked up once; one that leads inside this machine's network is refused, unless
a tool is configured with that very index. To `setup.hosts` there is a tunnel that only TLS for the
same host may use, and that carries no more than 1 MiB out. Whatever else is asked for is refused,
and the set-up's page says so.

A user or password in the address of an index, in `.netrc` or in `.npmrc` is sent along by the
proxy. It never reaches the sandbox, an argument, a log, a record or the name of an environment.
`file:` indexes and folders of wheels are shown read-only.

The proxy trusts whom this machine trusts, and goes through the machine's own proxy, where it has
one: {certificates}, {proxies}. No variable of the machine is handed on to a command of the target
but addresses of indexes, without users and passwords. A publisher's requests to GitHub and its git
go the same way ([On GitHub](github.md)).
"""

_VARIABLES = (
    ("CHANGEWRIGHT_CONFIG", "The operator's file."),
    ("ANTHROPIC_API_KEY", "The key for the model `claude`. Never written, printed or passed on."),
    (KEY_VARIABLES["bedrock"], "The same for what is asked at `bedrock:REGION`."),
    (KEY_VARIABLES["vertex"], "The same for `vertex:PROJECT/REGION`: a token of Google's."),
    (KEY_VARIABLES["foundry"], "The same for `foundry:RESOURCE`."),
    (FORGE_VARIABLES[0], "The token for GitHub, for who publishes. Never written or printed."),
    *(
        (name, f"The same, where `{FORGE_VARIABLES[0]}` is not set.")
        for name in FORGE_VARIABLES[1:]
    ),
)


def configuration_page() -> str:
    """Return ``docs/configuration.md``."""
    files = [key for key in KEYS if key.where == "target"]
    operators = [key for key in KEYS if key.where == "operator"]
    set_by_variable = [key for key in KEYS if key.variable]
    return "".join(
        (
            _HEAD,
            _table(
                ("key", "value", "default", "meaning", "the target may"),
                [(*_row(key), _TARGETS_SAY[key.rule]) for key in files],
            ),
            _GATES,
            _fields(GATE_FIELDS),
            _PROFILES,
            _table(
                ("key", "meaning"), [(f"`{name}`", said) for name, said in PROFILE_FIELDS.items()]
            ),
            _OPERATOR,
            _table(("key", "value", "default", "meaning"), [_row(key) for key in operators]),
            _SERVERS,
            _fields(SERVER_FIELDS),
            _ENVIRONMENT.format(words=_listed(tuple(NOT_HONOURED))),
            _table(
                ("variable", "meaning"),
                [
                    *((f"`{key.variable}`", _variable(key)) for key in set_by_variable),
                    *(
                        (f"`{name}`", f"`{key.name}`, where `{key.variable}` is not set.")
                        for key in set_by_variable
                        for name in key.also
                    ),
                    *((f"`{name}`", meaning) for name, meaning in _VARIABLES),
                ],
            ),
            _NETWORK.format(
                certificates=_listed(CERTIFICATE_VARIABLES),
                addresses=_listed(INDEX_VARIABLES),
                proxies=_listed(PROXY_VARIABLES),
            ),
        )
    )


def _row(key: Key) -> tuple[str, str, str, str]:
    return f"`{key.name}`", key.kind.words, _shown(key.default), key.meaning


def _fields(fields: Sequence[GateField] | Sequence[ServerField]) -> str:
    return _table(
        ("key", "value", "default", "meaning"),
        [
            (f"`{field.name}`", field.kind.words, _shown(field.default), field.meaning)
            for field in fields
        ],
    )


def _variable(key: Key) -> str:
    if key.where == "process":
        default = "" if key.default is None else f"; default `{key.default}`"
        return f"`{key.name}`. {key.meaning} {key.kind.words}{default}."
    return f"`{key.name}`"


def _shown(default: Any) -> str:  # noqa: ANN401 - of any key
    if default is None or default in ((), ""):
        return ""
    if isinstance(default, tuple):
        return _listed(default)
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{json.dumps(default).strip(chr(34))}`"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def target_schema() -> str:
    """Return ``bot/changewright.schema.json``, the JSON Schema of the target's file."""
    title = "Changewright: what a repository asks of the bot (.github/changewright.yml)"
    return _schema(title, ("target",))


def operator_schema() -> str:
    """Return ``bot/changewright-operator.schema.json``, the JSON Schema of the operator's file."""
    title = "Changewright: what its operator says (changewright/config.yml)"
    return _schema(title, ("target", "operator"))


def _schema(title: str, where: Sequence[Where]) -> str:
    properties: dict[str, Any] = {}
    for key in KEYS:
        if key.where not in where:
            continue
        section, _, leaf = key.name.rpartition(".")
        properties_there = properties
        if section:
            whole = properties.setdefault(section, _section())
            properties_there = whole["properties"]
        properties_there[leaf] = _key_schema(key)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _section() -> dict[str, Any]:
    return {"type": ["object", "null"], "additionalProperties": False, "properties": {}}


def _key_schema(key: Key) -> dict[str, Any]:
    default = {} if key.default is None else {"default": key.default}
    return {"description": key.meaning, **or_nothing(key.kind.schema), **default}
