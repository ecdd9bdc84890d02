"""What the Model Context Protocol costs here, both ways.

    python tests/bench/tool_servers.py [--repeats N]

A server for snippets: the official client and the server alone on this machine (the baseline)
against the same two in their sandbox, from nothing to the list of tools, and for one call. Our own
server: a question by `changewright query`, a process each (the baseline), against the same question
asked of `changewright mcp --base HEAD`, once it is there. The repository is this one, and what is
known of it is filled before. The quickest of all repeats counts, because a busy machine only adds.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.mcp_tool_servers import McpToolServers, ServerPlan
from bot.tool_servers.server_process import Plan
from tests.ending import ended
from validators.sandbox import REQUIRED_BY_DEFAULT

ROOT = Path(__file__).resolve().parent.parent.parent
SERVER = ROOT / "tests/bot/adapters/lying_tool_server.py"
PYTHON = str(Path(sys.executable).resolve())
COMMAND = (PYTHON, str(SERVER), "honest")
OURS = [sys.executable, "-P", "-c", "from bot.cli import main; main()"]
CITY = {"city": "Bern"}
LISTING = """
import anyio, sys
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with Client(server) as client:
        await client.list_tools()
        print("listed", flush=True)

anyio.run(main)
"""


class Watch:
    """The least milliseconds of what is done under one name."""

    def __init__(self) -> None:
        self.least: dict[str, float] = {}

    def note(self, name: str, began: float) -> None:
        taken = (time.perf_counter() - began) * 1000
        self.least[name] = min(taken, self.least.get(name, taken))

    async def over(self, name: str, repeats: int, act: Callable[[], Awaitable[object]]) -> None:
        for _ in range(repeats):
            began = time.perf_counter()
            await act()
            self.note(name, began)


def alone(watch: Watch, repeats: int) -> None:
    """Ask the server by the official client, in a Python of its own, as the sandbox has it."""
    for _ in range(repeats):
        began = time.perf_counter()
        argv = [sys.executable, "-c", LISTING, *COMMAND]
        with ended(subprocess.Popen(argv, stdout=subprocess.PIPE)) as child:
            assert child.stdout is not None
            child.stdout.readline()
            watch.note("alone, start", began)
    anyio.run(calls_alone, watch, repeats)


async def calls_alone(watch: Watch, repeats: int) -> None:
    server = StdioServerParameters(command=COMMAND[0], args=list(COMMAND[1:]))
    async with Client(server) as client:
        await watch.over("alone, call", 20 * repeats, lambda: client.call_tool("forecast", CITY))


def sandboxed(watch: Watch, repeats: int, place: Path) -> None:
    """Ask it as a run does."""
    sandbox = BwrapSandbox(place / "scratch")
    sandbox.probe()
    require = frozenset(REQUIRED_BY_DEFAULT)
    plan = ServerPlan(Plan("weather", COMMAND, ("forecast",)), folders=(SERVER.parent,))
    for _ in range(repeats):
        servers = McpToolServers((plan,), sandbox, place, lambda: place, require)
        began = time.perf_counter()
        (offered,) = servers.offered()
        watch.note("sandboxed, start", began)
        assert offered.tools, offered.trouble
        for _ in range(20):
            began = time.perf_counter()
            servers.call("weather", "forecast", CITY, offered.tools)
            watch.note("sandboxed, call", began)
        servers.close()


def questions(watch: Watch, repeats: int, state: Path) -> None:
    """Ask for a definition both ways, of what is known already."""
    where = ["--repo", str(ROOT), "--base", "HEAD", "--state", str(state)]
    subprocess.run([*OURS, "index", *where], check=True, capture_output=True)
    query = [*OURS, "query", "definition", "Codebase.read", *where, "--json"]
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(query, check=True, capture_output=True)
        watch.note("query, definition", began)
    anyio.run(questions_by_mcp, watch, repeats, where)


async def questions_by_mcp(watch: Watch, repeats: int, where: list[str]) -> None:
    asked = {"name": "Codebase.read"}
    began = time.perf_counter()
    server = StdioServerParameters(command=OURS[0], args=[*OURS[1:], "mcp", *where])
    async with Client(server) as client:
        await client.list_tools()
        watch.note("mcp, start", began)
        await client.call_tool("definition", asked)  # the first one reads what is known
        await watch.over("mcp, definition", repeats, lambda: client.call_tool("definition", asked))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        alone(watch, repeats)
        sandboxed(watch, repeats, place)
        questions(watch, repeats, place / "state")
    least = watch.least
    rows = (
        ("a server's start until its tools are listed", "alone, start", "sandboxed, start"),
        ("a call", "alone, call", "sandboxed, call"),
        ("a definition, by query and by mcp", "query, definition", "mcp, definition"),
    )
    sys.stdout.write("| figure, ms | baseline | here |\n|--|--|--|\n")
    for name, baseline, ours in rows:
        ratio = least[ours] / least[baseline]
        sys.stdout.write(
            f"| {name} | {least[baseline]:.3g} (1.0) | {least[ours]:.3g} ({ratio:.2f}) |\n"
        )
    sys.stdout.write(f"| start of mcp | | {least['mcp, start']:.3g} |\n")


if __name__ == "__main__":
    main()
