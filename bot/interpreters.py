"""Which interpreter runs snippets: the one the operator names, where what it needs is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.interpreting.sandboxed import SandboxedInterpreter
from bot.settings import Settings
from validators.sandbox import Guarantee, Sandbox
from workflows.snippet import InterpreterRefusal

_Maker = Callable[["Ground"], SandboxedInterpreter]


@dataclass(frozen=True, slots=True)
class Ground:
    """What an interpreter stands on: a sandbox that must guarantee ``required``, and folders."""

    settings: Settings
    sandbox: Sandbox
    scratch: Path
    required: frozenset[Guarantee] = frozenset()


def interpreter_on(ground: Ground) -> SandboxedInterpreter:
    """Return the interpreter of the settings.

    InterpreterRefusal where it is not installed, or would have no wall at all.
    """
    name = ground.settings.model_interpreter
    if ground.sandbox.name == "none" and name != "monty":
        raise InterpreterRefusal(
            f"model.interpreter: {name} has no wall but the sandbox; leave out"
            " --unsafe-no-sandbox, or set model.interpreter to monty"
        )
    return _MAKERS[name](ground)


def missing_interpreters(ground: Ground) -> Mapping[str, str]:
    """Return of every interpreter why it cannot be had here; empty words where it can."""
    found = {}
    for name, make in _MAKERS.items():
        try:
            make(ground)
            found[name] = ""
        except InterpreterRefusal as refusal:
            found[name] = str(refusal)
    return found


# Each is only imported where it is wanted.
def _monty(ground: Ground) -> SandboxedInterpreter:
    from bot.adapters.monty_interpreter import monty_interpreter  # noqa: PLC0415

    return monty_interpreter(ground.sandbox, ground.scratch, ground.required)


def _cpython(ground: Ground) -> SandboxedInterpreter:
    from bot.adapters.cpython_interpreter import cpython_interpreter  # noqa: PLC0415

    return cpython_interpreter(ground.sandbox, ground.scratch, ground.required)


def _jupyter(ground: Ground) -> SandboxedInterpreter:
    from bot.adapters.jupyter_interpreter import jupyter_interpreter  # noqa: PLC0415

    environment = ground.settings.jupyter_environment
    return jupyter_interpreter(ground.sandbox, ground.scratch, ground.required, environment)


def _pyodide(ground: Ground) -> SandboxedInterpreter:
    from bot.adapters.pyodide_interpreter import pyodide_interpreter  # noqa: PLC0415

    folder = ground.settings.pyodide_folder
    return pyodide_interpreter(ground.sandbox, ground.scratch, ground.required, folder)


_MAKERS: Mapping[str, _Maker] = {
    "monty": _monty,
    "cpython": _cpython,
    "jupyter": _jupyter,
    "pyodide": _pyodide,
}
