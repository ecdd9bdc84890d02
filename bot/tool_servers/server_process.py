"""One server of tools behind its sandbox: started, listened to within bounds, ended.

What comes over the channel may be the server's own doing, whichever process beside it was meant to
send it: it is held against its form and its bounds here.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Timer
from typing import Any

from validators.codemods.frames import packed, unpacked
from validators.sandbox import Channel, SandboxRefusal, Session
from workflows.tool_servers import OfferedTool, ToolAnswer

_START_S = 60.0
_MAX_TOOLS = 200
_MAX_TEXT = 500_000
_MAX_SCHEMA = 100_000
# Who tells them on takes secrets out first: a cut one would not be known any more.
_MAX_REASON = 4_000


class ServerFault(Exception):
    """The server is of no use any more: why, in a few words. Its process is ended."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One server as the operator wants it; its ``environment`` may hold secrets."""

    name: str
    command: tuple[str, ...]
    tools: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 60.0


class ServerProcess:
    """A started server, and what it offers. Not safe for two threads; close it.

    ServerFault where it does not start, or does not say what it offers.
    """

    def __init__(self, plan: Plan, session: Session, argv: Sequence[str]) -> None:
        self._plan = plan
        self._session = session
        try:
            self._channel: Channel = session.start(argv)
        except SandboxRefusal as no:
            raise ServerFault(str(no)) from no
        told = {
            "command": list(plan.command),
            "tools": list(plan.tools),
            "environment": dict(plan.environment),
        }
        self.offered: tuple[OfferedTool, ...] = self._asked(told, _START_S, self._offered)

    def call(self, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        """Return what a tool answers; ServerFault when there is nobody to answer any more."""
        begun = time.monotonic()
        text, failed = self._asked(
            {"tool": tool, "arguments": arguments}, self._plan.timeout_s, _answer
        )
        return ToolAnswer(text, failed, time.monotonic() - begun)

    def close(self) -> None:
        """End the server, whatever it began, and its sandbox."""
        self._session.close()

    def _asked(
        self, header: Mapping[str, Any], timeout_s: float, read: Callable[[dict[str, Any]], Any]
    ) -> Any:  # noqa: ANN401 - what `read` returns
        """Send one message, return what is read of the answer; ServerFault where there is none."""
        try:
            self._send(header)
            heard = self._channel.receive(timeout_s)
            if heard is None:
                raise ServerFault(self._how_it_ended())
            answer = unpacked(heard)[0]
            if "fault" in answer:
                raise ServerFault(f"{str(answer['fault'])[:_MAX_REASON]}{self._last_words()}")
            return read(answer)
        except TimeoutError:
            raise ServerFault(f"it did not answer within {timeout_s:g} s") from None
        except (SandboxRefusal, OSError):
            raise ServerFault(self._how_it_ended()) from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ServerFault("what it sent is not of the form that was agreed on") from None

    def _send(self, header: Mapping[str, Any]) -> None:
        """Send one message; whoever does not take it is ended for it: that unblocks writing."""
        watch = Timer(_START_S, self._session.close)
        watch.start()
        try:
            self._channel.send(packed(header))
        finally:
            watch.cancel()

    def _how_it_ended(self) -> str:
        return f"it ended ({self._channel.close().outcome}){self._last_words()}"

    def _last_words(self) -> str:
        """Return what it printed last beside the protocol, as the end of a sentence."""
        said = " ".join(self._channel.close().stderr.text.split())
        return f"; its last words: {said[-_MAX_REASON:]}" if said else ""

    def _offered(self, answer: Mapping[str, Any]) -> tuple[OfferedTool, ...]:
        """Return the tools that were told, each once, in the operator's order."""
        told = {str(one["name"]): one for one in answer["offered"][:_MAX_TOOLS]}
        return tuple(
            OfferedTool(name, _cut(told[name]["description"]), _cut(told[name]["schema"]))
            for name in self._plan.tools
            if name in told
        )


def _answer(header: Mapping[str, Any]) -> tuple[str, bool]:
    text, failed = header["answer"], header["failed"]
    if not isinstance(text, str) or not isinstance(failed, bool) or len(text) > _MAX_TEXT:
        raise TypeError(text)
    return text, failed


def _cut(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(text)
    return text[:_MAX_SCHEMA]
