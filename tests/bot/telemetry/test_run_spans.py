"""A run as spans: each within its parent, under the names of the tables, and without content."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.telemetry.content import NO_CONTENT, Content
from bot.telemetry.names import ATTRIBUTES, SPANS
from bot.telemetry.otlp import MOST_SPANS, encoded, lines_of
from bot.telemetry.run_spans import run_spans
from bot.telemetry.span import trace_id
from tests.bot.telemetry.a_run import (
    RUN,
    WORDS,
    entry,
    finished,
    gate,
    judged,
    request,
    started,
    whole_run,
)
from validators.encoding import digest, encode
from workflows.conversation import ActionCall, ActionResult, Conversation, Message, Reply, Usage
from workflows.run import Entry


def told(entries: Sequence[Entry], content: Content = NO_CONTENT) -> list[dict[str, Any]]:
    """Return the spans of a run as a receiver reads them."""
    spans = encoded(RUN, run_spans(RUN, entries, content))
    documents = [json.loads(line) for line in lines_of(spans, "1.0")]
    scopes = [one["resourceSpans"][0]["scopeSpans"][0] for one in documents]
    return [span for scope in scopes for span in scope["spans"]]


def facts(span: Mapping[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def seconds(span: Mapping[str, Any]) -> tuple[float, float]:
    """Return when a span begins and ends, in the seconds of the run."""
    begun, ended = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return (begun - 1767323040 * 10**9) / 1e9, (ended - 1767323040 * 10**9) / 1e9


def test_the_spans_of_a_run_hang_together_in_time() -> None:
    spans = told(whole_run())
    names = {span["spanId"]: span["name"] for span in spans}

    assert [
        (span["name"], names.get(span.get("parentSpanId", "")), *seconds(span)) for span in spans
    ] == [
        ("invoke_agent changewright", None, 0, 17),
        ("scope", "invoke_agent changewright", 0, 1),
        ("prepare environment", "invoke_agent changewright", 2.5, 3),
        ("chat claude-x", "invoke_agent changewright", 0.5, 0.75),
        ("attempt", "invoke_agent changewright", 4, 16),
        ("chat claude-x", "attempt", 4, 6),
        ("execute_tool snippet", "attempt", 6, 8),
        ("execute_tool gate", "execute_tool snippet", 6.5, 7.25),
        ("command asked", "execute_tool gate", 6.5, 7),
        ("land edits", "attempt", 8, 9),
        ("gate tests", "attempt", 10, 14),
        ("command base", "gate tests", 10, 12),
        ("command patched", "gate tests", 12.5, 14),
        ("gate lint", "attempt", 14.5, 15),
        ("command patched", "gate lint", 14.5, 15),
        ("publish push", "invoke_agent changewright", 30, 31),
    ]
    assert len(names) == len(spans)
    assert {span["traceId"] for span in spans} == {trace_id(RUN)}


def test_a_model_call_has_the_names_of_the_conventions() -> None:
    asked = [span for span in told(whole_run()) if span["name"] == "chat claude-x"][1]

    assert facts(asked) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": RUN,
        "gen_ai.provider.name": "anthropic",
        "gen_ai.response.model": "claude-x",
        "gen_ai.usage.input_tokens": "80",  # what was cached is part of it
        "gen_ai.usage.output_tokens": "20",
        "gen_ai.usage.cache_read.input_tokens": "30",
        "gen_ai.usage.cache_write.input_tokens": "40",
        "changewright.cost.usd": 0.5,
        "changewright.stage": "author",
    }
    assert asked["kind"] == 3


def test_what_failed_is_marked_by_a_code() -> None:
    spans = [span for span in told(whole_run()) if "status" in span]

    assert [(span["name"], facts(span)["error.type"]) for span in spans] == [
        ("invoke_agent changewright", "fail"),
        ("attempt", "fail"),
        ("gate tests", "newly-failing"),
        ("command patched", "timeout"),  # tests that fail on one side are no error of the command's
    ]
    assert {span["status"]["code"] for span in spans} == {2}


def test_no_content_is_told_and_no_name_that_is_in_no_table() -> None:
    spans = told(whole_run())

    assert WORDS not in json.dumps(spans)
    known = {one.name for one in ATTRIBUTES.values()}
    assert {name for span in spans for name in facts(span)} <= known
    fixed = {one.of() for one in SPANS.values()}
    assert all(any(span["name"].startswith(name) for name in fixed) for span in spans)


def test_a_tool_of_another_program_is_within_the_snippet_that_asked_it() -> None:
    answered = {"call": "main/1.1", "server": "weather", "tool": "forecast", "request": ""}
    told_of = [
        entry(7.5, "tool.answered", **answered, outcome=outcome, seconds=0.25, answer="")
        for outcome in ("ok", "failed")
    ]
    events = whole_run()
    at = next(n for n, one in enumerate(events) if one.event.kind == "snippet.finished")

    spans = told([*events[:at], *told_of, *events[at:]])

    snippet = next(one for one in spans if one["name"] == "execute_tool snippet")
    asked = [one for one in spans if one["name"] == "execute_tool weather.forecast"]
    assert [one["parentSpanId"] for one in asked] == [snippet["spanId"]] * 2
    assert [facts(one)["changewright.outcome"] for one in asked] == ["ok", "failed"]
    assert facts(asked[0])["gen_ai.tool.name"] == "weather.forecast"
    assert "error.type" not in facts(asked[0])
    assert facts(asked[1])["error.type"] == "tool-failed"
    begun, ended = (int(asked[0][f"{end}TimeUnixNano"]) for end in ("start", "end"))
    assert ended - begun == 250_000_000


def test_a_run_that_died_is_told_as_far_as_it_came() -> None:
    entries = [started(), *request("1.1", 1, (1, 2))[:2], entry(5, "budget.reserved")]
    entries.append(gate(6, "tests", "base", 1))

    spans = told(entries)

    assert [(span["name"], *seconds(span)) for span in spans] == [
        ("invoke_agent changewright", 0, 6),
        ("attempt", 1, 6),
        ("chat model", 1, 6),
        ("gate tests", 5, 6),
        ("command base", 5, 6),
    ]
    assert facts(spans[2])["error.type"] == "lost"


@pytest.mark.parametrize(
    ("effects", "error"),
    [
        pytest.param(("effect.intended",), "unsettled", id="it may have been done"),
        pytest.param(("effect.intended", "effect.settled"), None, id="done"),
        pytest.param(("effect.settled",), "no span", id="of an older journal"),
    ],
)
def test_what_was_to_be_done_outside_is_told_as_far_as_it_is_known(
    effects: Sequence[Any], error: str | None
) -> None:
    data: dict[str, Any] = {"key": "k", "kind": "push", "request": {}, "outcome": {}}
    entries = [entry(1, kind, **data) for kind in effects]

    spans = [one for one in told([started(), *entries]) if one["name"] == "publish push"]

    assert [facts(one).get("error.type") for one in spans] == (
        [] if error == "no span" else [error]
    )


def test_wherever_a_run_was_cut_off_each_span_stands_behind_what_it_is_part_of() -> None:
    entries = whole_run()
    for end in range(1, len(entries) + 1):
        known: set[str] = set()
        for span in told(entries[:end]):
            assert span.get("parentSpanId", "") in (known or {""})
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
            assert span["spanId"] not in known
            known.add(span["spanId"])
        assert known


def test_a_run_that_never_began_has_no_spans() -> None:
    assert told([entry(1, "scope.asked")]) == []


def test_a_run_within_a_run_links_to_it() -> None:
    entries = [started(run="r1.agent-1"), finished(1)]

    (span,) = encoded("r1.agent-1", run_spans("r1.agent-1", entries))

    (root,) = encoded(RUN, run_spans(RUN, [started()]))
    assert span["links"] == [{"traceId": root["traceId"], "spanId": root["spanId"]}]


def test_the_same_run_is_the_same_bytes_and_times_of_older_journals_are_read() -> None:
    entries = whole_run()
    coarse = Entry(1, RUN, "2026-01-02T03:04:00Z", entries[0].event)

    again = [list(lines_of(encoded(RUN, run_spans(RUN, whole_run())), "1.0")) for _ in range(2)]

    assert again[0] == again[1]
    assert told([coarse, *entries[1:]]) == told(entries)


def test_a_trace_has_its_bound_and_says_what_is_not_in_it() -> None:
    gates = [gate(1, f"gate{number}", "base", 0.5) for number in range(MOST_SPANS)]

    spans = told([started(), *gates, judged(2, 1, "pass")])

    assert len(spans) == MOST_SPANS
    assert facts(spans[0])["changewright.spans.dropped"] == str(MOST_SPANS + 2)
    known = {span["spanId"] for span in spans}
    assert all(span.get("parentSpanId", spans[0]["spanId"]) in known for span in spans)


def test_content_is_told_where_it_is_asked_for_in_the_shapes_of_the_conventions() -> None:
    said = Message("user", "look", results=(ActionResult("c0", "it is there"),))
    call = ActionCall("c1", "read", {"path": "a.py"})
    reply = Reply(Message("model", "I will", calls=(call,)), "actions", Usage(), "claude-x")
    blobs = {
        name * 64: encode(noun)
        for name, noun in {
            "c": Conversation("s", (Message("user", "first"), said)),
            "d": reply,
        }.items()
    }

    spans = told([started(), *request("1.1", 1, (1, 2))], Content(blobs.__getitem__))

    (asked,) = (facts(span) for span in spans if span["name"] == "chat claude-x")
    assert json.loads(asked["gen_ai.input.messages"]) == [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "look"},
                {"type": "tool_call_response", "id": "c0", "response": "it is there"},
            ],
        }
    ]
    assert json.loads(asked["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "I will"},
                {"type": "tool_call", "name": "read", "id": "c1", "arguments": {"path": "a.py"}},
            ],
            "finish_reason": "tool_call",
        }
    ]


def test_content_has_its_bound() -> None:
    blob = encode(Conversation("s", (Message("user", "long " * 10_000),)))
    requests = [one for number in range(300) for one in request(f"1.{number}", 1, (1, 2))]

    spans = told([started(), *requests], Content(lambda _: blob))

    kept = [facts(span).get("gen_ai.input.messages", "") for span in spans]
    assert max(map(len, kept)) < 8_100
    assert sum(map(len, kept)) < 1_100_000
    assert any(kept[:50])
    assert not any(kept[250:])


def test_what_commands_printed_is_content() -> None:
    spans = told(whole_run(), Content(lambda sha256: digest(sha256.encode()).encode()))

    assert {facts(span).get("changewright.output") for span in spans} == {None, WORDS}
