"""A run's events as spans: each within what it is part of, and behind it in the order.

Made of the events alone, so that a run can be told at any time, on any machine that has its journal
and by whatever version wrote it. Blobs are read for content only.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.telemetry.attempt_spans import Attempts
from bot.telemetry.content import NO_CONTENT, Content
from bot.telemetry.names import SPANS
from bot.telemetry.span import CLIENT, Span, Value, lasting, moment_ns, ns_of
from workflows.campaign_streams import AGENT_RUN
from workflows.model_requests import Request, requests_of
from workflows.run import Entry, summarise

_PROVIDERS = {"claude": "anthropic"}
_FAILED = frozenset({"failed", "cancelled"})
# What people and forges do with a run's result is no part of the run, and may come weeks later.
_AFTERWARDS = frozenset(
    {"effect.intended", "effect.settled", "review.recorded", "outcome.collected"}
)


def run_spans(
    run: str, entries: Sequence[Entry], content: Content = NO_CONTENT
) -> tuple[Span, ...]:
    """Return the spans of ``run``, the run itself first; none when it never began."""
    if not any(one.event.kind == "run.started" for one in entries):
        return ()
    attempts = Attempts(content)
    for entry in entries:
        attempts.note(entry)
    last_ns, apart = ns_of(entries[-1]), list[Span]()
    for one in requests_of(entries):
        span = _request(one, run, last_ns, content)
        if attempts.knows(one.attempt):
            attempts.add_request(one.attempt, span)
        else:
            apart.append(span)
    return (_run(run, entries), *_moments(entries), *apart, *attempts.spans(), *_effects(entries))


def _run(run: str, entries: Sequence[Entry]) -> Span:
    summary = summarise(entries)
    begun = next(one.event.data for one in entries if one.event.kind == "run.started")
    facts: dict[str, Value] = {"operation": "invoke_agent", "agent": "changewright"}
    facts |= {"run": run, "task": summary.task, "state": summary.state}
    facts |= {"verdict": summary.verdict or "", "usd": summary.usd}
    facts |= {"campaign": str(begun.get("campaign", ""))}
    outer, is_within, _ = run.partition(AGENT_RUN)
    facts |= {"within": outer} if is_within else {}
    links = (outer,) if is_within else ()
    work = [one for one in entries if one.event.kind not in _AFTERWARDS] or entries
    error = (summary.verdict or summary.state) if summary.state in _FAILED else ""
    begun_ns, ended_ns = moment_ns(summary.started), ns_of(work[-1])
    return Span("run", "", SPANS["run"].of(), begun_ns, ended_ns, facts, error, links=links)


def _moments(entries: Sequence[Entry]) -> Iterator[Span]:
    """Yield what comes before any attempt: choosing code, and the environment."""
    begun = 0
    for number, entry in enumerate(entries):
        kind, data, at = entry.event.kind, entry.event.data, ns_of(entry)
        if kind in {"run.started", "run.resumed"}:
            begun = at
        elif kind == "scope.selected":
            facts: dict[str, Value] = {"files": len(data.get("files", ()))}
            facts |= {"tokens": int(data.get("tokens", 0))}
            yield Span(f"scope-{number}", "run", SPANS["scope"].of(), begun or at, at, facts)
        elif kind == "environment.ready":
            error = "set-up-failed" if data.get("trouble") else ""
            how: dict[str, Value] = {"how": str(data.get("how", ""))}
            since = at - lasting(data.get("seconds"))
            name = SPANS["environment"].of()
            yield Span(f"environment-{number}", "run", name, since, at, how, error)


def _effects(entries: Sequence[Entry]) -> Iterator[Span]:
    """Yield what was done outside; what was never settled may have been done, or not."""
    intended: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for number, entry in enumerate(entries):
        kind, data, at = entry.event.kind, entry.event.data, ns_of(entry)
        if kind == "effect.intended":
            intended.setdefault(str(data["key"]), (at, data))
        elif kind == "effect.settled" and (known := intended.pop(str(data["key"]), None)):
            name = SPANS["publish"].of(str(known[1]["kind"]))
            yield Span(f"effect-{number}", "run", name, known[0], at, kind=CLIENT)
    for key, (at, data) in intended.items():
        name = SPANS["publish"].of(str(data["kind"]))
        yield Span(f"unsettled-{key}", "run", name, at, at, {}, "unsettled", CLIENT)


def _request(one: Request, run: str, last_ns: int, content: Content) -> Span:
    """Return a model call; its input counts what was cached, as the conventions want it."""
    vendor = next((name for word, name in _PROVIDERS.items() if one.model.startswith(word)), "")
    facts: dict[str, Value] = {"operation": "chat", "conversation": run, "stage": one.stage}
    facts |= {"model": one.model, "provider": vendor}
    facts |= _counts(one)
    facts |= {"usd": one.usd} if one.usd is not None else {}
    facts |= content.of_request(one)
    # Still under way, or its process died over it.
    error = one.trouble or ("" if one.ended_at and not one.was_lost else "lost")
    begun, ended = moment_ns(one.sent_at), moment_ns(one.ended_at) if one.ended_at else last_ns
    name = SPANS["request"].of(one.model or "model")
    return Span(f"request-{one.reservation}", "run", name, begun, ended, facts, error, CLIENT)


def _counts(one: Request) -> dict[str, Value]:
    """Return the tokens of a request; none where nobody heard of them."""
    cached = one.cache_read_tokens + one.cache_write_tokens
    sent = one.input_tokens + cached
    if not sent and not one.output_tokens:
        return {}
    told: dict[str, Value] = {"input": sent, "output": one.output_tokens}
    return told | {"cache_read": one.cache_read_tokens, "cache_written": one.cache_write_tokens}
