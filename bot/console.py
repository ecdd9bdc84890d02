"""What the program says: text for a person, or one JSON document for a program, never mixed.

With ``--json`` standard output carries exactly one document and everything for people goes to
standard error; without it people read standard output.
"""

import sys
from dataclasses import dataclass
from typing import Any

from validators.encoding import builtins


@dataclass(frozen=True, slots=True)
class Console:
    """Where words go. ``json`` is empty, ``document``, or another form a command documents."""

    json: str = ""
    quiet: bool = False

    def say(self, text: str = "") -> None:
        """Print a result for a person."""
        stream = sys.stderr if self.json else sys.stdout
        stream.write(f"{printable(text)}\n")
        stream.flush()

    def note(self, text: str) -> None:
        """Print progress or a hint, which ``--quiet`` leaves out."""
        if not self.quiet:
            sys.stderr.write(f"{printable(text)}\n")
            sys.stderr.flush()

    def document(self, document: Any) -> None:  # noqa: ANN401 - any noun
        """Print the one JSON document, if one was asked for."""
        if self.json:
            import json  # noqa: PLC0415

            sys.stdout.write(json.dumps(builtins(document), ensure_ascii=True, indent=2) + "\n")


def one_line(text: str) -> str:
    """Return ``text`` with its line ends made visible: a stranger's name forges no line of ours."""
    return text.replace("\n", "\\n")


def printable(text: str) -> str:
    """Return ``text`` without what would steer a terminal: a stranger wrote part of it."""
    shown = (
        character if character in "\n\t" or character.isprintable() else f"\\x{ord(character):02x}"
        for character in text
    )
    return "".join(shown).encode("utf-8", "backslashreplace").decode()
