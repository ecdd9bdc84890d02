"""A run as spans: each within its parent, under the names of the tables, and without content."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.pages.trace import ATTRIBUTES, trace_line
from validators.verdict import Finding, Verdict
from workflows.model_requests import Request
from workflows.proposal import Attempt, EditReport
from workflows.run import RunSummary
from workflows.run_story import GateRun, Story, Try
from workflows.scope_map import ScopeMap
from workflows.task import Task

WORDS = "the words of a stranger"


def at(second: int) -> str:
    return f"2026-01-02T03:04:{second:02}Z"


@pytest.fixture
def story() -> Story:
    """A run of one attempt that failed, with an order of files before it and a push behind it."""
    order = Request("order-0/1.1", 0, "order of files", at(1), at(2), "m-small", None, 5)
    asked = Request("1.1", 1, "author", at(4), at(6), "claude-x", 0.5, 100, 10, 20, 30, 40)
    finding = Finding("tests", "x", "block", WORDS)
    attempt = Attempt(1, Verdict("fail", (finding,)), summary=WORDS)
    gate = GateRun("tests", "patched", "failed", 2.0, WORDS, WORDS, at(9))
    edits = tuple(EditReport("a.py", landed=landed, how="how") for landed in (True, False))
    one = Try(1, (asked,), edits, "d" * 40, at(7), (gate,), attempt, at(9), None, WORDS)
    effect = {"key": "push x", "kind": "push"}
    return Story(
        RunSummary("r1", "task-1", WORDS, WORDS, "failed", "fail", at(0), 1, 0.5, 105),
        Task(WORDS, WORDS, WORDS),
        {},
        is_held=False,
        last_at=at(12),
        tries=(one,),
        requests=(order, asked),
        scope_map=ScopeMap(),
        given=(),
        tokens_given=7,
        bundles=(),
        effects=(),
        moments=(
            (at(3), "scope.selected", {"files": [WORDS], "tokens": 7}),
            (at(4), "environment.ready", {"seconds": 0.5, "trouble": WORDS}),
            (at(10), "effect.intended", effect),
            (at(11), "effect.settled", effect),
        ),
        unread=0,
    )


def spans(story: Story) -> dict[str, dict[str, Any]]:
    document = json.loads(trace_line(story, "1.0"))
    (resource,) = document["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    return {span["name"]: span for span in scope["spans"]}


def facts(span: Mapping[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_the_spans_of_a_run_hang_together(story: Story) -> None:
    found = spans(story)

    parents = {name: span.get("parentSpanId") for name, span in found.items()}
    run, attempt = (found[name]["spanId"] for name in ("invoke_agent changewright", "attempt"))
    assert parents == {
        "invoke_agent changewright": None,
        "scope": run,
        "prepare environment": run,
        "publish push": run,
        "chat m-small": run,
        "attempt": run,
        "chat claude-x": attempt,
        "land edits": attempt,
        "gate tests": attempt,
    }
    assert len({span["spanId"] for span in found.values()}) == len(found)
    seconds = {
        name: (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e9
        for name, span in found.items()
    }
    assert seconds["invoke_agent changewright"] == 12
    assert seconds["prepare environment"] == 0.5
    assert seconds["gate tests"] == 2
    assert seconds["attempt"] == 5


def test_a_model_call_has_the_names_of_the_conventions(story: Story) -> None:
    assert facts(spans(story)["chat claude-x"]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.response.model": "claude-x",
        "gen_ai.usage.input_tokens": "80",  # what was cached is part of it
        "gen_ai.usage.output_tokens": "20",
        "gen_ai.usage.cache_read.input_tokens": "30",
        "gen_ai.usage.cache_creation.input_tokens": "40",
        "changewright.cost.usd": 0.5,
        "changewright.stage": "author",
    }
    assert "gen_ai.provider.name" not in facts(spans(story)["chat m-small"])


def test_what_failed_is_marked_and_no_content_is_told(story: Story) -> None:
    found = spans(story)

    errors = {name for name, span in found.items() if span.get("status", {}).get("code") == 2}
    assert errors == {"invoke_agent changewright", "prepare environment", "attempt"}
    assert WORDS not in trace_line(story, "1.0").decode()
    known = {*ATTRIBUTES.values()}
    assert {name for span in found.values() for name in facts(span)} <= known
