"""What one kind of interpreter is started as, and what it may see of the machine."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.interpreting.state import State
from validators.sandbox import Guarantee, Mount, Phase
from workflows.snippet import SnippetLimits

CODE = "/opt/changewright/code"
LIBRARIES = "/opt/changewright/libraries"
_OWN = ("scoping", "validators", "bot/interpreting")
# Places that are mounts are words of their own: without walls those stand elsewhere.
_START = """
import os, sys
sys.path += map(os.path.dirname, sys.argv[1:3])
from bot.interpreting.worker import main
main(sys.argv[3:])
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One interpreter: its command, what that needs to see, and how its names are kept.

    It has ``start_s`` to say that it is ready. ``late_s`` is what it is given past the time limit
    to stop a snippet itself, which keeps better words on it and what was printed. It takes up to
    ``own_memory_bytes`` before any snippet runs.
    """

    name: str
    argv: Callable[[SnippetLimits], Sequence[str]]
    mounts: tuple[Mount, ...]
    state: Callable[[], State]
    late_s: float = 0.0
    start_s: float = 30.0
    own_memory_bytes: int = 512 * 1024**2

    def phase(self, require: frozenset[Guarantee]) -> Phase:
        """Return what its process may see, with ``require`` guaranteed."""
        # Snippets that are run again are to see sets in the same order.
        fixed = {"PYTHONHASHSEED": "0"}
        return Phase("snippet", (*own_code(), *self.mounts), environment=fixed, require=require)


@dataclass(frozen=True, slots=True)
class Python:
    """A Python outside of every virtual environment: its program, and the folder it belongs to."""

    binary: Path
    prefix: Path

    def command(self, *words: str, library: str = "") -> Callable[[SnippetLimits], list[str]]:
        """Return what starts our worker with ``words``; ``library`` is a package it can import."""
        # No -I: it would leave PYTHONHASHSEED unread, and this environment is all ours.
        start = [str(self.binary), "-S", "-B", "-P", "-s", "-c", _START]
        argv = [*start, f"{CODE}/validators", library, *words]
        return lambda _: argv

    def mounts(self) -> tuple[Mount, ...]:
        """Return what must be mounted for it: nothing where the system's folders hold it."""
        if self.prefix.is_relative_to("/usr"):
            return ()
        return (Mount(self.prefix, str(self.prefix)),)


def own_python() -> Python:
    """Return the Python that this program itself runs on."""
    return Python(Path(sys.executable).resolve(), Path(sys.base_prefix))


def own_code() -> tuple[Mount, ...]:
    """Return what a worker needs of our code."""
    ours = Path(__file__).resolve().parent.parent.parent
    return tuple(Mount(ours / name, f"{CODE}/{name}") for name in _OWN)
