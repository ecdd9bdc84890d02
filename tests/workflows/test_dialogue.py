"""A request is reserved before it is sent, settled before it is read, and kept word for word."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply, ScriptedUsage
from tests.workflows.test_picture import png
from validators.encoding import decode
from workflows.budget import Budget
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
from workflows.dialogue import Dialogue
from workflows.picture import Picture, picture_of
from workflows.ports import ModelRefusal, ModelTrouble
from workflows.purse import Allowance, BudgetRefusal, Purse, text_of
from workflows.quoting import Words, fenced
from workflows.recorder import Recorder

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

OPENING = Conversation("system", (Message("user", "hello"),), (Action("read", "reads", {}),))
USED = ScriptedUsage(input_tokens=100, output_tokens=10)


def opened(
    studio: "Studio", model: ScriptedModel, budget: Budget | None = None, max_tokens: int = 50
) -> Dialogue:
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"), studio.seen.append)
    allowance = Allowance(
        budget or Budget(), ReplyLimits(max_tokens), lambda: studio.seconds, studio.seconds
    )
    return Dialogue(model, recorder, allowance, OPENING)


def ignore(_: str) -> None:
    pass


def test_each_turn_carries_all_turns_before_it(studio: "Studio") -> None:
    call = ScriptedCall("read", {"path": "a"})
    model = ScriptedModel([ScriptedReply("one", (call,)), ScriptedReply("two")])
    dialogue = opened(studio, model)

    dialogue.ask(1, ignore)
    dialogue.say("", (ActionResult("call-1-1", "content"),))
    reply = dialogue.ask(1, ignore)

    assert reply.message == Message("model", "two")
    first, second = studio.asked()
    assert first == OPENING
    assert second.messages == (
        Message("user", "hello"),
        Message("model", "one", (ActionCall("call-1-1", "read", {"path": "a"}),)),
        Message("user", "", results=(ActionResult("call-1-1", "content"),)),
    )
    assert (second.system, second.actions, dialogue.actions) == (
        "system",
        OPENING.actions,
        OPENING.actions,
    )


def test_pictures_are_counted_before_the_request_and_replayed_by_their_hash(
    studio: "Studio",
) -> None:
    class Seeing(ScriptedModel):
        def picture_tokens(self, picture: Picture) -> int:
            return picture.width

    model = Seeing([ScriptedReply("one"), ScriptedReply("two")])
    dialogue = opened(studio, model)
    picture = picture_of("picture-1", png(1_000, 750))

    dialogue.say(Words("look", pictures=(picture,)))
    dialogue.ask(1, ignore)
    dialogue.say("and now")
    dialogue.ask(1, ignore)

    asked = studio.asked()
    assert [[turn.shown for turn in one.messages if turn.shown] for one in asked] == [
        [(picture,)],
        [(picture,)],
    ]
    words = [model.estimate_tokens(text_of(one)) for one in asked]
    entries = [entry.event for entry in studio.journal.read("r1")]
    reserved = [event.data["tokens"] for event in entries if event.kind == "budget.reserved"]
    assert reserved == [count + 1_000 + 50 for count in words]
    sent = [event.data["conversation"] for event in entries if event.kind == "prompt.sent"]
    replies = zip(sent, (Reply(Message("model", "x"), "end", Usage(), "m"),) * 2, strict=True)
    again = RecordedModel(replies, studio.journal.get_blob)
    assert again.reply(asked[0], ReplyLimits()).message.text == "x"
    other = replace(asked[1], messages=(asked[1].messages[0].showing(()), *asked[1].messages[1:]))
    changed = replace(other, messages=(*other.messages[:1], Message("user", "look")))
    with pytest.raises(ModelRefusal, match="not the recorded one"):
        again.reply(changed, ReplyLimits())


def test_a_request_is_reserved_and_settled_around_its_reply(studio: "Studio") -> None:
    model = ScriptedModel([ScriptedReply("one", usage=USED, usd=0.25)])

    reply = opened(studio, model).ask(3, ignore)

    estimate = model.estimate_tokens(text_of(OPENING))
    sent, reserved, replied, settled = (entry.event for entry in studio.journal.read("r1"))
    assert sent.kind == "prompt.sent"
    assert {**sent.data, "conversation": ""} == {
        "attempt": 3,
        "reservation": "3.1",
        "conversation": "",
    }
    assert (reserved.kind, reserved.data) == (
        "budget.reserved",
        {"reservation": "3.1", "usd": 0.25, "tokens": estimate + 50},
    )
    assert (settled.kind, settled.data) == (
        "budget.settled",
        {"reservation": "3.1", "usd": 0.25, "tokens": 110, "requests": 1}
        | {"input_tokens": 100, "output_tokens": 10, "cache_read_tokens": 0}
        | {"cache_write_tokens": 0, "cache_missed": "", "trouble": ""}
        | {"at_least": False, "lost": False, "elapsed_s": 0.0},
    )
    assert (replied.kind, replied.data["attempt"]) == ("model.replied", 3)
    assert replied.data["reservation"] == "3.1"
    assert decode(studio.journal.get_blob(replied.data["reply"]), Reply) == reply


def test_what_a_request_may_cost_is_refused_before_it_is_sent(studio: "Studio") -> None:
    model = ScriptedModel([ScriptedReply("one", usd=0.25)])

    with pytest.raises(BudgetRefusal) as refused:
        opened(studio, model, Budget(usd=0.2)).ask(1, ignore)

    assert str(refused.value) == (
        "the budget of run r1 is used up: $0.0000 of $0.20 are spent and the next request may"
        " cost $0.2500"
    )
    assert (studio.kinds(), model.replied) == ([], 0)


def test_minutes_count_from_the_start_of_the_conversation(studio: "Studio") -> None:
    studio.seconds = 500.0
    dialogue = opened(studio, ScriptedModel([ScriptedReply("one")] * 2), Budget(minutes=1))

    studio.seconds += 59.0
    dialogue.ask(1, ignore)
    studio.seconds += 1.0

    with pytest.raises(BudgetRefusal, match="1 of 1 minutes are over"):
        dialogue.ask(1, ignore)


@pytest.mark.parametrize(("used_s", "left_s"), [(0, 600), (60, 540), (599, 1), (599.9, 1)])
def test_no_reply_may_take_longer_than_the_run_has_minutes(used_s: float, left_s: float) -> None:
    allowance = Allowance(Budget(minutes=10), ReplyLimits(50, 900.0), lambda: used_s, 0.0)

    assert allowance.limits_now(2.0) == ReplyLimits(50, left_s, 2.0)


def test_an_open_reservation_of_an_earlier_process_counts_in_full(studio: "Studio") -> None:
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))
    recorder.record("budget.reserved", reservation="1.1", usd=0.0, tokens=900)
    dialogue = opened(studio, ScriptedModel([ScriptedReply("one")]), Budget(tokens=1_000), 100)

    with pytest.raises(BudgetRefusal, match="900 of 1000 tokens are used"):
        dialogue.ask(1, ignore)


def test_a_refusal_is_settled_and_says_nothing_in_the_conversation(studio: "Studio") -> None:
    model = ScriptedModel([ScriptedReply("one", expect=("what was not said",))])
    dialogue = opened(studio, model)

    with pytest.raises(ModelRefusal, match="what was not said"):
        dialogue.ask(1, ignore)

    assert studio.kinds() == ["prompt.sent", "budget.reserved", "budget.settled"]
    dialogue.say("what was not said")
    dialogue.ask(1, ignore)
    assert [turn.role for turn in studio.asked()[1].messages] == ["user", "user"]


def test_an_unknown_price_is_reserved_as_unknown(studio: "Studio") -> None:
    class Unpriced(ScriptedModel):
        def price_usd(self, *_: Any) -> float | None:
            return None

    opened(studio, Unpriced([ScriptedReply("one")]), Budget(usd=0.0)).ask(1, ignore)

    assert studio.data("budget.reserved")[0]["usd"] is None


def test_every_word_that_is_sent_is_counted() -> None:
    message = Message(
        "user",
        "TEXT",
        (ActionCall("1", "CALLED", {"path": "ARGUMENT"}),),
        (ActionResult("1", "RESULT"),),
        ({"thinking": "OPAQUE"},),
    )
    action = Action("NAME", "DESCRIPTION", {"type": "SCHEMA"})
    text = text_of(Conversation("SYSTEM", (message,), (action,)))

    assert re.findall("[A-Z]{2,}", text) == [
        *("SYSTEM", "NAME", "DESCRIPTION", "SCHEMA"),
        *("TEXT", "CALLED", "ARGUMENT", "RESULT", "OPAQUE"),
    ]


def taken_up(studio: "Studio", model: ScriptedModel, before_s: float = 0.0) -> Dialogue:
    """Open the conversation of the same run again, as another process does."""
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))
    allowance = Allowance(
        Budget(minutes=1), ReplyLimits(50), lambda: studio.seconds, studio.seconds, before_s
    )
    Purse(model, recorder, allowance).book_what_was_cut_off()
    return Dialogue(model, recorder, allowance, OPENING)


def test_a_reply_that_is_known_is_not_asked_for_again(studio: "Studio") -> None:
    dialogue = opened(studio, ScriptedModel([ScriptedReply("one"), ScriptedReply("two")]))
    first = dialogue.ask(1, ignore)
    dialogue.say("more")
    second = dialogue.ask(2, ignore)
    kinds, heard = studio.kinds(), list[str]()

    again = taken_up(studio, ScriptedModel([ScriptedReply("three")]))

    assert again.ask(1, heard.append) == first
    again.say("more")
    assert again.ask(2, heard.append) == second
    assert (studio.kinds(), heard) == (kinds, [])
    again.say("and more")
    assert again.ask(3, heard.append).message.text == "three"
    assert [turn.text for turn in studio.asked()[-1].messages] == [
        *("hello", "one", "more", "two", "and more"),
    ]


def test_the_words_that_a_known_reply_answered_are_those_of_the_journal(studio: "Studio") -> None:
    opened(studio, ScriptedModel([ScriptedReply("one")])).ask(1, ignore)
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))
    allowance = Allowance(Budget(), ReplyLimits(50), lambda: 0.0, 0.0)
    other = Conversation("another system", (Message("user", "hallo"),))

    again = Dialogue(ScriptedModel([ScriptedReply("two")]), recorder, allowance, other)
    again.ask(1, ignore)
    again.say("more")
    again.ask(1, ignore)

    last = studio.asked()[-1]
    assert last.system == "system"
    assert [turn.text for turn in last.messages] == ["hello", "one", "more"]


def test_an_interrupted_reply_is_booked_at_once_at_the_most_it_may_cost(studio: "Studio") -> None:
    class Stopped(ScriptedModel):
        def reply(self, *_: Any, **__: Any) -> Reply:
            studio.seconds += 9
            raise KeyboardInterrupt

    model = Stopped([ScriptedReply("one", usd=0.25)])

    with pytest.raises(KeyboardInterrupt):
        opened(studio, model).ask(1, ignore)

    (reserved,), (settled,) = studio.data("budget.reserved"), studio.data("budget.settled")
    assert settled == {
        "reservation": "1.1",
        "usd": 0.25,
        "tokens": reserved["tokens"],
        "input_tokens": reserved["tokens"],
        "output_tokens": 0,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "cache_missed": "",
        "trouble": "",
        "requests": 1,
        "at_least": False,
        "lost": True,
        "elapsed_s": 9.0,
    }
    # Whoever takes it up books nothing twice, and asks under another name.
    taken_up(studio, ScriptedModel([ScriptedReply("one")])).ask(1, ignore)
    assert [one["reservation"] for one in studio.data("budget.settled")] == ["1.1", "1.2"]


def test_a_request_that_was_refused_is_not_lost(studio: "Studio") -> None:
    refusing = ScriptedModel([ScriptedReply("one", expect=("what was not said",))])
    with pytest.raises(ModelRefusal):
        opened(studio, refusing).ask(1, ignore)

    taken_up(studio, ScriptedModel([ScriptedReply("one")])).ask(1, ignore)

    assert [one["lost"] for one in studio.data("budget.settled")] == [False, False]


def test_what_was_cut_off_is_booked_before_anything_is_asked(studio: "Studio") -> None:
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))
    reply = ScriptedModel([ScriptedReply("one", usage=USED, usd=0.1)]).reply(OPENING, ReplyLimits())
    for reservation in ("1.1", "1.2"):
        recorder.record("budget.reserved", reservation=reservation, usd=0.5, tokens=900)
    kept = recorder.keep(reply)
    recorder.record("model.replied", attempt=1, reservation="1.2", reply=kept)

    taken_up(studio, ScriptedModel([]), before_s=7.0)

    booked = [
        (one["reservation"], one["usd"], one["tokens"], one["lost"])
        for one in studio.data("budget.settled")
    ]
    assert booked == [("1.1", 0.5, 900, True), ("1.2", 0.1, 110, False)]
    assert {one["elapsed_s"] for one in studio.data("budget.settled")} == {7.0}


def test_the_minutes_of_an_earlier_process_count(studio: "Studio") -> None:
    dialogue = taken_up(studio, ScriptedModel([ScriptedReply("one")] * 2), before_s=50.0)

    studio.seconds += 9.0
    dialogue.ask(1, ignore)
    studio.seconds += 1.0

    with pytest.raises(BudgetRefusal, match="1 of 1 minutes are over"):
        dialogue.ask(1, ignore)
    assert studio.data("budget.settled")[0]["elapsed_s"] == 59.0


class Troubled(ScriptedModel):
    """Refuses as it is told to before it goes on with its script."""

    def __init__(self, refusals: list[ModelRefusal], replies: list[ScriptedReply]) -> None:
        super().__init__(replies)
        self.refusals = refusals
        self.asked: list[Conversation] = []
        self.paused: list[float] = []

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        self.asked.append(conversation)
        self.paused.append(limits.pause_s)
        if self.refusals:
            raise self.refusals.pop(0)
        return super().reply(conversation, limits, observe)


def broke(trouble: ModelTrouble = "broken-stream") -> ModelRefusal:
    return ModelRefusal(trouble, "it broke", Usage(100, 5, usd=0.01, at_least=True))


def test_a_stream_that_broke_is_asked_for_again_and_each_cost_is_booked(studio: "Studio") -> None:
    model = Troubled([broke(), broke("overloaded")], [ScriptedReply("one", usd=0.1)])

    reply = opened(studio, model).ask(1, ignore)

    assert reply.message.text == "one"
    assert model.paused == [0.0, 2.0, 4.0]
    booked = [
        (one["reservation"], one["usd"], one["at_least"], one["trouble"])
        for one in studio.data("budget.settled")
    ]
    assert booked == [
        ("1.1", 0.01, True, "broken-stream"),
        ("1.2", 0.01, True, "overloaded"),
        ("1.3", 0.1, False, ""),
    ]
    # Taken up again, the conversation stands where it stood.
    assert taken_up(studio, ScriptedModel([])).ask(1, ignore) == reply


def test_it_is_asked_for_three_times_at_the_most(studio: "Studio") -> None:
    model = Troubled([broke() for _ in range(4)], [ScriptedReply("one")])

    with pytest.raises(ModelRefusal, match="it broke"):
        opened(studio, model).ask(1, ignore)

    assert (len(model.asked), model.replied) == (3, 0)


def test_asking_again_is_within_the_budget(studio: "Studio") -> None:
    model = Troubled([broke()], [ScriptedReply("one", usd=0.3)])

    # The broken one counts at what was reserved for it: nobody knows that it was less.
    with pytest.raises(BudgetRefusal, match=re.escape("$0.3000 of $0.50 are spent")):
        opened(studio, model, Budget(usd=0.5)).ask(1, ignore)


@pytest.mark.parametrize("trouble", ["rejected", "spend-limit", "exhausted", "no-key", "mismatch"])
def test_what_asking_again_cannot_mend_is_not_asked_again(
    studio: "Studio", trouble: ModelTrouble
) -> None:
    model = Troubled([ModelRefusal(trouble, "no")], [ScriptedReply("one")])

    with pytest.raises(ModelRefusal, match="no"):
        opened(studio, model).ask(1, ignore)

    assert len(model.asked) == 1


def test_a_busy_vendor_that_was_not_paid_is_not_asked_again(studio: "Studio") -> None:
    busy = ModelRefusal("overloaded", "busy", Usage(requests=3, usd=0.0))
    model = Troubled([busy], [ScriptedReply("one")])

    with pytest.raises(ModelRefusal, match="busy"):
        opened(studio, model).ask(1, ignore)

    assert studio.data("budget.settled")[0]["requests"] == 3


def test_a_request_that_is_too_large_is_made_smaller_once(studio: "Studio") -> None:
    def refusals() -> list[ModelRefusal]:
        return [ModelRefusal("too-large", "too large", Usage(usd=0.0)) for _ in range(2)]

    names = ("task", "a lines 1-9", "b lines 1-9")
    text = "\n\n".join(fenced(name, "words " * 50) for name in names)
    large = replace(OPENING, messages=(Message("user", text),))
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))
    allowance = Allowance(Budget(), ReplyLimits(50), lambda: 0.0, 0.0)
    model = Troubled(refusals()[:1], [ScriptedReply("one")])

    Dialogue(model, recorder, allowance, large).ask(1, ignore)

    first, second = (len(asked.messages[0].text) for asked in model.asked)
    assert second < first
    again = Troubled(refusals(), [ScriptedReply("one")])
    with pytest.raises(ModelRefusal, match="too large"):
        Dialogue(again, recorder, allowance, large).ask(2, ignore)
    assert len(again.asked) == 2


def test_the_model_is_told_at_80_and_at_95_per_cent_once_each(studio: "Studio") -> None:
    model = ScriptedModel([ScriptedReply(f"reply {i}") for i in range(40)])
    dialogue = opened(studio, model, Budget(turns=40))

    for _ in range(40):
        dialogue.ask(1, ignore)
        dialogue.say("Go on.")

    told = [(at, turns[-1]) for at, turns in enumerate(one.messages for one in studio.asked())]
    notices = [(at, turn.text) for at, turn in told if "[budget" in turn.text]
    assert notices == [
        (
            32,
            (
                "Go on.\n\n[budget: 80 % used] 32 of 40 replies are used. Finish what you have"
                " begun: send your edits soon, and leave out what is not needed."
            ),
        ),
        (
            38,
            (
                "Go on.\n\n[budget: 95 % used] 38 of 40 replies are used. This may be your last"
                " reply: send the edits that make the change whole, now."
            ),
        ),
    ]


def test_a_model_that_asks_the_same_again_is_told_and_then_stopped(studio: "Studio") -> None:
    call = ScriptedCall("read", {"path": "a"})
    dialogue = opened(studio, ScriptedModel([ScriptedReply("", (call,))] * 24))

    def ask_on() -> None:
        for number in range(24):
            dialogue.ask(1, ignore)
            dialogue.say("", (ActionResult(f"call-{number + 1}-1", "content"),))

    with pytest.raises(BudgetRefusal, match="repeated itself 3 times in a row"):
        ask_on()

    last = [asked.messages[-1].text for asked in studio.asked()]
    assert len(last) == 4
    assert ["asked or said this before" in text for text in last] == [False, False, True, True]


def test_a_cache_that_was_not_read_is_told_with_the_reason(studio: "Studio") -> None:
    writes = ScriptedUsage(10, 10, cache_write_tokens=2000)
    dialogue = opened(
        studio, ScriptedModel([ScriptedReply(f"{i}", usage=writes) for i in range(3)])
    )

    for seconds in (0, 10, 400):
        studio.seconds += seconds
        dialogue.ask(1, ignore)
        dialogue.say("Go on.")

    missed = [one["cache_missed"] for one in studio.data("budget.settled")]
    assert missed[0] == ""
    assert "although the request begins as the one before" in missed[1]
    assert "the last request was 400 s ago" in missed[2]
    assert [one["cache_write_tokens"] for one in studio.data("budget.settled")] == [2000] * 3
