"""The Interpreter port over Monty: a part of Python that has no way out, inside a sandbox as well.

Types are checked against the stubs before anything runs. What Monty lacks (yield, del, class
inheritance, most of the library) is refused in its words; `cpython_interpreter` has all of that.
"""

import importlib.util
import sysconfig
from pathlib import Path

from bot.interpreting.kind import LIBRARIES, Kind, own_python
from bot.interpreting.sandboxed import SandboxedInterpreter
from bot.interpreting.state import Dumped
from validators.sandbox import Guarantee, Mount, Sandbox
from workflows.snippet import InterpreterRefusal

_LIBRARY, _BINARY = f"{LIBRARIES}/pydantic_monty", f"{LIBRARIES}/monty"


def monty_interpreter(
    sandbox: Sandbox, scratch: Path, require: frozenset[Guarantee] = frozenset()
) -> SandboxedInterpreter:
    """Return Monty in ``sandbox``; InterpreterRefusal where its packages are not installed."""
    spec = importlib.util.find_spec("pydantic_monty")
    binary = Path(sysconfig.get_path("scripts"), "monty")
    if spec is None or spec.origin is None or not binary.is_file():
        raise InterpreterRefusal(
            "pydantic-monty is not installed beside Changewright; install Changewright anew"
        )
    package = Path(spec.origin).parent
    mounts = (
        Mount(package, _LIBRARY),
        Mount(package.with_name("typing_extensions.py"), f"{LIBRARIES}/typing_extensions.py"),
        Mount(binary, _BINARY),
    )
    python = own_python()
    command = python.command("monty", _BINARY, library=_LIBRARY)
    kind = Kind("monty", command, (*python.mounts(), *mounts), Dumped, late_s=0.75)
    return SandboxedInterpreter(kind, sandbox, scratch, require)
