"""Runs inside the sandbox: takes snippets from the channel and gives them to one interpreter.

It is told things and says things, a message each: `begin` once, then `run` or `load`; while a
snippet runs it says what was printed and what is called, and at last how the snippet ended.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.interpreting.line import Line, Runner


def main(arguments: list[str]) -> None:
    """Serve with the interpreter that the first argument names."""
    if arguments[0] == "monty":
        from bot.interpreting.monty_runner import MontyRunner  # noqa: PLC0415 - only where it is

        _serve(lambda line, told: MontyRunner(line, told, arguments[1]))
    else:
        from bot.interpreting.cpython_runner import CPythonRunner  # noqa: PLC0415 - the same

        _serve(CPythonRunner)


def _serve(begin: Callable[[Line, Mapping[str, Any]], Runner]) -> None:
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
