"""What every Model does, so that the scripted and the recorded one cannot lie about the real."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import pytest

from bot.adapters.claude_model.model import ClaudeModel
from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply
from validators.encoding import decode, digest, encode
from workflows.conversation import (
    Action,
    ActionCall,
    ActionResult,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    StopReason,
    Usage,
)
from workflows.ports import Model, ModelRefusal, ModelTrouble

LIMITS = ReplyLimits(max_tokens=1000, timeout_s=60)
READ = Action("read_file", "Read a file.", {"type": "object", "properties": {}})
ASKED = Conversation("You fix bugs.", (Message("user", "Fix it — 直して 🙂."),), (READ,))
CALL = ActionCall("call-1-1", "read_file", {"path": "a b/ü.py", "lines": [1, 2]})
RESULT = ActionResult("call-1-1", "def f(): ...")
CALLING = Message("model", "I read  the file.\n", (CALL,))
ANSWERED = Conversation(
    ASKED.system, (*ASKED.messages, CALLING, Message("user", results=(RESULT,))), (READ,)
)
STOPS = {"end": "end_turn", "actions": "tool_use", "length": "max_tokens", "refusal": "refusal"}

Turn = tuple[Conversation, Message, StopReason]
Make = Callable[[Sequence[Turn]], Model]


def scripted(turns: Sequence[Turn]) -> Model:
    return ScriptedModel(
        ScriptedReply(
            message.text,
            tuple(ScriptedCall(call.name, call.arguments) for call in message.calls),
            stop,
        )
        for _, message, stop in turns
    )


def recorded(turns: Sequence[Turn]) -> Model:
    return RecordedModel(
        (digest(encode(asked)), Reply(message, stop, Usage(10, 5), "recorded"))
        for asked, message, stop in turns
    )


@pytest.fixture(params=["claude", "scripted", "recorded"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param != "claude":
        return {"scripted": scripted, "recorded": recorded}[request.param]
    stand_in: Any = request.getfixturevalue("anthropic")

    def claude(turns: Sequence[Turn]) -> Model:
        for _, message, stop in turns:
            blocks: list[dict[str, Any]] = [{"type": "text", "text": message.text}]
            for call in message.calls:
                named = {"id": call.id, "name": call.name, "input": call.arguments}
                blocks.append({"type": "tool_use", **named})
            stand_in.says(stand_in.replies(*blocks, stop=STOPS[stop]))
        return ClaudeModel("sk-key", endpoint=stand_in.url)

    return claude


def test_the_text_observed_is_the_text_returned(make: Make) -> None:
    heard: list[str] = []
    message = Message("model", "Two words,\n  and 漢字.")
    reply = make([(ASKED, message, "end")]).reply(ASKED, LIMITS, heard.append)
    assert "".join(heard) == reply.message.text == message.text
    assert all(heard)
    assert (reply.message.role, reply.stop) == ("model", "end")


def test_nobody_has_to_watch(make: Make) -> None:
    assert make([(ASKED, Message("model", "Yes."), "end")]).reply(ASKED, LIMITS).stop == "end"


def test_a_call_is_asked_for_and_answered(make: Make) -> None:
    model = make([(ASKED, CALLING, "actions"), (ANSWERED, Message("model", "Done."), "end")])
    first = model.reply(ASKED, LIMITS)
    assert (first.message, first.stop) == (CALLING, "actions")
    assert model.reply(ANSWERED, LIMITS).message.text == "Done."


@pytest.mark.parametrize("stop", ["end", "length", "refusal"])
def test_a_turn_without_calls_says_why_it_ended(make: Make, stop: StopReason) -> None:
    reply = make([(ASKED, Message("model", "Hm."), stop)]).reply(ASKED, LIMITS)
    assert (reply.stop, reply.message.calls) == (stop, ())


def test_what_was_used_is_counted(make: Make) -> None:
    reply = make([(ASKED, Message("model", "Yes."), "end")]).reply(ASKED, LIMITS)
    assert reply.usage.requests == 1
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0
    assert reply.usage.usd is None or reply.usage.usd >= 0
    assert not reply.usage.at_least
    assert reply.model


def test_a_reply_survives_the_journal(make: Make) -> None:
    reply = make([(ASKED, CALLING, "actions")]).reply(ASKED, LIMITS)
    assert decode(encode(reply), Reply) == reply


def test_a_refusal_has_a_trouble_and_words(make: Make) -> None:
    model = make([(ASKED, Message("model", "Yes."), "end")])
    model.reply(ASKED, LIMITS)
    # The stand-in has no answer left either, and refuses the request.
    with pytest.raises(ModelRefusal) as caught:
        model.reply(ASKED, LIMITS)
    assert caught.value.trouble in get_args(ModelTrouble)
    assert len(str(caught.value)) > 20
    assert caught.value.usage is None or caught.value.usage.tokens == 0


def test_estimates_cost_nothing_and_grow(make: Make) -> None:
    model = make([])
    estimates = [model.estimate_tokens("def f(x): return x + 1\n" * n) for n in (0, 1, 10, 1000)]
    assert estimates == sorted(set(estimates))
    assert estimates[0] >= 0
    # At least four signs a token, for whoever asks.
    assert estimates[-1] >= 23_000 / 4
    price = model.price_usd(1000, 1000)
    assert price is None or price >= 0
    assert model.name
