"""What the environment and the command line say about a key: plain words, read as its kind."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from bot.configuration.endpoints import KEY_VARIABLES
from bot.configuration.file import CONFIG_VARIABLE
from bot.configuration.keys import KEYS, Key
from bot.configuration.values import Given, Node, Place, SettingsRefusal, resolve

KEY_VARIABLE = KEY_VARIABLES["anthropic"]
FORGE_VARIABLES = ("CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
ProcessKind = Literal["author", "publisher"]
_PREFIX = "CHANGEWRIGHT_"
_IGNORED = "CHANGEWRIGHT_DEV_DATA"  # where benches find their data: not the program's


def said_by_process(
    key: Key, command_line: Mapping[str, object], environment: Mapping[str, str]
) -> Given | None:
    """Return what the command line, else the environment, says about ``key``, else None.

    ``command_line`` holds what was typed by the key's dotted name, None where it was not.
    """
    typed = command_line.get(key.name)
    if typed is not None:
        return Given(_worded(key, str(typed), key.option), key.option)
    for name in filter(None, (key.variable, *key.also)):
        words = environment.get(name)
        if words:  # an empty one is how workflows write an input that was not given
            return Given(_worded(key, words, name), f"environment {name}")
    return None


def _worded(key: Key, words: str, source: str) -> Any:  # noqa: ANN401 - of the key's kind
    node = Node(words if key.kind.textual else resolve(words.strip()))
    return key.kind.read(node, Place(source, key.name))


def held_by(kind: ProcessKind, environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` without a forge's tokens for an author, a model's keys for others."""
    kept_back = FORGE_VARIABLES if kind == "author" else tuple(KEY_VARIABLES.values())
    return {name: value for name, value in environment.items() if name not in kept_back}


def refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    """Raise SettingsRefusal for a variable that looks like ours and is none."""
    known = {key.variable for key in KEYS if key.variable} | {CONFIG_VARIABLE, FORGE_VARIABLES[0]}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known | {_IGNORED}:
            nearest = get_close_matches(name, sorted(known), 1, 0.0)[0]
            raise SettingsRefusal(
                f"unknown environment variable {name!r}; did you mean {nearest!r}?"
            )
