"""Every name that a trace tells, in one place; the tables in docs/reports.md are made of it.

The conventions for generative models (`gen_ai.*`) are in development and change: a new name is a
change here and nowhere else. What they have no name for begins with `changewright.`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpanName:
    """One kind of span. What stands in capitals in ``name`` differs from span to span."""

    name: str
    lasts: str
    within: str

    def of(self, word: str = "") -> str:
        """Return the name of a span about ``word``: a model, a gate, a kind of effect."""
        fixed = [one for one in self.name.split(" ") if not one.isupper()]
        return " ".join([*fixed, word] if word else fixed)


SPANS: Mapping[str, SpanName] = {
    "run": SpanName("invoke_agent changewright", "from its first event to its end", ""),
    "attempt": SpanName("attempt", "from its first request, or gate, until it is judged", "run"),
    "scope": SpanName("scope", "from the run's beginning until its code is chosen", "run"),
    "environment": SpanName("prepare environment", "as long as the set-up took", "run"),
    "request": SpanName("chat MODEL", "from the request until its reply is kept", "attempt"),
    "snippet": SpanName(
        "execute_tool snippet", "from its reply, or the snippet before it, to its end", "attempt"
    ),
    "asked": SpanName("execute_tool gate", "gates of a kind that the model asked for", "attempt"),
    "tool": SpanName("execute_tool TOOL", "a call of a tool of another program", "attempt"),
    "edit": SpanName("land edits", "from the reply until its edits have landed", "attempt"),
    "step": SpanName("step NUMBER", "one step of a migration over its target", "attempt"),
    "gate": SpanName("gate NAME", "from the first of its commands to its last", "attempt"),
    "command": SpanName("command SIDE", "a gate's command in the sandbox, on one tree", "gate"),
    "publish": SpanName("publish KIND", "from what was intended until it is settled", "run"),
    "campaign": SpanName(
        "invoke_workflow changewright",
        "from its first event to its last, in a trace of its own",
        "",
    ),
    "target": SpanName("target NAME", "from its claim to its end; links to its run", "campaign"),
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its name on the wire, and what it says. ``is_content`` is off by default."""

    name: str
    meaning: str
    is_content: bool = False


ATTRIBUTES: Mapping[str, Attribute] = {
    "operation": Attribute(
        "gen_ai.operation.name", "`invoke_agent`, `invoke_workflow`, `chat` or `execute_tool`"
    ),
    "provider": Attribute("gen_ai.provider.name", "whose model answered, where that is known"),
    "agent": Attribute("gen_ai.agent.name", "`changewright`"),
    "workflow": Attribute("gen_ai.workflow.name", "`changewright`"),
    "conversation": Attribute("gen_ai.conversation.id", "the run, on each of its requests"),
    "model": Attribute("gen_ai.response.model", "the model that answered"),
    "tool": Attribute(
        "gen_ai.tool.name", "what the model used: `snippet`, `gate` or another program's"
    ),
    "input": Attribute("gen_ai.usage.input_tokens", "tokens sent, those of the cache included"),
    "output": Attribute("gen_ai.usage.output_tokens", "tokens of the reply"),
    "cache_read": Attribute(
        "gen_ai.usage.cache_read.input_tokens", "how many of those sent came from the cache"
    ),
    "cache_written": Attribute(
        "gen_ai.usage.cache_write.input_tokens", "how many of them were written to it"
    ),
    "sent": Attribute("gen_ai.input.messages", "the newest turn that was sent", is_content=True),
    "replied": Attribute("gen_ai.output.messages", "the reply", is_content=True),
    "printed": Attribute("changewright.output", "the end of what it printed", is_content=True),
    "error": Attribute("error.type", "a code: of a request's trouble, a verdict, an outcome"),
    "usd": Attribute("changewright.cost.usd", "what it cost, in US dollars"),
    "run": Attribute("changewright.run", "the run's name"),
    "within": Attribute("changewright.run.within", "the run that this one is a part of"),
    "campaign": Attribute("changewright.campaign", "the campaign's key"),
    "task": Attribute("changewright.task", "the task's key"),
    "state": Attribute("changewright.state", "how a run, or a campaign's target, stands"),
    "verdict": Attribute("changewright.verdict", "the word of a verdict"),
    "attempt": Attribute("changewright.attempt", "which attempt, counted from 1"),
    "stage": Attribute("changewright.stage", "what a request was for"),
    "side": Attribute("changewright.gate.side", "which tree: the base's or the patched one, ..."),
    "gate": Attribute("changewright.gate", "the gate's name"),
    "outcome": Attribute("changewright.outcome", "how a command, gate or snippet ended"),
    "calls": Attribute("changewright.snippet.calls", "how many of our functions it called"),
    "own_seconds": Attribute("changewright.snippet.seconds", "its own time, without theirs"),
    "tree": Attribute("changewright.tree", "the git tree that was made"),
    "edits": Attribute("changewright.edits", "how many edits there were"),
    "landed": Attribute("changewright.edits.landed", "how many of them landed"),
    "files": Attribute("changewright.scope.files", "how many files were chosen"),
    "tokens": Attribute("changewright.scope.tokens", "how many tokens these are"),
    "how": Attribute("changewright.environment", "`built`, `from cache` or `failed`"),
    "dropped": Attribute(
        "changewright.spans.dropped", "on the first span: how many were one too many"
    ),
}


def tables() -> str:
    """Return both tables as Markdown, for the page that describes traces."""
    spans: list[tuple[str, ...]] = [("span", "lasts", "within")]
    spans += [(f"`{one.name}`", one.lasts, _within(one)) for one in SPANS.values()]
    names: list[tuple[str, ...]] = [("attribute", "says")]
    names += [(f"`{one.name}`", _meaning(one)) for one in ATTRIBUTES.values()]
    return f"{_table(spans)}\n{_table(names)}"


def _within(one: SpanName) -> str:
    return f"`{SPANS[one.within].name}`" if one.within in SPANS else ""


def _meaning(one: Attribute) -> str:
    return f"{one.meaning} (with `telemetry.content`)" if one.is_content else one.meaning


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *rest = rows
    lines = [head, tuple("---" for _ in head), *rest]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
