"""The Interpreter port over CPython: all of the language, its library, and nothing of the machine.

The sandbox is the only wall: a snippet may look into its own interpreter as it likes, and finds
there what it was given. Types are not checked.
"""

from pathlib import Path

from bot.interpreting.kind import Kind, own_python
from bot.interpreting.sandboxed import SandboxedInterpreter
from bot.interpreting.state import Replayed
from validators.sandbox import Guarantee, Sandbox


def cpython_interpreter(
    sandbox: Sandbox, scratch: Path, require: frozenset[Guarantee] = frozenset()
) -> SandboxedInterpreter:
    """Return CPython, as this program itself runs on it, in ``sandbox``."""
    python = own_python()
    kind = Kind("cpython", python.command("cpython"), python.mounts(), Replayed)
    return SandboxedInterpreter(kind, sandbox, scratch, require)
