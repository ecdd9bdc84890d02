"""``changewright mcp`` as other agents meet it: the official client, over standard streams."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from tests.bot.commands.conftest import Desk, laid_out
from tests.ending import ended

if TYPE_CHECKING:
    from mcp.client.client import Client
    from mcp_types import CallToolResult

WAIT_S = 60.0
ARGV = [sys.executable, "-P", "-c", "from bot.cli import main; main()"]
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "a test", "version": "1"},
}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = laid_out(tmp_path, capsys)
    (desk.repo / "box.py").write_text("def lid():\n    return 'a square one'\n")
    desk.git("add", ".")
    desk.git("commit", "--quiet", "--message", "boxes")
    return desk


def text(result: "CallToolResult") -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


async def talk(desk: Desk) -> None:
    """One conversation, in which everything is asked that a client may."""
    from mcp.client.client import Client  # noqa: PLC0415 - a second, for this test alone
    from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415 - the same

    command, *words = [*ARGV, *desk.words("mcp")]
    environment = {**os.environ, "MY_TOKEN": "hunter2-Correct-Horse"}
    server = StdioServerParameters(command=command, args=words, env=environment)
    noted = desk.folder / "noted"
    with noted.open("w") as errors:
        async with Client(stdio_client(server, errors)) as client:
            await ask_all(desk, client)
    assert noted.read_text() == ""


async def ask_all(desk: Desk, client: "Client") -> None:
    assert client.server_info is not None
    assert client.server_info.name == "changewright"
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == [
        *("scope", "definition", "references", "callers", "callees", "subclasses"),
        *("symbols", "imports", "history", "search", "files", "read"),
    ]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    found = json.loads(text(await client.call_tool("definition", {"name": "lid"})))
    assert [one["path"] for one in found["symbols"]] == ["box.py"]
    await refusals(client)
    with anyio.move_on_after(0):  # taken back before it is answered
        await client.call_tool("scope", {"task": "a lid"})
    await two_at_once(client)
    (desk.repo / "box.py").write_text("lid = 'MY_TOKEN=hunter2-Correct-Horse'\n")
    changed = json.loads(text(await client.call_tool("read", {"path": "box.py"})))
    assert changed["text"] == "lid = 'MY_TOKEN=[secret]'\n"
    assert changed["note"].startswith("1 uncommitted file lies over commit")


async def refusals(client: "Client") -> None:
    from mcp.shared.exceptions import MCPError  # noqa: PLC0415 - as above

    for name, arguments, words in (
        ("read", {"path": "nope.py"}, "there is no file nope.py"),
        ("read", {"path": "../../etc/passwd"}, "there is no file ../../etc/passwd"),
        ("read", {}, "the argument 'path' is missing; there must be 'path'"),
        ("read", {"path": 7}, "the argument 'path' must be a text"),
        ("read", {"path": "box.py", "write": "x"}, "there is no argument 'write'"),
        ("scope", {"task": "x" * 20_001}, "a text of at most 20000 characters"),
    ):
        answer = await client.call_tool(name, arguments)
        assert answer.is_error
        assert words in text(answer)
    with pytest.raises(MCPError, match="there is no tool 'edit'; there are scope, definition"):
        await client.call_tool("edit", {})


async def two_at_once(client: "Client") -> None:
    found: dict[str, str] = {}

    async def ask(name: str, given: dict[str, Any]) -> None:
        found[name] = text(await client.call_tool(name, given))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "search", {"text": "square"})
        tasks.start_soon(ask, "files", {"glob": "*.py"})
    assert "a square one" in found["search"]
    assert '"paths":["box.py"]' in found["files"]


def test_the_official_client_asks_and_is_answered(desk: Desk) -> None:
    before = desk.git("status", "--porcelain")

    async def bounded() -> None:
        with anyio.fail_after(4 * WAIT_S):
            await talk(desk)

    anyio.run(bounded)

    (desk.repo / "box.py").write_text("def lid():\n    return 'a square one'\n")
    assert desk.git("status", "--porcelain") == before
    assert not list((desk.state / "scratch").iterdir())


@contextmanager
def served(desk: Desk) -> Iterator[subprocess.Popen[bytes]]:
    """Start the program and shake hands by hand."""
    pipe = subprocess.PIPE
    argv = [*ARGV, *desk.words("mcp")]
    with ended(subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe)) as child:
        say(child, {"id": 1, "method": "initialize", "params": HELLO})
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["id"] == 1
        say(child, {"method": "notifications/initialized"})
        yield child


def say(child: subprocess.Popen[bytes], message: dict[str, Any] | bytes) -> None:
    assert child.stdin is not None
    if isinstance(message, dict):
        message = json.dumps({"jsonrpc": "2.0", **message}).encode()
    child.stdin.write(message + b"\n")
    child.stdin.flush()


def test_what_is_no_request_is_told_so_and_standard_output_holds_the_protocol_alone(
    desk: Desk,
) -> None:
    with served(desk) as child:
        for message in (b"rain", b"[]", b'{"jsonrpc": "2.0", "id": 2}', b"\xff\xfe"):
            say(child, message)
        say(child, {"id": 3, "method": "tools/destroy", "params": {}})
        say(child, {"id": 4, "method": "tools/call", "params": {"name": 7}})
        asked = {"name": "files", "arguments": {"glob": "*.py"}}
        say(child, {"id": 5, "method": "tools/call", "params": asked})
        assert child.stdout is not None
        told = [json.loads(child.stdout.readline())]
        while told[-1].get("id") != 5:
            told.append(json.loads(child.stdout.readline()))
        left, noted = child.communicate(timeout=WAIT_S)

    errors = {one["id"]: one["error"]["code"] for one in told if "error" in one}
    assert (errors[3], errors[4]) == (-32601, -32602)
    assert told[-1]["result"]["isError"] is False
    assert (child.returncode, left, noted) == (0, b"", b"")


@pytest.mark.parametrize(
    "ends", ["hangs up", pytest.param("is told to end", marks=pytest.mark.long)]
)
def test_it_ends_at_once_although_a_question_is_not_answered_yet(desk: Desk, ends: str) -> None:
    for number in range(150):  # enough to be busy with
        (desk.repo / f"box{number}.py").write_text(f"def lid{number}():\n    lid{number - 1}()\n")
    with served(desk) as child:
        asked = {"name": "scope", "arguments": {"task": "a lid"}}
        say(child, {"id": 2, "method": "tools/call", "params": asked})
        if ends == "hangs up":
            assert child.stdin is not None
            child.stdin.close()
        else:
            child.send_signal(signal.SIGTERM)
        code = child.wait(WAIT_S)

    assert code == (0 if ends == "hangs up" else 130)
    assert not list((desk.state / "scratch").iterdir())


def test_a_repository_that_is_none_is_told_before_anything_is_served(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.run("mcp", "--base", "nope") == 2
    assert desk.said == ""
    assert "nope" in desk.noted
