"""Everything the vendor and the line between can do to a reply, over real HTTP on this machine."""

import itertools
import random
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.adapters.claude_model.client import Bounds, opened
from bot.adapters.claude_model.model import ClaudeModel, Patience
from bot.adapters.claude_model.request import request_body
from bot.configuration.endpoints import DEFAULT_MODEL, Endpoint
from tests.ending import LIMIT_S
from validators.encoding import decode, encode
from workflows.actions import ACTIONS, EDITOR
from workflows.conversation import (
    Action,
    ActionCall,
    ActionResult,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    Usage,
)
from workflows.opinion_prompts import VERDICT
from workflows.ports import ModelRefusal

# Of the module that conftest loads: tests are no package to import it from.
StandIn = Any
KEY = "sk-ant-not-a-real-key-0123456789"
LIMITS = ReplyLimits(max_tokens=500, timeout_s=60.0)
READ = Action(
    "read_file",
    "Read a file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    },
)
ASKED = Conversation("You fix bugs.", (Message("user", "Fix words()."),), (READ,))
CALL = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {"path": "tally.py"}}
THOUGHT = {"type": "thinking", "thinking": "Where is words()?", "signature": "c2lnbmVk"}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


class Waits:
    """A clock that only moves by sleeping, and remembers how long that was."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def patience(self) -> Patience:
        return Patience(self.sleep, lambda: 1.0, lambda: sum(self.slept))


def model(anthropic: StandIn, **given: object) -> ClaudeModel:
    defaults: dict[str, Any] = {"endpoint": anthropic.url, "patience": Waits().patience()}
    return ClaudeModel(KEY, **(defaults | given))


def refused(ask: Callable[[], object]) -> ModelRefusal:
    with pytest.raises(ModelRefusal) as caught:
        ask()
    return caught.value


def ask(anthropic: StandIn, conversation: Conversation = ASKED, **given: object) -> Reply:
    return model(anthropic, **given).reply(conversation, LIMITS)


# --- what is sent ---------------------------------------------------------------------------------


def test_the_request_caches_its_prefix_and_holds_calls_to_their_schema(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("Done.")))
    ask(anthropic, effort="low")
    mark = {"type": "ephemeral"}
    assert anthropic.requests[0].body == {
        "model": DEFAULT_MODEL,
        "max_tokens": 500,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Fix words().", "cache_control": mark}],
            }
        ],
        "system": [{"type": "text", "text": "You fix bugs.", "cache_control": mark}],
        "tools": [
            {
                "name": "read_file",
                "description": "Read a file.",
                "input_schema": READ.schema,
                "strict": True,
            }
        ],
        "output_config": {"effort": "low"},
        "stream": True,
    }
    headers = anthropic.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert anthropic.requests[0].path == "/v1/messages"


def test_the_editor_is_the_one_the_vendors_models_know(anthropic: StandIn) -> None:
    name = "str_replace_based_edit_tool"
    view = {"command": "view", "path": "a.py"}
    call = {"type": "tool_use", "id": "toolu_1", "name": name, "input": view}
    anthropic.says(anthropic.replies(call, stop="tool_use"), anthropic.replies(text("Done.")))
    offered = replace(ASKED, actions=(EDITOR, READ))

    reply = ask(anthropic, offered)

    assert reply.message.calls == (ActionCall("toolu_1", "editor", view),)
    answer = Message("user", results=(ActionResult("toolu_1", "1 x"),))
    ask(anthropic, replace(offered, messages=(*offered.messages, reply.message, answer)))
    for request in anthropic.requests:
        assert request.body["tools"][0] == {"type": "text_editor_20250728", "name": name}
        assert request.body["tools"][1]["name"] == "read_file"
    assert anthropic.requests[1].body["messages"][1]["content"] == [call]


@pytest.mark.parametrize("action", ACTIONS[1:], ids=lambda action: action.name)
def test_every_action_is_held_to_its_schema_less_the_limits_we_check(
    anthropic: StandIn, action: Action
) -> None:
    anthropic.says(anthropic.replies(text("Done.")))
    ask(anthropic, replace(ASKED, actions=(action,)))
    (tool,) = anthropic.requests[0].body["tools"]
    assert (tool["name"], tool["strict"]) == (action.name, True)
    kept = tool["input_schema"]["properties"]
    assert kept.keys() == action.schema["properties"].keys()
    assert all(one.keys() <= {"type", "enum"} for one in kept.values())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"line": {"type": "integer", "minimum": 1}}},
        {"type": "object", "properties": {"path": {}}, "additionalProperties": False},
    ],
)
def test_a_schema_the_vendor_cannot_hold_is_sent_without_strictness(
    anthropic: StandIn, schema: dict[str, Any]
) -> None:
    anthropic.says(anthropic.replies(text("Done.")))
    ask(anthropic, replace(ASKED, actions=(replace(READ, schema=schema),)))
    assert "strict" not in anthropic.requests[0].body["tools"][0]


def test_a_second_opinion_is_held_to_its_schema(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("Done.")))
    ask(anthropic, replace(ASKED, actions=(VERDICT,)))
    assert anthropic.requests[0].body["tools"][0]["strict"] is True


def test_thinking_goes_back_unchanged_and_in_its_place(anthropic: StandIn) -> None:
    second = {**THOUGHT, "thinking": "And its tests?", "signature": "YWdhaW4="}
    hidden = {"type": "redacted_thinking", "data": "aGlkZGVu"}
    blocks = [THOUGHT, text("I read it."), second, hidden, text(" Now:"), CALL]
    anthropic.says(anthropic.replies(*blocks, stop="tool_use"), anthropic.replies(text("Done.")))

    reply = ask(anthropic)
    # As it comes back from the journal.
    turn = decode(encode(reply.message), Message)
    assert turn.text == "I read it. Now:"
    answer = Message(
        "user", "Go on.", results=(ActionResult("toolu_1", "no such file", failed=True),)
    )
    ask(anthropic, replace(ASKED, messages=(*ASKED.messages, turn, answer)))

    sent = anthropic.requests[1].body["messages"]
    assert sent[1] == {"role": "assistant", "content": blocks}
    assert sent[2]["content"][0] == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": "no such file",
        "is_error": True,
    }


def test_another_model_is_not_shown_the_thinking(anthropic: StandIn) -> None:
    anthropic.says(
        anthropic.replies(THOUGHT, text("I read."), CALL, stop="tool_use"),
        anthropic.replies(text("Done.")),
    )
    turn = ask(anthropic).message
    answer = Message("user", results=(ActionResult("toolu_1", "def words(): ..."),))
    asked = replace(ASKED, messages=(*ASKED.messages, turn, answer))
    ask(anthropic, asked, model="claude-haiku-5-5")
    assert anthropic.requests[1].body["messages"][1]["content"] == [text("I read."), CALL]


def test_a_turn_that_was_changed_since_is_sent_as_it_is_now() -> None:
    note = {"model": "m", "blocks": [{"block": THOUGHT}, {"chars": 9}]}
    turn = Message("model", "Shorter.", opaque=(note,))
    body = request_body(Conversation("", (turn, Message("user", "Go on."))), "m", 10, None)
    assert body["messages"][0]["content"] == [text("Shorter.")]
    assert "system" not in body
    assert "tools" not in body


def test_the_prefix_of_a_conversation_never_changes(anthropic: StandIn) -> None:
    anthropic.says(*[anthropic.replies(text(f"Part {i}.")) for i in range(4)])
    asked = ASKED
    for i in range(4):
        turn = ask(anthropic, asked).message
        asked = replace(asked, messages=(*asked.messages, turn, Message("user", f"Go on {i}.")))

    def unmarked(body: dict[str, Any]) -> list[dict[str, Any]]:
        blocks = [block for turn in body["messages"] for block in turn["content"]]
        return [{k: v for k, v in block.items() if k != "cache_control"} for block in blocks]

    bodies = [request.body for request in anthropic.requests]
    for earlier, later in pairwise(bodies):
        assert later["system"] == earlier["system"]
        assert later["tools"] == earlier["tools"]
        assert unmarked(later)[: len(unmarked(earlier))] == unmarked(earlier)
    marked = ["cache_control" in turn["content"][-1] for turn in bodies[-1]["messages"]]
    assert marked == [True, False, False, False, True, False, True]


def test_turns_without_words_are_left_out(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("Done.")))
    messages = (*ASKED.messages, Message("model", " "), Message("user", "Go on."))
    ask(anthropic, replace(ASKED, messages=messages))
    assert [turn["role"] for turn in anthropic.requests[0].body["messages"]] == ["user", "user"]


@pytest.mark.parametrize("messages", [(), (Message("user", "a"), Message("model", "b"))])
def test_words_are_not_put_into_the_models_mouth(
    anthropic: StandIn, messages: tuple[Message, ...]
) -> None:
    refusal = refused(lambda: ask(anthropic, replace(ASKED, messages=messages)))
    assert refusal.trouble == "rejected"
    assert anthropic.requests == []


# --- what comes back ------------------------------------------------------------------------------


def test_a_reply_is_heard_in_pieces_and_counted_from_the_raw_usage(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("One more word than two."), output_tokens=300))
    heard: list[str] = []
    reply = model(anthropic).reply(ASKED, LIMITS, heard.append)
    assert heard == ["One m", "ore w", "ord t", "han t", "wo."]
    # $/MTok of Sonnet 5.5: 2 in, 10 out, 0.1 read from and 2.5 written to the cache.
    usd = (1000 * 2 + 300 * 10 + 200 * 0.1 + 400 * 2.5) / 1e6
    assert reply.usage.usd == pytest.approx(usd)
    assert reply == Reply(
        Message("model", "One more word than two."),
        "end",
        Usage(1000, 300, 200, 400, usd=reply.usage.usd),
        "claude-sonnet-5-5",
    )


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("end_turn", "end"),
        ("stop_sequence", "end"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refusal"),
        ("pause_turn", "other"),
        ("a_word_of_tomorrow", "other"),
        (None, "other"),
        # It says it asks for something, and does not.
        ("tool_use", "other"),
    ],
)
def test_why_a_turn_ended_has_a_name(anthropic: StandIn, word: str | None, stop: str) -> None:
    anthropic.says(anthropic.replies(text("Well."), stop=word))
    assert ask(anthropic).stop == stop


def test_calls_are_made_only_when_the_turn_ended_for_them(anthropic: StandIn) -> None:
    anthropic.says(
        anthropic.replies(CALL, stop="tool_use"),
        anthropic.replies(text("x"), CALL, stop="end_turn"),
        anthropic.replies(text("x"), {**CALL, "input": '{"path": "tal'}, stop="max_tokens"),
    )
    assert ask(anthropic).message.calls == (
        ActionCall("toolu_1", "read_file", {"path": "tally.py"}),
    )
    assert ask(anthropic).message == Message("model", "x")
    cut = ask(anthropic)
    assert (cut.stop, cut.message) == ("length", Message("model", "x"))


def test_a_call_without_arguments_has_none(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies({**CALL, "input": ""}, stop="tool_use"))
    assert ask(anthropic).message.calls[0].arguments == {}


@pytest.mark.parametrize(
    "wrong",
    [{"input": '{"path": "tal'}, {"input": '["tally.py"]'}, {"input": "{}", "name": None}],
)
def test_a_call_that_is_not_whole_is_a_broken_stream(
    anthropic: StandIn, wrong: dict[str, Any]
) -> None:
    anthropic.says(anthropic.replies({**CALL, **wrong}, stop="tool_use"))
    refusal = refused(lambda: ask(anthropic))
    assert refusal.trouble == "broken-stream"
    assert refusal.usage is not None
    assert (refusal.usage.output_tokens, refusal.usage.at_least) == (30, False)


def test_thinking_that_was_cut_off_is_not_sent_back(anthropic: StandIn) -> None:
    cut = {**THOUGHT, "signature": ""}
    anthropic.says(anthropic.replies(cut, stop="max_tokens"), anthropic.replies(text("Done.")))
    turn = ask(anthropic).message
    asked = replace(ASKED, messages=(*ASKED.messages, turn, Message("user", "Shorter.")))
    ask(anthropic, asked)
    assert [turn["role"] for turn in anthropic.requests[1].body["messages"]] == ["user", "user"]


def test_a_kind_of_block_of_tomorrow_is_kept_and_sent_back(anthropic: StandIn) -> None:
    new = {"type": "compacted", "content": "what was said"}
    anthropic.says(anthropic.replies(new, text("Done.")))
    turn = ask(anthropic).message
    assert turn.text == "Done."
    assert turn.opaque[0]["blocks"][0] == {"block": new}


def test_half_a_surrogate_pair_does_not_get_into_the_journal(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("ab\ud83dcd")))
    heard: list[str] = []
    reply = model(anthropic).reply(ASKED, LIMITS, heard.append)
    assert decode(encode(reply), Reply).message.text == "ab?cd" == "".join(heard)


def test_a_fault_of_the_one_who_listens_flies(anthropic: StandIn) -> None:
    anthropic.says(anthropic.replies(text("Hello.")))

    def deaf(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        model(anthropic).reply(ASKED, LIMITS, deaf)


# --- streams that break ---------------------------------------------------------------------------


def broken(anthropic: StandIn, cut: Callable[[Any], Any]) -> ModelRefusal:
    whole = anthropic.replies(text("word " * 200), output_tokens=250)
    anthropic.says(cut(whole), anthropic.replies(text("must not be asked for")))
    refusal = refused(lambda: ask(anthropic))
    assert refusal.trouble == "broken-stream"
    assert len(anthropic.requests) == 1
    return refusal


@pytest.mark.parametrize("how", ["ends", "breaks"])
def test_a_stream_without_its_end_is_no_reply_and_not_asked_for_twice(
    anthropic: StandIn, how: str
) -> None:
    refusal = broken(anthropic, lambda whole: replace(whole, events=whole.events[:-2], how=how))
    assert refusal.usage is not None
    assert refusal.usage.at_least
    # Of 800 letters received, at the very least.
    assert refusal.usage.output_tokens == 100
    assert refusal.usage.input_tokens == 1000
    assert refusal.usage.usd == pytest.approx((1000 * 2 + 100 * 10 + 200 * 0.1 + 1000) / 1e6)


def test_only_the_end_mark_makes_a_reply_whole(anthropic: StandIn) -> None:
    refusal = broken(anthropic, lambda whole: replace(whole, events=whole.events[:-1]))
    assert refusal.usage is not None
    assert refusal.usage.output_tokens == 250


def test_a_whole_reply_is_not_kept_waiting_for_the_connections_end(anthropic: StandIn) -> None:
    anthropic.says(replace(anthropic.replies(text("Done.")), how="pings"))
    assert ask(anthropic).message.text == "Done."


def test_an_error_in_the_stream_is_told(anthropic: StandIn) -> None:
    error = ("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}})
    whole = anthropic.replies(text("word " * 200))
    anthropic.says(replace(whole, events=(*whole.events[:6], error)))
    refusal = refused(lambda: ask(anthropic))
    assert refusal.trouble == "overloaded"
    assert refusal.usage is not None
    assert refusal.usage.at_least
    assert len(anthropic.requests) == 1
    assert "Overloaded" in str(refusal)


@pytest.mark.parametrize("start", [0, 1])
def test_a_stream_that_never_began_is_booked_with_its_prompt(
    anthropic: StandIn, start: int
) -> None:
    refusal = broken(
        anthropic, lambda whole: replace(whole, events=whole.events[start:][:start], how="breaks")
    )
    booked_with_the_prompt(refusal)


def booked_with_the_prompt(refusal: ModelRefusal) -> None:
    usage = refusal.usage
    assert usage is not None
    assert 100 < usage.input_tokens < 1_000
    assert usage.usd == pytest.approx(usage.input_tokens * 2 / 1e6)
    assert (usage.output_tokens, usage.requests, usage.at_least) == (0, 1, True)


@pytest.mark.parametrize(
    "events",
    [
        (("message_start", {"message": {"type": "message", "role": "assistant"}}),),
        (("content_block_delta", {"index": 7, "delta": {"type": "text_delta", "text": "x"}}),),
        (("message_delta", {"delta": None, "usage": None}),),
        (("content_block_start", {"index": 0, "content_block": 3}),),
    ],
)
def test_events_of_the_wrong_shape_are_a_broken_stream(
    anthropic: StandIn, events: tuple[Any, ...]
) -> None:
    broken(anthropic, lambda whole: replace(whole, events=(whole.events[0], *events)))


def test_text_before_the_start_is_no_reply(anthropic: StandIn) -> None:
    early = ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": None}})
    refusal = broken(anthropic, lambda whole: replace(whole, events=(early, *whole.events)))
    assert "AttributeError" in str(refusal)


def test_a_kind_of_event_of_tomorrow_is_passed_over(anthropic: StandIn) -> None:
    whole = anthropic.replies(text("Done."))
    new = ("message_weighed", {"type": "message_weighed", "grams": 3})
    events = (whole.events[0], new, *whole.events[1:])
    anthropic.says(replace(whole, events=events))
    assert ask(anthropic).message.text == "Done."


def test_a_reply_that_says_nothing_of_itself_is_still_one(anthropic: StandIn) -> None:
    bare = ("message_start", {"message": {"type": "message", "role": "assistant"}})
    end: tuple[str, dict[str, Any]] = ("message_stop", {})
    anthropic.says(replace(anthropic.replies(), events=(bare, end)))
    reply = ask(anthropic)
    assert (reply.message, reply.stop, reply.model) == (Message("model"), "other", DEFAULT_MODEL)
    assert reply.usage.tokens == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/html", b"<html>Please log in</html>"), ("application/json", b'{"type": "message"}')],
)
def test_an_answer_that_is_no_stream_is_no_reply(
    anthropic: StandIn, kind: str, body: bytes
) -> None:
    anthropic.says(anthropic.page(kind, body))
    refusal = refused(lambda: ask(anthropic))
    assert refusal.trouble == "rejected"
    assert kind in str(refusal)
    assert "check the endpoint" in str(refusal)
    assert refusal.usage == Usage(usd=0.0, at_least=True)


def test_a_stream_of_pings_ends_when_the_time_is_over(anthropic: StandIn) -> None:
    whole = anthropic.replies(text("Hello."))
    anthropic.says(replace(whole, events=whole.events[:5], how="pings"))
    looks = itertools.count(0.0, LIMITS.timeout_s / 10)
    impatient = model(anthropic, patience=Patience(now=lambda: next(looks)))
    refusal = refused(lambda: impatient.reply(ASKED, LIMITS))
    assert refusal.trouble == "broken-stream"
    assert "not finished after 60 s" in str(refusal)


# --- before the stream begins ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_what_was_refused_unpaid_is_asked_again(anthropic: StandIn, status: int) -> None:
    waits = Waits()
    anthropic.says(
        anthropic.refuses(status, "api_error", "busy"),
        anthropic.refuses(status, "api_error", "busy", retry_after="7"),
        anthropic.replies(text("Done.")),
    )
    reply = ask(anthropic, patience=replace(waits.patience(), now=lambda: 0.0))
    assert reply.usage.requests == 3
    assert waits.slept == [1.0, 8.75]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("3600", 37.5), ("Sat, 21 Nov 2026 09:00:00 GMT", 1.0), ("-5", 1.0), ("nan", 1.0), ("0", 1.0)],
)
def test_the_vendors_wish_to_wait_has_bounds(anthropic: StandIn, asked: str, waited: float) -> None:
    waits = Waits()
    anthropic.says(
        anthropic.refuses(429, "rate_limit_error", "slow down", retry_after=asked),
        anthropic.replies(text("Done.")),
    )
    ask(anthropic, patience=replace(waits.patience(), now=lambda: 0.0))
    assert waits.slept == [waited]


def test_three_posts_are_the_most(anthropic: StandIn) -> None:
    waits = Waits()
    anthropic.says(*[anthropic.refuses(529, "overloaded_error", "busy") for _ in range(4)])
    refusal = refused(lambda: ask(anthropic, patience=waits.patience()))
    assert refusal.trouble == "overloaded"
    assert len(anthropic.requests) == 3
    assert waits.slept == [1.0, 2.0]
    assert refusal.usage == Usage(requests=3, usd=0.0)
    assert "answered 529 to post 3: busy; try again later" in str(refusal)


def test_no_wait_goes_past_the_time_a_reply_has(anthropic: StandIn) -> None:
    waits = Waits()
    busy = anthropic.refuses(429, "rate_limit_error", "slow down", retry_after="3600")
    anthropic.says(busy, busy, busy)
    assert refused(lambda: ask(anthropic, patience=waits.patience())).trouble == "overloaded"
    assert waits.slept == [37.5]
    assert len(anthropic.requests) == 2


@pytest.mark.parametrize(
    ("status", "kind", "words", "trouble"),
    [
        (400, "invalid_request_error", "max_tokens is too large", "rejected"),
        (401, "authentication_error", "invalid x-api-key", "rejected"),
        (403, "permission_error", "not this model", "rejected"),
        (404, "not_found_error", "model: claude-none", "rejected"),
        (413, "request_too_large", "Request exceeds the maximum size", "too-large"),
        (400, "invalid_request_error", "prompt is too long: 1 tokens > 0 maximum", "too-large"),
        (408, "timeout_error", "too slow", "overloaded"),
        (502, "api_error", "bad gateway", "overloaded"),
        (504, "timeout_error", "gateway timeout", "overloaded"),
        (402, "billing_error", "pay first", "spend-limit"),
        (403, "billing_error", "pay first", "spend-limit"),
        (400, "invalid_request_error", "Your credit balance is too low", "spend-limit"),
    ],
)
def test_what_asking_again_cannot_mend_is_asked_once(
    anthropic: StandIn, status: int, kind: str, words: str, trouble: str
) -> None:
    anthropic.says(anthropic.refuses(status, kind, words))
    refusal = refused(lambda: ask(anthropic))
    assert refusal.trouble == trouble
    assert len(anthropic.requests) == 1
    assert f"answered {status} to post 1: {words}; " in str(refusal)


def test_a_place_that_is_none_is_told_with_what_names_it(anthropic: StandIn) -> None:
    anthropic.says(anthropic.refuses(404, "not_found_error", "no such path"))
    assert "model.endpoint, which ends before /v1" in str(refused(lambda: ask(anthropic)))


def test_a_spent_limit_is_no_rate_limit(anthropic: StandIn) -> None:
    answer = anthropic.refuses(429, "rate_limit_error", "limit")
    body = (
        b'{"type": "error", "error": {"type": "rate_limit_error", "message": "limit",'
        b' "details": {"error_code": "contract_spend_limit_reached"}}}'
    )
    anthropic.says(replace(answer, body=body))
    assert refused(lambda: ask(anthropic)).trouble == "spend-limit"
    assert len(anthropic.requests) == 1


def test_a_vendor_that_hangs_up_before_it_answers_is_not_asked_again(anthropic: StandIn) -> None:
    refusal = broken(anthropic, lambda whole: replace(whole, how="hangs-up"))
    booked_with_the_prompt(refusal)


def test_a_place_where_nobody_answers_is_said(anthropic: StandIn) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        waits = Waits()
        patience = waits.patience()
        refusal = refused(lambda: ask(anthropic, endpoint=f"http://{address}", patience=patience))
    assert refusal.trouble == "overloaded"
    assert waits.slept == [1.0, 2.0]
    assert str(refusal).startswith(f"{address} cannot be reached; check")


# --- the key --------------------------------------------------------------------------------------


def test_the_key_is_in_no_message_and_no_repr(anthropic: StandIn) -> None:
    anthropic.says(anthropic.refuses(401, "authentication_error", f"bad key {KEY}\x1b[31m!"))
    asking = model(anthropic)
    refusal = refused(lambda: asking.reply(ASKED, LIMITS))
    shown = "".join(traceback.format_exception(refusal))
    assert KEY not in shown + repr(asking) + str(refusal.__dict__)
    assert "bad key [key]?[31m!" in str(refusal)


def test_neither_prompt_nor_key_follows_a_redirect(
    anthropic: StandIn, anthropic_module: ModuleType
) -> None:
    elsewhere = anthropic_module.StandIn()
    try:
        target = {"location": f"{elsewhere.url}/v1/messages"}
        anthropic.says(anthropic_module.Answer(307, target))
        assert refused(lambda: ask(anthropic)).trouble == "rejected"
        assert elsewhere.requests == []
    finally:
        elsewhere.close()


def library(*, is_traced: bool = False) -> Any:
    http, client = opened(Endpoint(), KEY, Bounds(lambda: 0.0, 1.0, 1.0, 10), is_traced=is_traced)
    http.close()
    return client


def test_the_librarys_own_variables_choose_nothing(
    anthropic: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another")
    anthropic.says(anthropic.replies(text("Done.")))
    ask(anthropic)
    assert anthropic.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert str(library().base_url) == "https://api.anthropic.com"


@pytest.mark.parametrize("key", ["", " ", f"{KEY}\n", "schlüssel"])
def test_what_cannot_be_a_key_is_refused_unseen(key: str) -> None:
    refusal = refused(lambda: ClaudeModel(key))
    assert refusal.trouble == "no-key"
    assert "ANTHROPIC_API_KEY" in str(refusal)
    assert key.strip() == "" or key.strip() not in str(refusal)


@pytest.mark.parametrize("endpoint", ["api.anthropic.com", "ftp://host", "http://", "http://[x"])
def test_an_endpoint_must_be_an_address(endpoint: str) -> None:
    assert refused(lambda: ClaudeModel(KEY, endpoint=endpoint)).trouble == "rejected"


def test_a_password_in_the_endpoint_is_not_repeated(anthropic: StandIn) -> None:
    anthropic.says(anthropic.refuses(400, "invalid_request_error", "no"))
    endpoint = anthropic.url.replace("://", "://user:hidden@")
    assert "hidden" not in str(refused(lambda: ask(anthropic, endpoint=endpoint)))


# --- the rest -------------------------------------------------------------------------------------


def test_the_library_traces_only_when_asked_to() -> None:
    for is_traced in (True, False):
        traced = library(is_traced=is_traced).open_telemetry
        assert traced["traces"]["enabled"] is is_traced
        assert traced["propagation"] is is_traced


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from bot.adapters.claude_model.model import ClaudeModel;"
        "ClaudeModel('k').estimate_tokens('x');"
        "print({'anthropic', 'httpx2', 'genai_prices', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        timeout=LIMIT_S,
    )
    assert done.stdout == "set()\n"


def test_the_price_of_a_model_is_known_or_said_to_be_not() -> None:
    # All of the input written to the cache: the dearest that can happen.
    assert ClaudeModel(KEY).price_usd(1_000_000, 100_000) == pytest.approx(2.5 + 1.0)
    assert ClaudeModel(KEY, model="claude-none").price_usd(1, 1) is None


def test_the_price_is_that_of_who_answered_or_else_of_who_was_asked(anthropic: StandIn) -> None:
    anthropic.says(
        anthropic.replies(text("x"), model="claude-opus-5-5"),
        anthropic.replies(text("x"), model="claude-none"),
    )
    opus, unknown = ask(anthropic), ask(anthropic)
    assert opus.usage.usd == pytest.approx((1000 * 4 + 30 * 20 + 200 * 0.2 + 400 * 5) / 1e6)
    assert unknown.usage.usd == pytest.approx((1000 * 2 + 30 * 10 + 200 * 0.1 + 400 * 2.5) / 1e6)
    assert unknown.model == "claude-none"


@pytest.mark.parametrize(
    ("words", "at_least"),
    [
        ("", 1),
        ("The quick brown fox jumps over the lazy dog. " * 10, 100),
        ("    if (x[i] == 42) { return y->z; }\n" * 10, 150),
        ("3.14159265358979323846", 8),
        ("漢字仮名交じり文", 8),
        ("Привет, мир", 4),
        ("😀👩‍👩‍👧‍👦", 10),
        ("\ud800", 1),
    ],
)
def test_tokens_are_never_estimated_much_too_few(words: str, at_least: int) -> None:
    estimate = ClaudeModel(KEY).estimate_tokens(words)
    assert at_least <= estimate <= len(words.encode("utf-8", "surrogatepass")) + 1


def test_patience_is_the_machines_own_unless_given() -> None:
    assert Patience() == Patience(time.sleep, random.random, time.monotonic)


# --- and what the stand-in is there to catch ------------------------------------------------------

MARK = {"type": "ephemeral"}
USER = {"role": "user", "content": [text("Fix it.")]}
CALLED = {"role": "assistant", "content": [CALL]}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"temperature": 0}, "body.temperature is unknown"),
        ({"max_tokens": "500"}, "body.max_tokens is '500', not int"),
        ({"messages": None}, "body.messages is no list"),
        ({"output_config": {"effort": "huge"}}, "body.output_config.effort is 'huge'"),
        ({"system": [{"type": "text", "words": "x"}]}, "body.system[0].words is unknown"),
        ({"messages": [USER | {"content": [CALL | {"input": "x"}]}]}, "input is no object"),
        ({"stream": False}, "body.stream is False"),
        ({"messages": [USER, CALLED, USER]}, "calls ['toolu_1'] are answered by results []"),
        ({"messages": [USER, {**CALLED, "content": [text("{")]}]}, "must begin and end"),
        ({"messages": [USER | {"content": [text(" ")]}]}, "a text block without words"),
        ({"thinking": {"type": "disabled"}}, "thinking cannot be"),
        ({"tool_choice": {"type": "any"}}, "a forced tool_choice"),
        ({"system": [text("x") | {"cache_control": MARK}] * 5}, "more than 4"),
        (
            {"tools": [{"name": "x", "strict": True, "input_schema": {"type": "object"}}]},
            "x is strict and open",
        ),
    ],
)
def test_the_stand_in_complains_of_a_wrong_request(
    anthropic_module: ModuleType, change: dict[str, Any], complaint: str
) -> None:
    right = {"model": "m", "max_tokens": 1, "messages": [USER], "stream": True}
    typed = anthropic_module.MessageCreateParamsStreaming

    def said(body: dict[str, Any]) -> str:
        wrong = anthropic_module.complaints(body, typed, "body")
        return "; ".join(wrong or anthropic_module.broken_rules(body))

    assert said(right) == ""
    assert complaint in said(right | change)
