"""Runs inside the sandbox: the official client beside the server that it asks.

What a server says is parsed here, where nothing is to be had by it. Our side hears a few plain
messages, which it believes as little: the server could have written them itself.
"""

import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, EmbeddedResource, TextContent, TextResourceContents, Tool
from pydantic import ValidationError

from bot.tool_servers.spoken import Server
from scoping.child import read_frame, write_frame
from validators.codemods.frames import packed, unpacked

MAX_ANSWER_CHARACTERS = 400_000
_MAX_PAGES = 50
_MAX_TOOLS = 1_000
_MAX_WORDS = 4_000


class Line:
    """The channel to our side, by the descriptors that it is read from and written to."""

    def __init__(self, reads: int, writes: int) -> None:
        self._source, self._sink = os.fdopen(reads, "rb"), os.fdopen(writes, "wb")

    async def hear(self) -> dict[str, Any] | None:
        """Return the next message, or None when there will be none."""
        frame = await anyio.to_thread.run_sync(
            partial(read_frame, self._source), abandon_on_cancel=True
        )
        return None if frame is None else unpacked(frame)[0]

    def say(self, header: Mapping[str, Any]) -> None:
        """Send one message."""
        write_frame(self._sink, packed(header))
        self._sink.flush()

    def close(self) -> None:
        """Close both ends."""
        self._source.close()
        self._sink.close()


def main() -> None:
    """Ask one server what our side wants to know, until it asks no more."""
    reads, writes = map(int, os.environ.pop("CHANGEWRIGHT_CHANNEL").split(","))
    anyio.run(serve, Line(reads, writes))
    sys.stderr.flush()
    os._exit(0)  # a thread may still wait for our side


async def serve(line: Line) -> None:
    """Start the server that the first message names, and answer the others by what it says."""
    first = await line.hear()
    if first is None:
        return
    server = Server()
    environment = {**os.environ, **first["environment"]}
    try:
        async with Client(server.spoken(first["command"], environment), cache=None) as client:
            line.say({"offered": await _offered(client, frozenset(first["tools"]))})
            while (asked := await line.hear()) is not None:
                line.say(await _answer(client, server, asked))
    except* Exception as trouble:  # noqa: BLE001 - whatever a stranger's server brings about
        line.say({"fault": server.fault or _words(trouble)})


async def _offered(client: Client, wanted: frozenset[str]) -> list[dict[str, str]]:
    """Return those of the server's tools that are ``wanted``."""
    found: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if cursor is None or len(found) > _MAX_TOOLS:
            break
    return [
        {
            "name": tool.name,
            "description": tool.description or "",
            "schema": json.dumps(tool.input_schema, sort_keys=True),
        }
        for tool in found
        if tool.name in wanted
    ]


async def _answer(client: Client, server: Server, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        result = await client.call_tool(asked["tool"], asked["arguments"])
    except (MCPError, ValidationError, RuntimeError) as error:
        if server.fault:
            return {"fault": server.fault}
        return {"answer": _words(error), "failed": True}
    text = _text(result)
    if len(text) > MAX_ANSWER_CHARACTERS:
        no = f"it answered with more than {MAX_ANSWER_CHARACTERS} characters"
        return {"answer": no, "failed": True}
    return {"answer": text, "failed": result.is_error}


def _text(result: CallToolResult) -> str:
    """Return what a tool said as text; what is none is named, and no link is followed."""
    parts = []
    for block in result.content:
        if isinstance(block, TextContent):
            parts.append(block.text)
        elif isinstance(block, EmbeddedResource) and isinstance(
            block.resource, TextResourceContents
        ):
            parts.append(block.resource.text)
        else:
            parts.append(f"[{block.type}: not shown]")
    if not parts and result.structured_content is not None:
        parts.append(json.dumps(result.structured_content))
    return "\n".join(parts)


def _words(error: BaseException) -> str:
    """Return in a line what went wrong; of several things the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ValidationError):
        return "its answer is not of the protocol's form"
    words = error.message if isinstance(error, MCPError) else f"{type(error).__name__}: {error}"
    return " ".join(words.split())[:_MAX_WORDS]
