"""Every interpreter as the tests make it; two of them start so slowly that they are sampled."""

from pathlib import Path

import pytest

from bot.adapters.cpython_interpreter import cpython_interpreter
from bot.adapters.jupyter_interpreter import jupyter_interpreter
from bot.adapters.monty_interpreter import monty_interpreter
from bot.adapters.pyodide_interpreter import pyodide_interpreter
from bot.interpreting.sandboxed import SandboxedInterpreter
from tests.github.rig import NotInstalled, installed, node
from validators.sandbox import Guarantee, Sandbox
from workflows.snippet import InterpreterRefusal

QUICK = ("monty", "cpython")
SLOW = ("jupyter", "pyodide")
# For the parameters of a test: the slow ones are left to `make proof`.
ALL = (*QUICK, *(pytest.param(name, marks=pytest.mark.long) for name in SLOW))
_OTHERS = {
    "monty": monty_interpreter,
    "cpython": cpython_interpreter,
    "jupyter": jupyter_interpreter,
}


def made(
    name: str, sandbox: Sandbox, place: Path, required: frozenset[Guarantee] = frozenset()
) -> SandboxedInterpreter:
    """Return the interpreter called ``name``; skip the test where what it needs is missing."""
    try:
        if name == "pyodide":
            folder = installed() / "node_modules" / "pyodide"
            return pyodide_interpreter(sandbox, place, required, folder, node())
        return _OTHERS[name](sandbox, place, required)
    except (InterpreterRefusal, NotInstalled) as missing:
        pytest.skip(str(missing))
