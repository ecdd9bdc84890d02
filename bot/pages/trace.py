"""One run as OpenTelemetry spans, in the JSON form of OTLP: derived from the journal, no content.

Every name of a span and an attribute stands in the two tables here: the conventions for generative
models are still in development, and change. Nothing is measured twice: a model's own client makes
no spans beside these. Prompts, replies, code and outputs are not in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.console import printable, redacted
from validators.encoding import digest, encode
from workflows.model_requests import Request
from workflows.pull_request_outcome import moment
from workflows.run_story import GateRun, Story, Try

Value = str | int | float | bool
_INTERNAL, _CLIENT = 1, 3
_ERROR = 2
_NANOSECONDS = 1_000_000_000
_LONGEST = 200

# The names of spans. What stands in braces is the model, the gate or the kind of effect.
SPANS = {
    "run": "invoke_agent changewright",
    "attempt": "attempt",
    "scope": "scope",
    "environment": "prepare environment",
    "request": "chat {}",
    "edit": "land edits",
    "gate": "gate {}",
    "effect": "publish {}",
}
# The names of attributes: those of the conventions first, then ours.
ATTRIBUTES = {
    "operation": "gen_ai.operation.name",
    "provider": "gen_ai.provider.name",
    "agent": "gen_ai.agent.name",
    "model": "gen_ai.response.model",
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_written": "gen_ai.usage.cache_creation.input_tokens",
    "error": "error.type",
    "usd": "changewright.cost.usd",
    "run": "changewright.run",
    "task": "changewright.task",
    "state": "changewright.state",
    "verdict": "changewright.verdict",
    "attempt": "changewright.attempt",
    "stage": "changewright.stage",
    "side": "changewright.gate.side",
    "outcome": "changewright.gate.outcome",
    "tree": "changewright.tree",
    "edits": "changewright.edits",
    "landed": "changewright.edits.landed",
    "files": "changewright.scope.files",
    "tokens": "changewright.scope.tokens",
}
_PROVIDERS = {"claude": "anthropic"}


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that took time. ``key`` names it within its run, ``parent`` what it is part of."""

    key: str
    parent: str
    name: str
    begun_ns: int
    ended_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""
    kind: int = _INTERNAL


def trace_line(story: Story, version: str) -> bytes:
    """Return a run's spans as one line of an OTLP JSON file."""
    scope = {"name": "changewright", "version": version}
    resource = {"attributes": _encoded({"service.name": "changewright"})}
    spans = [_span(one, story.summary.id) for one in spans_of(story)]
    whole = [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]
    return encode({"resourceSpans": whole}) + b"\n"


def spans_of(story: Story) -> Iterator[Span]:
    """Yield the spans of a run, each behind what it is part of."""
    run = story.summary
    facts: dict[str, Value] = {"operation": "invoke_agent", "agent": "changewright"}
    facts |= {"run": run.id, "task": run.task, "state": run.state, "verdict": run.verdict or ""}
    facts |= {"usd": run.usd}
    error = "" if run.state not in {"failed", "cancelled"} else run.state
    begun, ended = _ns(run.started), _ns(story.last_at)
    yield Span("run", "", SPANS["run"], begun, ended, facts, error)
    yield from _moments(story)
    for one in story.requests:
        if one.attempt not in {attempt.number for attempt in story.tries}:
            yield _request(one, "run", story)
    for attempt in story.tries:
        yield from _attempt(attempt, story)


def _moments(story: Story) -> Iterator[Span]:
    """Yield what belongs to no attempt: choosing code, the environment, what was done outside."""
    intended: dict[str, tuple[int, str]] = {}
    for number, (at, kind, data) in enumerate(story.moments):
        ended = _ns(at)
        if kind == "scope.selected":
            facts = {"files": len(data.get("files", ())), "tokens": int(data.get("tokens", 0))}
            begun = _ns(story.summary.started)
            yield Span(f"scope-{number}", "run", SPANS["scope"], begun, ended, facts)
        elif kind == "environment.ready":
            begun = ended - int(float(data.get("seconds", 0.0)) * _NANOSECONDS)
            error = "set-up-failed" if data.get("trouble") else ""
            name = SPANS["environment"]
            yield Span(f"environment-{number}", "run", name, begun, ended, {}, error)
        elif kind == "effect.intended":
            intended[str(data["key"])] = (ended, str(data["kind"]))
        elif kind == "effect.settled" and str(data["key"]) in intended:
            begun, what = intended[str(data["key"])]
            name = SPANS["effect"].format(what)
            yield Span(f"effect-{number}", "run", name, begun, ended, {}, kind=_CLIENT)


