"""Programs of others that offer tools: what they said they offer, and the port they are asked by.

All that comes from them is a stranger's: names, descriptions, schemas and answers. What of it may
be asked at all is what the operator named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scoping.refusal import Refusal


class ToolServerRefusal(Refusal):
    """One call came to nothing: which server, and why, in one line for who wrote the call."""


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """One tool in its server's own words; ``schema`` is JSON Schema of its arguments, as text."""

    name: str
    description: str = ""
    schema: str = "{}"


@dataclass(frozen=True, slots=True)
class OfferedTools:
    """What one server offers of what the operator named.

    ``computed`` holds (tool, argument) whose texts need not be literals. ``trouble`` says what is
    missing, and why, or is empty.
    """

    server: str
    tools: tuple[OfferedTool, ...] = ()
    computed: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool said, or where it ``failed`` why; ``seconds`` is how long that took."""

    text: str
    failed: bool = False
    seconds: float = 0.0


class ToolServers(Protocol):
    """The servers of one run, each started when it is first needed. Close them."""

    def offered(self) -> tuple[OfferedTools, ...]:
        """Return what each server offers, in the operator's order; none raises for a server."""
        ...

    def call(
        self, server: str, tool: str, arguments: Mapping[str, Any], known: Sequence[OfferedTool]
    ) -> ToolAnswer:
        """Call one tool; a server that has none of ``known`` unchanged any more is not asked."""
        ...

    def close(self) -> None:
        """End all of them."""
        ...


class NoServers:
    """Where a run had servers and there are none any more: what they said is in its journal."""

    def offered(self) -> tuple[OfferedTools, ...]:
        """Return nothing."""
        return ()

    def call(
        self, server: str, _tool: str, _arguments: Mapping[str, Any], _known: Sequence[OfferedTool]
    ) -> ToolAnswer:
        """Raise ToolServerRefusal."""
        raise ToolServerRefusal(f"the operator has set up no server {server!r} any more")

    def close(self) -> None:
        """Do nothing."""
