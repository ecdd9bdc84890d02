"""Runs inside the sandbox: takes snippets from the channel and gives them to one interpreter.

It is told things and says things, a message each: `begin` once, then `run` or `load`; while a
snippet runs it says what was printed and what is called, and at last how the snippet ended.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.interpreting.line import Line, Runner

Begin = Callable[[Line, Mapping[str, Any]], Runner]


def main(arguments: list[str]) -> None:
    """Serve with the interpreter that the first argument names, or be a part of one."""
    kind, *words = arguments
    if kind == "kernel":
        from bot.interpreting.jupyter_kernel import main as kernel  # noqa: PLC0415 - as below

        kernel(words)
    else:
        _serve(_BEGIN[kind](words))


# Each is only imported where it is wanted: what it needs is nowhere else.
def _monty(words: list[str]) -> Begin:
    from bot.interpreting.monty_runner import MontyRunner  # noqa: PLC0415

    return lambda line, told: MontyRunner(line, told, words[0])


def _cpython(_: list[str]) -> Begin:
    from bot.interpreting.cpython_runner import CPythonRunner  # noqa: PLC0415
    from bot.interpreting.own_memory import bound_memory  # noqa: PLC0415

    def begin(line: Line, told: Mapping[str, Any]) -> Runner:
        runner = CPythonRunner(line, told)
        bound_memory(told["memory_bytes"])
        return runner

    return begin


def _jupyter(_: list[str]) -> Begin:
    from bot.interpreting.jupyter_runner import JupyterRunner  # noqa: PLC0415

    return JupyterRunner


def _pyodide(_: list[str]) -> Begin:
    from bot.interpreting.pyodide_runner import PyodideRunner  # noqa: PLC0415

    return PyodideRunner


_BEGIN = {"monty": _monty, "cpython": _cpython, "jupyter": _jupyter, "pyodide": _pyodide}


def _serve(begin: Begin) -> None:
    """Answer over the inherited descriptors until nobody asks any more."""
    line = Line()
    first = line.hear()
    if first is None:
        return
    cap, prelude = first[0]["output_bytes"], first[0]["prelude"]
    runner = begin(line, first[0])
    line.say({"ready": True})
    while (message := line.hear()) is not None:
        header, contents = message
        if header["do"] == "load":
            runner.load(contents[0])
            prelude = ""  # what it makes is among the names that were loaded
            line.say({"ready": True})
            continue
        if prelude:
            runner.run(prelude)
            prelude = ""
        line.begin_output(cap)
        ended = runner.run(header["snippet"])
        line.flush()
        said = {"outcome": ended.outcome, "message": ended.message}
        line.say({"ended": said, "dropped": line.dropped}, ended.state)
