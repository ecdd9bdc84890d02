"""What runs a model's snippets, where the operator lets models work by snippets."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.gate_room import required
from bot.wiring import Bench

if TYPE_CHECKING:
    from workflows.explore import CodeMode
    from workflows.tool_servers import ToolServers


def code_mode(bench: Bench) -> "CodeMode | None":
    """Return the interpreter that the settings name, or None where models call tools.

    Snippets are a model's programs: what the sandbox must guarantee for the target's commands it
    must guarantee for them. InterpreterRefusal as of `interpreter_on`.
    """
    settings = bench.settings
    if settings.model_action != "code":
        return None
    from bot.interpreters import Ground, interpreter_on  # noqa: PLC0415 - only in code mode
    from workflows.explore import CodeMode  # noqa: PLC0415 - the same
    from workflows.snippet import SnippetLimits  # noqa: PLC0415 - the same

    ground = Ground(settings, bench.sandbox, bench.scratch, required(bench))
    servers = partial(_servers, bench) if settings.tool_servers else None
    return CodeMode(interpreter_on(ground), SnippetLimits(), servers)


def _servers(bench: Bench) -> "ToolServers":
    """Return the servers of tools that the operator set up, none of them started."""
    from bot.adapters.mcp_tool_servers import McpToolServers, ServerPlan  # noqa: PLC0415
    from bot.tool_servers.server_process import Plan  # noqa: PLC0415
    from validators.checkout import materialise  # noqa: PLC0415
    from workflows.snippet import InterpreterRefusal  # noqa: PLC0415

    if bench.sandbox.name == "none":
        raise InterpreterRefusal(
            "a server of mcp.servers has no wall but the sandbox; leave out --unsafe-no-sandbox, or"
            " take mcp.servers out of the operator's file"
        )

    def tree() -> Path:
        place = bench.scratch / "servers-tree"
        if not place.exists():
            materialise(bench.clone, bench.clone.base_tree, place)
        return place

    plans = []
    for rule in bench.settings.tool_servers:
        handed_on = bench.settings.tool_server_environments[rule.name]
        missing = ", ".join(sorted({*rule.environment} - {*handed_on}))
        if missing:
            raise InterpreterRefusal(
                f"mcp.servers.{rule.name}.env: nothing is set for {missing}; set the variable that"
                " stands there, or take the line out"
            )
        environment = {name: value.reveal() for name, value in handed_on.items()}
        plan = Plan(rule.name, rule.command, rule.read_only, environment, rule.timeout_s)
        folders = tuple(map(Path, rule.folders))
        plans.append(ServerPlan(plan, rule.computed, folders, rule.tree))
    return McpToolServers(plans, bench.sandbox, bench.scratch, tree, required(bench))
