"""A recorded run answers the same questions the same way, and no other question."""

from dataclasses import replace

import pytest

from bot.adapters.recorded_model import RecordedModel
from validators.encoding import digest, encode
from workflows.conversation import (
    Action,
    ActionCall,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    Usage,
)
from workflows.ports import ModelRefusal

CALL = ActionCall("1", "read_file", {"path": "app.py"})
ASKED = Conversation(
    "You fix bugs.",
    (Message("user", "The total is wrong."), Message("model", "", (CALL,)), Message("user", "x")),
    (Action("read_file", "Read a file.", {"type": "object"}),),
)
REPLY = Reply(Message("model", "Done."), "end", Usage(10, 5, usd=0.5), "some-model")


def mismatch(asked: Conversation, *, has_blobs: bool = True) -> str:
    kept = {digest(encode(ASKED)): encode(ASKED)}
    model = RecordedModel([(digest(encode(ASKED)), REPLY)], kept.__getitem__ if has_blobs else None)
    with pytest.raises(ModelRefusal) as caught:
        model.reply(asked, ReplyLimits())
    assert caught.value.trouble == "mismatch"
    # Who asks the right thing after it still gets the answer.
    assert model.reply(ASKED, ReplyLimits()) == REPLY
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (
            replace(ASKED, messages=(Message("user", "The total was wrong."), *ASKED.messages[1:])),
            "messages[0].text from character 10: 'is wrong.' then, 'was wrong.' now",
        ),
        (
            replace(ASKED, messages=(*ASKED.messages[:2], Message("user", "xy"))),
            "messages[2].text from character 1: '' then, 'y' now",
        ),
        (replace(ASKED, messages=ASKED.messages[:1]), "messages: 3 then, 1 now"),
        # The system's words are met first.
        (
            Conversation("You write tests.", ()),
            "system from character 4: 'fix bugs.' then, 'write tests.' now",
        ),
        (
            replace(
                ASKED,
                messages=(
                    ASKED.messages[0],
                    Message("model", "", (replace(CALL, arguments={"path": 1}),)),
                    ASKED.messages[2],
                ),
            ),
            "messages[1].calls[0].arguments.path: 'app.py' then, 1 now",
        ),
        (
            replace(ASKED, actions=(replace(ASKED.actions[0], schema={"type": "object", "z": 1}),)),
            "actions[0].schema.z: None then, 1 now",
        ),
    ],
)
def test_another_question_is_refused_with_the_place_that_differs(
    asked: Conversation, where: str
) -> None:
    said = mismatch(asked)
    assert said == f"request 1 is not the recorded one; they first differ in {where}"


def test_without_the_recorded_conversation_the_difference_is_not_guessed() -> None:
    said = mismatch(replace(ASKED, system=""), has_blobs=False)
    assert said == "request 1 is not the recorded one"


def test_a_reply_costs_what_it_cost() -> None:
    model = RecordedModel([(digest(encode(ASKED)), REPLY)])
    assert model.price_usd(1, 1) == 0.5
    assert model.reply(ASKED, ReplyLimits()).usage == REPLY.usage
    with pytest.raises(ModelRefusal, match="had 1 replies and one more") as caught:
        model.reply(ASKED, ReplyLimits())
    assert caught.value.trouble == "exhausted"
    assert RecordedModel([]).price_usd(1, 1) == 0.0


def test_what_was_said_of_the_time_it_had_taken_is_no_difference() -> None:
    def told(words: str) -> Conversation:
        text = f"x\n\n[budget: 80 % used] {words} are used. Finish."
        return replace(ASKED, messages=(*ASKED.messages[:2], Message("user", text)))

    then = told("24 of 30 minutes")
    kept = {digest(encode(then)): encode(then)}
    for now in (ASKED, told("25 of 30 minutes")):
        model = RecordedModel([(digest(encode(then)), REPLY)], kept.__getitem__)
        assert model.reply(now, ReplyLimits()) == REPLY
