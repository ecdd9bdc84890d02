"""Snippets in the very CPython that this runs in: the sandbox around it is the wall, not this."""

import builtins
import contextlib
import sys
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from bot.interpreting.line import Ended, Line, function, said_by, words_of
from bot.interpreting.wire import Records

_FILE = "snippet"
# Frames of ours that are on the stack before the snippet's first.
_OURS = 20


class CPythonRunner:
    """One namespace, in which snippets are executed one after the other.

    Whoever makes it bounds the memory of the process.
    """

    def __init__(self, line: Line, told: Mapping[str, Any]) -> None:
        self._line = line
        records = Records()
        functions = {name: function(line, name, records.make) for name in told["functions"]}
        self._names: dict[str, Any] = {
            "__name__": "__main__",
            "__builtins__": builtins,
            **functions,
        }
        sys.setrecursionlimit(told["recursion"] + _OURS)

    def load(self, state: bytes) -> None:
        """Refuse: its names cannot be dumped, so its snippets are run again instead."""
        message = f"{len(state)} bytes of names came, but CPython loads none"
        raise RuntimeError(message)

    def run(self, snippet: str) -> Ended:
        """Execute ``snippet``; one that raises leaves no new name."""
        before = dict(self._names)
        try:
            code = compile(snippet, _FILE, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            said = (
                (error.msg, error.lineno or 0) if isinstance(error, SyntaxError) else (str(error),)
            )
            return Ended("type-error", words_of(type(error).__name__, *said))
        try:
            with _printing(self._line):
                exec(code, self._names)  # noqa: S102 - what this process is for, in its sandbox
        except MemoryError:
            return Ended("memory", "it took more memory than it may")
        except BaseException as error:  # noqa: BLE001 - whatever a stranger's snippet raises
            self._names.clear()
            self._names.update(before)
            number = _line_of(error.__traceback__)
            return Ended("raised", words_of(type(error).__name__, said_by(error), number))
        return Ended("ok")


class _Output:
    """What stands for the standard streams while a snippet runs."""

    encoding = "utf-8"

    def __init__(self, line: Line) -> None:
        self.write = line.print

    def flush(self) -> None:
        """Do nothing: it is sent in portions."""


@contextlib.contextmanager
def _printing(line: Line) -> Iterator[None]:
    output: Any = _Output(line)
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        yield


def _line_of(trace: TracebackType | None) -> int:
    number = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            number = trace.tb_lineno
        trace = trace.tb_next
    return number
