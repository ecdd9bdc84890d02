"""The baseline: the vendor's library, four tools and a loop, as a tutorial would have it.

A program of its own: the issue's text is its one argument, the current folder the repository. No
sandbox, no budget, no journal, no gates: what any of those costs is measured against this.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import anthropic
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlock

MODEL = "claude-sonnet-5-5"
SYSTEM = (
    "You are a programmer. Solve the issue in the repository of the current folder with the tools."
    " Add a test that fails without your change, run the tests, and say what you did."
)


def _tool(name: str, description: str, *required: str) -> ToolParam:
    properties: dict[str, object] = {word: {"type": "string"} for word in required}
    return {
        "name": name,
        "description": description,
        "input_schema": {"type": "object", "properties": properties, "required": list(required)},
    }


TOOLS = [
    _tool("bash", "Run a command and return what it prints.", "command"),
    _tool("read", "Return the text of a file.", "path"),
    _tool("replace", "Replace a text that stands in a file once.", "path", "old", "new"),
    _tool("write", "Write a file.", "path", "text"),
]


def use(name: str, given: dict[str, Any]) -> str:
    """Do what a call asks for; return what the model is told."""
    if name == "bash":
        done = subprocess.run(
            ["bash", "-c", given["command"]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return f"{done.stdout}\n[exit code {done.returncode}]"
    place = Path(given["path"])
    if name == "read":
        return place.read_text()
    if name == "write":
        place.write_text(given["text"])
        return "written"
    text = place.read_text()
    if text.count(given["old"]) != 1:
        return f"the text stands there {text.count(given['old'])} times"
    place.write_text(text.replace(given["old"], given["new"]))
    return "replaced"


def answer(call: ToolUseBlock) -> ToolResultBlockParam:
    """Return the block that answers a call."""
    text = use(call.name, dict(call.input))
    return {"type": "tool_result", "tool_use_id": call.id, "content": text}


def main() -> None:
    """Ask until a reply calls for nothing."""
    client = anthropic.Anthropic()
    turns: list[MessageParam] = [{"role": "user", "content": sys.argv[1]}]
    while True:
        with client.messages.stream(
            model=MODEL, max_tokens=16_000, system=SYSTEM, tools=TOOLS, messages=turns
        ) as stream:
            reply = stream.get_final_message()
        turns.append({"role": "assistant", "content": reply.content})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return
        turns.append({"role": "user", "content": [answer(call) for call in calls]})


if __name__ == "__main__":
    main()
