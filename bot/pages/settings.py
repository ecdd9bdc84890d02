"""Every setting with what counts and where it came from, for a terminal and as JSON."""

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.configuration.gates import SHELL
from bot.configuration.keys import KEYS
from bot.configuration.network import PLACES
from bot.configuration.tool_servers import ToolServerRule
from bot.console import one_line
from bot.settings import TARGET_FILE, Settings
from validators.rules import GateRule

_VALUE_WIDTH = 40
_WIDTH = 96
_UNSAID = "not set"
_LONG = 20
_DEFAULTS = {key.name: key.default for key in KEYS}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key, dotted; ``value`` as it counts, in words for what may not be shown."""

    key: str
    value: Any
    origin: str


def settings_of(settings: Settings) -> tuple[Setting, ...]:
    """Return all settings in the order of the keys; a secret is set or not, and never shown."""
    origins = settings.origins
    listed = [Setting(key, value, origins[key]) for key, value in settings.values.items()]
    key_is_set = settings.api_key is not None
    token = "set" if settings.forge_token_is_set else _UNSAID
    network = tuple(sorted(settings.installer_environment.keys() - {*PLACES}))
    return (
        *listed,
        Setting("api_key", "set" if key_is_set else _UNSAID, origins.get("api_key", "environment")),
        Setting("forge_token", token, "environment"),
        Setting("installer_variables", network, "environment"),
    )


def settings_text(settings: Settings, target: str) -> str:
    """Return the page a person reads; ``target`` says what was read of the target's file."""
    operator = str(settings.operator_file or "no file of the operator's")
    lines = [f"operator  {one_line(operator)}", f"target    {one_line(target)}", ""]
    rows = list(_rows(settings))
    places = max(len(place) for place, _, _ in rows)
    width = min(_VALUE_WIDTH, max(len(line) for _, shown, _ in rows for line in shown))
    for place, shown, origin in rows:
        first, *others = shown or [""]
        lines.append(f"{place:<{places}}  {first:<{width}}  {origin}".rstrip())
        lines += [f"{'':<{places}}  {line}" for line in others]
    lines += [""] if settings.warnings else []
    for warning in settings.warnings:
        lines += _wrapped(f"warning: {one_line(warning)}", _WIDTH)
    return "\n".join(lines)


def settings_document(settings: Settings) -> dict[str, Any]:
    """Return the document that ``doctor --config --json`` prints."""
    return {"settings": settings_of(settings), "warnings": settings.warnings}


def _rows(settings: Settings) -> Iterator[tuple[str, list[str], str]]:
    """Yield place, lines of the value and origin of each row; a section has a row of its own."""
    sections = groupby(settings_of(settings), key=lambda one: one.key.rpartition(".")[0])
    for section, members in sections:
        if section:
            yield section, [], ""
        for one in members:
            leaf = one.key.rpartition(".")[2]
            value = _without_default(one)
            shown = [line for words in _shown(value) for line in _wrapped(words, _VALUE_WIDTH)]
            yield f"  {leaf}" if section else leaf, shown, _shortened(one.origin, settings)


def _without_default(one: Setting) -> Any:  # noqa: ANN401 - of any key
    """Return a value without a default that fills a page: docs/configuration.md lists it."""
    default = _DEFAULTS.get(one.key)
    if (
        not isinstance(default, tuple)
        or len(default) < _LONG
        or one.value[: len(default)] != default
    ):
        return one.value
    return (f"the {len(default)} of the default", *one.value[len(default) :])


def _shown(value: Any) -> list[str]:  # noqa: ANN401 - of any key
    if value in (None, "", ()):
        return [_UNSAID]
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, float):
        return [f"{value:.12g}"]
    if not isinstance(value, tuple):
        return [one_line(str(value))]
    if all(isinstance(item, str) for item in value):
        return _wrapped(", ".join(one_line(item) for item in value), _VALUE_WIDTH, indent="")
    return [_item(item) for item in value]


def _item(item: Any) -> str:  # noqa: ANN401 - of any key
    if isinstance(item, GateRule):
        return _gate(item)
    if isinstance(item, ToolServerRule):
        return one_line(f"{item.name} ({', '.join(item.read_only)}): {shlex.join(item.command)}")
    return _command(item)


def _gate(gate: GateRule) -> str:
    off = "" if gate.required else ", off by config: it reports and blocks nothing"
    kind = f"{gate.kind}, {gate.timeout_s:g} s{off}"
    return f"{one_line(gate.name)} ({kind}): {_command(gate.run)}"


def _command(argv: Sequence[str]) -> str:
    is_script = tuple(argv[: len(SHELL)]) == SHELL
    return one_line(argv[-1].strip() if is_script else shlex.join(argv))


def _wrapped(words: str, width: int, indent: str = "  ") -> list[str]:
    """Return ``words`` in lines; a long path stays whole, so that it can be copied."""
    lines = textwrap.wrap(
        words, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return lines or [words]


def _shortened(origin: str, settings: Settings) -> str:
    """Return ``origin`` with the files that the page names at its head left out."""
    for owner, name in (("operator", settings.operator_file), ("target", TARGET_FILE)):
        origin = origin.replace(f"{owner} {name}:", f"{owner} line ")
    return one_line(origin)
