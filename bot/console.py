"""What the program says: text for a person, or one JSON document for a program, never mixed.

With ``--json`` standard output carries exactly one document, of an error too, and everything for
people goes to standard error; without it people read standard output. Whatever is said has passed
the process's redactor, which `bot.cli` sets at the start: no command has to think of it.
"""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from validators.encoding import builtins

if TYPE_CHECKING:
    from rich.console import Console as Terminal

    from bot.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Console:
    """Where words go. ``json`` is empty, ``document``, or another form a command documents."""

    json: str = ""
    quiet: bool = False

    def say(self, text: str = "") -> None:
        """Print a result for a person."""
        stream = sys.stderr if self.json else sys.stdout
        stream.write(f"{printable(redacted(text))}\n")
        stream.flush()

    def note(self, text: str) -> None:
        """Print progress or a hint, which ``--quiet`` leaves out."""
        if not self.quiet:
            say_aside(f"{printable(redacted(text))}\n")

    def document(self, document: Any) -> None:  # noqa: ANN401 - any noun
        """Print the one JSON document, if one was asked for."""
        if self.json:
            _output.write(_redacted_leaves(builtins(document)))


def say_aside(text: str) -> None:
    """Write what is redacted and printable already to standard error, if anybody reads along."""
    # Nobody who does, or a log without room, is no reason to end a run.
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def terminal(*, quiet: bool) -> "Terminal | None":
    """Return what draws over its own lines on standard error; None where that is no terminal."""
    if quiet or not sys.stderr.isatty():
        return None
    from rich.console import Console as Drawing  # noqa: PLC0415 - 60 ms, only on a terminal

    return Drawing(stderr=True)


class _Output:
    """Standard output of one command under ``--json``: there is room for one document."""

    def __init__(self) -> None:
        self.is_taken = False

    def write(self, plain: Any) -> None:  # noqa: ANN401 - JSON is any of its six kinds
        import json  # noqa: PLC0415 - for who asks for a document

        text = json.dumps(plain, ensure_ascii=True, indent=2) + "\n"
        self.is_taken = True  # before it is: an interruption may leave half of it there
        sys.stdout.write(text)
        sys.stdout.flush()


_output = _Output()


def begin_output() -> None:
    """Let a command begin: nothing of it is on standard output."""
    _output.is_taken = False


def hand_over_output() -> None:
    """Leave standard output to another process, which prints the document there."""
    _output.is_taken = True


def error_document(error: Mapping[str, object]) -> None:
    """Print ``{"error": error}``, unless this command's document is on standard output already.

    ``error`` holds what JSON has, and has passed the redactor.
    """
    if not _output.is_taken:
        _output.write({"error": error})


class _Redaction:
    """The redactor of this process, made when the first words need one."""

    def __init__(self) -> None:
        self._make: Callable[[], Redactor] | None = None
        self._made: Redactor | None = None

    def take(self, make: "Callable[[], Redactor] | None") -> None:
        self._make, self._made = make, None

    def redactor(self) -> "Redactor":
        if self._made is None:
            from bot.redaction import Redactor  # noqa: PLC0415 - --help says nothing of its own

            self._made = self._make() if self._make else Redactor()
        return self._made


_process = _Redaction()


def open_streams() -> None:
    """Give this process the standard streams that it was started without.

    What is opened next would get their numbers, and be taken for them by every child.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - os's own
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def close_streams() -> None:
    """Write what is held back; what nobody takes is dropped, or the exit code would be Python's."""
    for stream in (sys.stdout, sys.stderr):
        if is_stuck(stream):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def is_stuck(stream: TextIO) -> bool:
    """Whether what was printed there cannot be written, for want of room say."""
    try:
        stream.flush()
    except OSError:
        return True
    return False


def redact_with(make: "Callable[[], Redactor] | None") -> None:
    """Let everything said from now on pass the redactor that ``make`` returns; None for none."""
    _process.take(make)


def redactor() -> "Redactor":
    """Return the process's redactor, for what is said elsewhere than here."""
    return _process.redactor()


def redacted(text: str) -> str:
    """Return ``text`` without the process's secrets."""
    return redactor().text(text)


def _redacted_leaves(document: Any) -> Any:  # noqa: ANN401 - JSON is any of its six kinds
    # Leaf by leaf: a mark that reached from one text into the next would be no JSON.
    if isinstance(document, str):
        return redacted(document)
    if isinstance(document, dict):
        return {redacted(str(key)): _redacted_leaves(value) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [_redacted_leaves(value) for value in document]
    return document


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
