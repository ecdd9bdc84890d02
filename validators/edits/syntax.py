"""What landing asks of a file's syntax, and the child process that answers.

A crash, a hang or a language without a grammar is None: then nothing is known, and nothing is held
against an edit. The gates look at the applied tree once more.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from scoping.child import Child
from scoping.languages import grammar_of
from scoping.syntax import why_unreadable
from validators.edits.edit import Operation, RejectReason

_TIMEOUT_S = 10.0
# After as many files that broke the child, none is asked about: each may take the whole time limit.
_MAX_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Splice:
    """The bytes from ``start`` to before ``stop`` give way to ``text``."""

    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Unmade:
    """Why an operation cannot be made; without a reason it was made before."""

    reason: RejectReason | None
    message: str = ""


class Syntax(Protocol):
    """What is known of a file by its syntax; lines count from 1."""

    def error_lines(self, path: str, content: bytes) -> Sequence[tuple[int, int]] | None:
        """Return first and last line of each syntax error; None where that cannot be told."""
        ...

    def undefined_names(self, path: str, content: bytes) -> dict[str, int] | None:
        """Return the first line of each name that nothing defines; None where unknown."""
        ...

    def splices(
        self, path: str, content: bytes, operation: Operation
    ) -> tuple[Splice, ...] | Unmade:
        """Return what ``operation`` does to the file, or why it cannot be made."""
        ...


class SourceSyntax(Child):
    """`Syntax` for the languages with a grammar, read in a child process; use it in ``with``."""

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        super().__init__("validators.edits.syntax_child", timeout_s)
        self._failures = 0

    def error_lines(self, path: str, content: bytes) -> Sequence[tuple[int, int]] | None:
        """Return first and last line of each syntax error; None where that cannot be told."""
        found = self._asked(path, content, "errors")
        return [(first, last) for first, last in found] if isinstance(found, list) else None

    def undefined_names(self, path: str, content: bytes) -> dict[str, int] | None:
        """Return the first line of each name that nothing defines; None where unknown."""
        if path.endswith(".d.ts"):
            return None
        found = self._asked(path, content, "names")
        return found if isinstance(found, dict) else None

    def splices(
        self, path: str, content: bytes, operation: Operation
    ) -> tuple[Splice, ...] | Unmade:
        """Return what ``operation`` does to the file, or why it cannot be made."""
        if grammar_of(path) is None:
            message = "no grammar reads files of this kind; edit its lines instead."
            return Unmade("no-match", message)
        found = self._asked(path, content, "operation", asdict(operation))
        if isinstance(found, dict):
            return Unmade(**found)
        if isinstance(found, list):
            return tuple(Splice(*splice) for splice in found)
        return Unmade("breaks-syntax", "the file cannot be parsed; edit its lines instead.")

    def _asked(self, path: str, content: bytes, what: str, operation: object = None) -> object:
        grammar = grammar_of(path)
        if grammar is None or why_unreadable(content) or self._failures >= _MAX_FAILURES:
            return None
        header = {"grammar": grammar.name, "what": what, "operation": operation}
        answer = self.ask(json.dumps(header).encode(), content)
        self._failures += answer is None
        return json.loads(answer) if answer is not None else None
