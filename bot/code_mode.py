"""What runs a model's snippets, where the operator lets models work by snippets."""

from typing import TYPE_CHECKING

from bot.gate_room import required
from bot.wiring import Bench

if TYPE_CHECKING:
    from workflows.explore import CodeMode


def code_mode(bench: Bench) -> "CodeMode | None":
    """Return the interpreter that the settings name, or None where models call tools.

    Snippets are a model's programs: what the sandbox must guarantee for the target's commands it
    must guarantee for them. InterpreterRefusal where the interpreter is not installed, or would
    have no wall at all.
    """
    settings = bench.settings
    if settings.model_action != "code":
        return None
    from bot.adapters.cpython_interpreter import cpython_interpreter  # noqa: PLC0415
    from bot.adapters.monty_interpreter import monty_interpreter  # noqa: PLC0415
    from workflows.explore import CodeMode  # noqa: PLC0415
    from workflows.snippet import InterpreterRefusal, SnippetLimits  # noqa: PLC0415

    of = monty_interpreter
    if settings.model_interpreter == "cpython":
        if bench.sandbox.name == "none":
            raise InterpreterRefusal(
                "model.interpreter: cpython has no wall but the sandbox; leave out"
                " --unsafe-no-sandbox, or set model.interpreter to monty"
            )
        of = cpython_interpreter
    return CodeMode(of(bench.sandbox, bench.scratch, required(bench)), SnippetLimits())
