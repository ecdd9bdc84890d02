"""Writes the first `.github/changewright.yml` of a repository, every key explained by a line."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from bot.configuration.gates import DEFAULT_GATE, SHELL
from bot.configuration.keys import KEYS, Key
from bot.configuration.values import resolve
from validators.rules import GateRule

_HEAD = """\
# What this repository asks of Changewright; read at the base commit of each task. It may ask for
# less than the operator allows, never for more. What is commented out is the default.
"""
_COMMAND = """\
# A command is a list of words, or one text for `sh -ec`; both run inside the sandbox.
"""
_NO_SETUP = """\
#   run:
#     - [pip, install, --editable, "."]
"""
_NO_GATES = """\
# gates:
#   - name: tests
#     kind: test
#     run: [python, -m, pytest]
#     timeout_s: 900
#     required: true
"""
_NOTES = """
# Seen in this repository and not used, or lacking where this was written:
"""
_WIDTH = 100
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=")
_QUOTES: Mapping[str, str] = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def commented_config(
    gates: Sequence[GateRule], setup: Sequence[tuple[str, ...]], notes: Sequence[str] = ()
) -> str:
    """Return the text of a configuration that loads back to exactly ``gates`` and ``setup``.

    Their ``source`` becomes ``config``: from then on the file is where they come from. ``notes``
    become comments.
    """
    parts = [_HEAD]
    section = ""
    for key in KEYS:
        if key.where != "target":
            continue
        if key.name == "gates":
            parts.append(_gates(key, gates) + _noted(notes))
        elif key.name == "setup.run":
            parts.append(_setup(key, setup))
        else:
            parts += _commented(key, section)
        section = key.name.rpartition(".")[0]
    return "".join(parts)


def _commented(key: Key, section_before: str) -> list[str]:
    section, _, leaf = key.name.rpartition(".")
    value = f"{leaf}: {_value(key.default)}".rstrip()
    if not section:
        return [f"\n# {key.meaning}\n# {value}\n"]
    head = [] if section == section_before else [f"\n# {section}:\n"]
    return [*head, f"#   # {key.meaning}\n#   {value}\n"]


def _value(default: Any) -> str:  # noqa: ANN401 - of any key
    if isinstance(default, tuple):
        return "[]"  # all of these lists are added to the default, or empty by default
    if isinstance(default, bool):
        return str(default).lower()
    if default is None:
        return ""  # nothing behind it: not written
    return _word(default) if isinstance(default, str) else f"{default:.12g}"


def _setup(key: Key, setup: Sequence[tuple[str, ...]]) -> str:
    explained = f"\n# {key.meaning}\n{_COMMAND}"
    if not setup:
        return f"{explained}# setup:\n{_NO_SETUP}"
    lines = "".join(f"    - {_command(command)}\n" for command in setup)
    return f"{explained}setup:\n  run:\n{lines}"


def _gates(key: Key, gates: Sequence[GateRule]) -> str:
    explained = f"\n# {key.meaning}\n{_COMMAND}"
    if not gates:
        return explained + _NO_GATES
    return explained + "gates:\n" + "".join(_gate(gate) for gate in gates)


def _noted(notes: Sequence[str]) -> str:
    """Return ``notes`` as comments, whatever characters a stranger's file names put into them."""
    lines = []
    for note in notes:
        lines += textwrap.wrap(
            _shown(note),
            _WIDTH,
            initial_indent="# - ",
            subsequent_indent="#   ",
            break_on_hyphens=False,
        )
    return "".join((_NOTES, *(f"{line}\n" for line in lines))) if lines else ""


def _gate(gate: GateRule) -> str:
    found = "" if gate.source == "config" else f"  # from {_shown(gate.source)}"
    lines = [f"name: {_word(gate.name)}{found}", f"kind: {gate.kind}", f"run: {_command(gate.run)}"]
    if gate.timeout_s != DEFAULT_GATE.timeout_s:
        lines.append(f"timeout_s: {gate.timeout_s!r}")
    if not gate.required:
        lines.append("required: false  # it reports, and blocks nothing")
    return "".join(f"  {'- ' if not n else '  '}{line}\n" for n, line in enumerate(lines))


def _command(command: tuple[str, ...]) -> str:
    script = command[len(SHELL) :]
    if command[: len(SHELL)] == SHELL and len(script) == 1:
        return _quoted(script[0])
    return "[" + ", ".join(_word(word) for word in command) + "]"


def _word(word: str) -> str:
    """Return ``word`` as YAML text, in quotes unless nobody could take it for anything else."""
    is_plain = word[:1].isalpha() and set(word) <= _UNQUOTED and resolve(word) == word
    return word if is_plain else _quoted(word)


def _shown(source: str) -> str:
    return "".join(char if char.isprintable() else _escaped(char) for char in source)


def _quoted(text: str) -> str:
    return '"' + "".join(_QUOTES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"
