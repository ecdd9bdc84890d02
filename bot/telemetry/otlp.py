"""Spans in the JSON form of OTLP: lines of a file, each of which a collector takes as it stands.

The same spans are the same bytes. A trace has its bound; what is over it is counted on its root.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.console import printable, redacted
from bot.telemetry.names import ATTRIBUTES
from bot.telemetry.span import Span, Value, span_id, trace_id
from validators.encoding import encode

Encoded = Mapping[str, object]

MOST_SPANS = 5_000
# How many are in one line, and in one request.
_BATCH = 500
_ERROR = 2
_LONGEST = 200
_SAMPLED = 1


def encoded(trace: str, spans: Sequence[Span]) -> list[Encoded]:
    """Return the spans of the trace of ``trace`` (a run, a campaign), each as OTLP has it."""
    return [_span(one, trace) for one in _within_bounds(spans)]


def lines_of(spans: Sequence[Encoded], version: str) -> Iterator[bytes]:
    """Yield documents of OTLP that hold encoded spans, each with its newline."""
    for start in range(0, len(spans), _BATCH):
        yield _line(spans[start : start + _BATCH], version)


def _line(spans: Sequence[Encoded], version: str) -> bytes:
    scope = {"name": "changewright", "version": version}
    service = {"service.name": "changewright", "service.version": version}
    resource = {"attributes": _encoded(service)}
    whole = [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]
    return encode({"resourceSpans": whole}) + b"\n"


def _within_bounds(spans: Sequence[Span]) -> Sequence[Span]:
    """Return the first of them: each stands behind what it is part of, so that none is orphaned."""
    dropped = len(spans) - MOST_SPANS
    if dropped <= 0:
        return spans
    root = replace(spans[0], attributes={**spans[0].attributes, "dropped": dropped})
    return [root, *spans[1:MOST_SPANS]]


def _span(span: Span, trace: str) -> Encoded:
    facts = {**span.attributes, "error": span.error}
    told: dict[str, object] = {
        "traceId": trace_id(trace),
        "spanId": span_id(trace, span.key),
        "flags": _SAMPLED,
        "name": _plain(span.name),
        "kind": span.kind,
        "startTimeUnixNano": str(span.begun_ns),
        "endTimeUnixNano": str(max(span.begun_ns, span.ended_ns)),
        "attributes": _encoded(
            {
                ATTRIBUTES[word].name: value if ATTRIBUTES[word].is_content else _cut(value)
                for word, value in facts.items()
                if value != ""
            }
        ),
    }
    if span.parent:
        told["parentSpanId"] = span_id(trace, span.parent)
    if span.error:
        told["status"] = {"code": _ERROR, "message": _plain(span.error)}
    if span.links:
        roots = [(trace_id(run), span_id(run, "run")) for run in span.links]
        told["links"] = [{"traceId": its, "spanId": root} for its, root in roots]
    return told


def _encoded(facts: Mapping[str, Value]) -> list[dict[str, object]]:
    return [{"key": name, "value": _value(value)} for name, value in facts.items()]


def _value(value: Value) -> dict[str, object]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _cut(value: Value) -> Value:
    return _plain(value) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """Return a name that a stranger may have given, for a viewer that shows it as it is."""
    return printable(redacted(text))[:_LONGEST]
