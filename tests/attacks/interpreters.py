"""Attacks on the interpreters of code mode: what a hostile snippet wants, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.case import filled, read
from tests.interpreter_makers import QUICK, SLOW

_FOLDER = Path(__file__).with_name("interpreter_cases")
SECRET = "HOST-SECRET-of-the-interpreters"  # noqa: S105 - bait


@dataclass(frozen=True, slots=True)
class Snippet:
    """One attack, as its YAML describes it."""

    id: str
    about: str
    py: str
    ends: Mapping[str, tuple[str, ...]]
    endless: bool = False
    control: str = ""
    way: str = "exec"

    def text(self, variables: Mapping[str, str]) -> str:
        """Return the snippet with ``@name@`` replaced."""
        return filled(self.py, variables)


def snippets() -> tuple[Snippet, ...]:
    """Return every case; TypeError where one is not well formed."""
    (path,) = _FOLDER.glob("*.yaml")
    return tuple(map(_snippet, read(path)))


def _snippet(entry: Mapping[str, Any]) -> Snippet:
    words = dict(entry)
    said = {name: words.pop(name, entry["cpython"]) for name in (*QUICK, *SLOW)}
    return Snippet(**words, ends={name: tuple(ends) for name, ends in said.items()})
