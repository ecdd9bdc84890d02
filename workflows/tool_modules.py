"""Strangers' tools in one run: declared to its model, checked at the boundary, written down.

A run asks its servers once what they offer, and its journal keeps that and every answer. So a run
that is taken up again is told the same, and a snippet that has to be run again is answered what it
was answered then; no server is asked twice for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scoping.questions import QuestionRefusal
from validators.encoding import decode, digest, encode
from workflows.boundary import Boundary, Role
from workflows.recorder import Recorder
from workflows.snippet import Functions
from workflows.tool_parameters import (
    Module,
    Parameter,
    Tool,
    as_sent,
    module_of,
    texts_of,
    wrong_value,
)
from workflows.tool_servers import OfferedTools, ToolAnswer, ToolServerRefusal, ToolServers
from workflows.tool_stubs import stubs_of
from workflows.visible_text import as_printed

# Of one snippet. What the run has is only looked at between replies.
MAX_CALLS = 100
MAX_SECONDS = 300.0
_MAX_ANSWER = 400_000
_MAX_REASON = 300
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Listing:
    servers: tuple[OfferedTools, ...] = ()


class Toolbox:
    """The tools of one run: what was offered, and who is asked."""

    def __init__(self, servers: ToolServers, recorder: Recorder, taken: frozenset[str]) -> None:
        self._servers = servers
        self._recorder = recorder
        known = recorder.history.offered
        offered = _listed(servers, recorder) if known is None else _kept(known, recorder)
        self._offered = {one.server: one for one in offered}
        modules: list[Module] = []
        for one in offered:
            modules.append(module_of(one, taken | {each.name for each in modules}))
        self._modules = tuple(modules)
        self.stubs = stubs_of(modules)

    def functions(self, boundary: Boundary, asked: "Asked") -> Functions:
        """Return the tools as functions by dotted name, for one conversation."""
        return {
            f"{module.name}.{tool.name}": self._function(module, tool, boundary, asked)
            for module in self._modules
            for tool in module.tools
        }

    def close(self) -> None:
        """End the servers."""
        self._servers.close()

    def _function(
        self, module: Module, tool: Tool, boundary: Boundary, asked: "Asked"
    ) -> Callable[..., str]:
        name = f"{module.name}.{tool.name}"

        def call(**given: Any) -> str:  # noqa: ANN401 - what a snippet may hand over
            arguments = _checked(name, tool, given, boundary)
            answer = self._answer(module.server, tool.said, arguments, asked)
            if answer.failed:
                why = " ".join(as_printed(answer.text).text.split())[:_MAX_REASON]
                boundary.saw(f"{name}()", why)
                raise ToolServerRefusal(f"{name} failed: {why}")
            text = as_printed(answer.text).text
            if len(text) > _MAX_ANSWER:
                raise ToolServerRefusal(
                    f"{name} failed: it answered with more than {_MAX_ANSWER} characters"
                )
            boundary.saw(f"{name}()", text)
            return text

        call.__name__ = call.__qualname__ = name
        return call

    def _answer(
        self, server: str, tool: str, arguments: Mapping[str, Any], asked: "Asked"
    ) -> ToolAnswer:
        """Return what the journal holds of this very call, or ask."""
        key, request = asked.next(), digest(encode([server, tool, arguments]))
        known = self._recorder.history.tool_answers.get(key)
        if known is not None and known["request"] == request:
            return decode(self._recorder.kept(known["answer"]), ToolAnswer)
        try:
            answer = self._servers.call(server, tool, arguments, self._offered[server].tools)
        except ToolServerRefusal as no:
            answer = ToolAnswer(str(no), failed=True)
        asked.seconds += answer.seconds
        self._recorder.record(
            "tool.answered",
            call=key,
            server=server,
            tool=tool,
            request=request,
            outcome="failed" if answer.failed else "ok",
            seconds=round(answer.seconds, 3),
            answer=self._recorder.keep(answer),
        )
        return answer


@dataclass(slots=True)
class Asked:
    """What one snippet, called ``key``, has asked of others' tools so far."""

    key: str = ""
    calls: int = 0
    seconds: float = field(default=0.0)

    def begin(self, key: str) -> None:
        """Begin the next snippet."""
        self.key, self.calls, self.seconds = key, 0, 0.0

    def next(self) -> str:
        """Return the name of the next call; ToolServerRefusal when there were enough."""
        if self.calls >= MAX_CALLS or self.seconds > MAX_SECONDS:
            raise ToolServerRefusal(
                f"one snippet may call tools of other programs {MAX_CALLS} times, and wait for them"
                f" {MAX_SECONDS:g} s; go on in the next"
            )
        self.calls += 1
        return f"{self.key}/{self.calls}"


def _checked(name: str, tool: Tool, given: Mapping[str, Any], boundary: Boundary) -> dict[str, Any]:
    """Return what the server is sent; QuestionRefusal says which argument may not be."""
    parameters = {one.name: one for one in tool.parameters}
    for word in given:
        if word not in parameters:
            known = ", ".join(parameters) or "none"
            raise QuestionRefusal(
                f"{name} has no argument {word[:_MAX_SHOWN]!r}; there are {known}"
            )
    sent: dict[str, Any] = {}
    for parameter in tool.parameters:
        value = given.get(parameter.name)
        if value is not None:
            sent[parameter.said] = _sent(parameter, value, boundary)
        elif parameter.is_required:
            raise QuestionRefusal(f"{name} needs the argument {parameter.name!r}")
    return sent


def _sent(parameter: Parameter, value: Any, boundary: Boundary) -> Any:  # noqa: ANN401 - as above
    if wrong := wrong_value(parameter, value):
        raise QuestionRefusal(f"the argument {parameter.name!r} must be {wrong}")
    for text in texts_of(parameter, value):
        role: Role = "search" if parameter.is_computed else "sent"
        boundary.check({parameter.name: role}, {parameter.name: text})
    try:
        return as_sent(parameter, value)
    except (ValueError, RecursionError) as error:
        raise QuestionRefusal(
            f"the argument {parameter.name!r} must be JSON text: {error}"[:_MAX_REASON]
        ) from error


def _listed(servers: ToolServers, recorder: Recorder) -> tuple[OfferedTools, ...]:
    offered = servers.offered()
    recorder.record(
        "tools.offered",
        tools=sum(len(one.tools) for one in offered),
        troubles=[one.trouble for one in offered if one.trouble],
        answer=recorder.keep(_Listing(offered)),
    )
    return offered


def _kept(known: Mapping[str, Any], recorder: Recorder) -> tuple[OfferedTools, ...]:
    return decode(recorder.kept(known["answer"]), _Listing).servers
