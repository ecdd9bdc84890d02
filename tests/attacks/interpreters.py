"""Attacks on the interpreters of code mode: what a hostile snippet wants, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.case import filled, read

_FOLDER = Path(__file__).with_name("interpreter_cases")
SECRET = "HOST-SECRET-of-the-interpreters"  # noqa: S105 - bait


@dataclass(frozen=True, slots=True)
class Snippet:
    """One attack, as its YAML describes it."""

    id: str
    about: str
    py: str
    monty: tuple[str, ...]
    cpython: tuple[str, ...]
    endless: bool = False
    control: str = ""

    def text(self, variables: Mapping[str, str]) -> str:
        """Return the snippet with ``@name@`` replaced."""
        return filled(self.py, variables)


def snippets() -> tuple[Snippet, ...]:
    """Return every case; TypeError where one is not well formed."""
    (path,) = _FOLDER.glob("*.yaml")
    return tuple(
        Snippet(**{**entry, "monty": tuple(entry["monty"]), "cpython": tuple(entry["cpython"])})
        for entry in read(path)
    )
