"""Runs inside WebAssembly: snippets in the CPython of Pyodide, its ways into JavaScript shut.

The sandbox around Node is the wall, and WebAssembly one more. What is shut here keeps a snippet
from JavaScript by accident or by the known names, not by all means.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from bot.interpreting.cpython_runner import CPythonRunner
from bot.interpreting.line import Ended, Line

# What stands there for JavaScript, or fetches packages by it.
_SHUT = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "micropip", "pyodide_http")
# A device of ours: written 1 it begins to count, written 0 it stops; read, it says what it did.
_STOPWATCH = "/dev/changewright-stopwatch"


class PyodideRunner:
    """One namespace in WebAssembly; past the time of a snippet it is interrupted."""

    def __init__(self, line: Line, told: Mapping[str, Any]) -> None:
        self._stopwatch = os.open(_STOPWATCH, os.O_RDWR)
        self._inner = CPythonRunner(line, told)
        _shut_javascript()

    def load(self, state: bytes) -> None:
        """Refuse, as CPython does: its snippets are run again instead."""
        self._inner.load(state)

    def run(self, snippet: str) -> Ended:
        """Execute ``snippet``; one that raised because it was interrupted took too long."""
        os.write(self._stopwatch, b"1")
        try:
            ended = self._inner.run(snippet)
            os.write(self._stopwatch, b"0")
        except KeyboardInterrupt:  # it came between the snippet and here
            ended = Ended("raised")
        if os.read(self._stopwatch, 1) == b"1":
            return Ended("timeout", "it took longer than it may")
        return ended


def _shut_javascript() -> None:
    """Take away what imports JavaScript, and what was imported of it."""
    sys.meta_path[:] = [one for one in sys.meta_path if one.__class__.__name__ != "JsFinder"]
    for name in {*_SHUT, *(one for one in sys.modules if one.partition(".")[0] in _SHUT)}:
        sys.modules[name] = None  # type: ignore[assignment] # as the documentation of import has it