def _attempt(attempt: Try, story: Story) -> Iterator[Span]:
    key = f"attempt-{attempt.number}"
    word = attempt.attempt.verdict.word if attempt.attempt else ""
    facts: dict[str, Value] = {"attempt": attempt.number, "verdict": word, "tree": attempt.tree}
    begins = [_ns(one.sent_at) for one in attempt.requests] or [_gate_begun(attempt, story)]
    ended = _ns(attempt.finished_at or story.last_at)
    error = word if word not in {"", "pass"} else ""
    yield Span(key, "run", SPANS["attempt"], min(begins), ended, facts, error)
    for one in attempt.requests:
        yield _request(one, key, story)
    if attempt.landed_at:
        landed = sum(one.landed for one in attempt.edits)
        counts: dict[str, Value] = {"edits": len(attempt.edits), "landed": landed}
        at = _ns(attempt.landed_at)
        yield Span(f"{key}-edit", key, SPANS["edit"], at, at, counts)
    for number, gate in enumerate(attempt.gates):
        yield _gate(gate, f"{key}-gate-{number}", key)


def _gate_begun(attempt: Try, story: Story) -> int:
    """Return when an attempt without requests began: with the first of its gates."""
    ends = [_ns(one.at) - int(one.seconds * _NANOSECONDS) for one in attempt.gates]
    return min(ends, default=_ns(attempt.finished_at or story.last_at))


def _gate(gate: GateRun, key: str, parent: str) -> Span:
    ended = _ns(gate.at)
    begun = ended - int(gate.seconds * _NANOSECONDS)
    facts: dict[str, Value] = {"side": gate.side, "outcome": gate.outcome}
    return Span(key, parent, SPANS["gate"].format(gate.gate), begun, ended, facts)


def _request(one: Request, parent: str, story: Story) -> Span:
    """Return a model call; its input counts what was cached, as the conventions want it."""
    vendor = next((name for word, name in _PROVIDERS.items() if one.model.startswith(word)), "")
    cached = one.cache_read_tokens + one.cache_write_tokens
    facts: dict[str, Value] = {"operation": "chat", "stage": one.stage, "model": one.model}
    facts |= {"provider": vendor} if vendor else {}
    facts |= {"input": one.input_tokens + cached, "output": one.output_tokens}
    facts |= {"cache_read": one.cache_read_tokens, "cache_written": one.cache_write_tokens}
    facts |= {"usd": one.usd} if one.usd is not None else {}
    error = one.trouble or ("lost" if one.was_lost else "")
    begun, ended = _ns(one.sent_at), _ns(one.ended_at or story.last_at)
    name = SPANS["request"].format(one.model or "model")
    return Span(f"request-{one.reservation}", parent, name, begun, ended, facts, error, _CLIENT)


def _span(span: Span, run: str) -> dict[str, object]:
    facts = {ATTRIBUTES[name]: value for name, value in span.attributes.items() if value != ""}
    if span.error:
        facts[ATTRIBUTES["error"]] = span.error
    told: dict[str, object] = {
        "traceId": digest(run.encode())[:32],
        "spanId": _span_id(run, span.key),
        "name": _plain(span.name),
        "kind": span.kind,
        "startTimeUnixNano": str(span.begun_ns),
        "endTimeUnixNano": str(max(span.begun_ns, span.ended_ns)),
        "attributes": _encoded(facts),
    }
    if span.parent:
        told["parentSpanId"] = _span_id(run, span.parent)
    if span.error:
        told["status"] = {"code": _ERROR, "message": _plain(span.error)}
    return told


def _span_id(run: str, key: str) -> str:
    return digest(f"{run}\n{key}".encode())[:16]


def _encoded(facts: Mapping[str, Value]) -> list[dict[str, object]]:
    return [{"key": name, "value": _value(value)} for name, value in facts.items()]


def _value(value: Value) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": _plain(value)}


def _ns(at: str) -> int:
    return int(moment(at).timestamp()) * _NANOSECONDS


def _plain(text: str) -> str:
    """Return a name that a stranger may have given, for a viewer that shows it as it is."""
    return printable(redacted(text))[:_LONGEST]
