"""The ToolServers port over the Model Context Protocol: each server in a sandbox of its own.

A server sees the system's programs, the folders that the operator names, an environment of its own,
and where the operator says so the target's base tree; it has no network. Its words are held against
the secrets it was given before anybody hears them.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.redaction import Redactor
from bot.tool_servers.server_process import Plan, ServerFault, ServerProcess
from validators.sandbox import Guarantee, Limits, Mount, Phase, Sandbox, SandboxRefusal, Session
from workflows.tool_servers import OfferedTool, OfferedTools, ToolAnswer, ToolServerRefusal
from workflows.visible_text import as_printed

TREE = "/repository"
_CODE, _LIBRARIES = "/opt/changewright/code", "/opt/changewright/libraries"
# Places that are mounts are words of their own: without walls those stand elsewhere.
_START = """
import os, sys
sys.path += [os.path.dirname(sys.argv[1]), sys.argv[2]]
from bot.tool_servers.worker import main
main()
"""
_LIMITS = Limits(
    timeout_s=12 * 3_600.0,
    processes=128,
    output_bytes=4_096,
    disk_bytes=256 * 1024**2,
    disk_files=10_000,
)
# The first start, and one more.
_MOST_STARTS = 2
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """One server as the operator set it up: how it is started, what of it counts, what it sees.

    ``folders`` are seen read-only where they stand; ``computed`` holds (tool, argument) whose
    texts a snippet may compute; ``sees_tree`` shows it the base's files below TREE.
    """

    plan: Plan
    computed: tuple[tuple[str, str], ...] = ()
    folders: tuple[Path, ...] = ()
    sees_tree: bool = False


@dataclass(slots=True)
class _Known:
    """One server of this run: its process while there is one, and how often there was one."""

    made: ServerPlan
    redactor: Redactor
    process: ServerProcess | None = None
    starts: int = 0
    fault: str = ""


class McpToolServers:
    """The servers of one run; ``tree`` writes the base's files and says where.

    ``scratch`` is a folder for the sandbox's empty tree; ``require`` must be guaranteed.
    """

    def __init__(
        self,
        plans: Sequence[ServerPlan],
        sandbox: Sandbox,
        scratch: Path,
        tree: Callable[[], Path],
        require: frozenset[Guarantee] = frozenset(),
    ) -> None:
        self._known = {
            one.plan.name: _Known(one, Redactor(one.plan.environment.values())) for one in plans
        }
        self._sandbox = sandbox
        self._empty = scratch / "no-tree"
        self._tree = tree
        self._require = require

    def offered(self) -> tuple[OfferedTools, ...]:
        """Return what each server offers; of one that cannot be asked, why."""
        return tuple(map(self._offered, self._known.values()))

    def call(
        self, server: str, tool: str, arguments: Mapping[str, Any], known: Sequence[OfferedTool]
    ) -> ToolAnswer:
        """Call one tool; ToolServerRefusal where its server is gone, or has become another."""
        one = self._known.get(server)
        if one is None:
            raise ToolServerRefusal(f"the operator has set up no server {server!r} any more")
        try:
            process = self._started(one)
            offered = [self._redacted(one, each) for each in process.offered]
            if next((each for each in known if each.name == tool), None) not in offered:
                raise ToolServerRefusal("it was changed by its server since the run began")
            answer = process.call(tool, arguments)
        except ServerFault as fault:
            self._end(one)
            one.fault = _told(one, fault)
            raise ToolServerRefusal(one.fault) from None
        return replace(answer, text=one.redactor.text(answer.text))

    def close(self) -> None:
        """End all of them."""
        for one in self._known.values():
            self._end(one)

    def _offered(self, one: _Known) -> OfferedTools:
        plan = one.made.plan
        try:
            process = self._started(one)
        except (ServerFault, ToolServerRefusal) as fault:
            one.fault = _told(one, fault)
            self._end(one)
            return OfferedTools(plan.name, trouble=f"server {plan.name}: {one.fault}")
        tools = tuple(self._redacted(one, each) for each in process.offered)
        missing = [name for name in plan.tools if name not in {each.name for each in tools}]
        trouble = f"server {plan.name}: it has no tool {', '.join(missing)}" if missing else ""
        return OfferedTools(plan.name, tools, one.made.computed, trouble)

    def _redacted(self, one: _Known, tool: OfferedTool) -> OfferedTool:
        hidden = one.redactor.text
        return OfferedTool(tool.name, hidden(tool.description), hidden(tool.schema))

    def _started(self, one: _Known) -> ServerProcess:
        """Return a server's process; one that has ended is started once more, and not again."""
        if one.process is None:
            if one.starts >= _MOST_STARTS:
                raise ToolServerRefusal(f"its server is out for the rest of this run: {one.fault}")
            one.starts += 1
            session = self._opened(one.made)
            try:
                one.process = ServerProcess(one.made.plan, session, _argv())
            except BaseException:
                session.close()
                raise
        return one.process

    def _end(self, one: _Known) -> None:
        process, one.process = one.process, None
        if process is not None:
            process.close()

    def _opened(self, made: ServerPlan) -> Session:
        self._empty.mkdir(exist_ok=True)
        mounts = [*_own_mounts(), *(Mount(one, str(one)) for one in made.folders)]
        if made.sees_tree:
            mounts.append(Mount(self._tree(), TREE))
        phase = Phase("tools", tuple(mounts), require=self._require)
        try:
            return self._sandbox.open(self._empty, phase, _LIMITS)
        except SandboxRefusal as no:
            raise ToolServerRefusal(str(no)) from no


def _told(one: _Known, fault: Exception) -> str:
    """Return why a server is of no use as one line, which may hold its last words."""
    return " ".join(as_printed(one.redactor.text(str(fault))).text.split())[:_MAX_REASON]


def _argv() -> list[str]:
    python = str(Path(sys.executable).resolve())
    start = [python, "-S", "-B", "-P", "-s", "-c", _START]
    return [*start, f"{_CODE}/validators", _LIBRARIES]


def _own_mounts() -> list[Mount]:
    """Return our code that asks the server, and the libraries it needs for that."""
    ours = Path(__file__).resolve().parent.parent.parent
    spec = importlib.util.find_spec("mcp")
    if spec is None or spec.origin is None:
        raise ToolServerRefusal("the package mcp is not installed; install Changewright anew")
    names = ("scoping", "validators", "bot/tool_servers")
    mounts = [Mount(ours / name, f"{_CODE}/{name}") for name in names]
    mounts.append(Mount(Path(spec.origin).parent.parent, _LIBRARIES))
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/usr"):
        mounts.append(Mount(prefix, str(prefix)))
    return mounts
