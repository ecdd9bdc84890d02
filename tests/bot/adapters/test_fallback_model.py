"""Who answers when the first cannot, over real HTTP, and what has been paid by then."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.adapters.claude_model.model import ClaudeModel, Patience
from bot.adapters.fallback_model import FallbackModel
from workflows.conversation import Conversation, Message, Reply, ReplyLimits
from workflows.ports import ModelRefusal

StandIn = Any
KEY = "sk-ant-not-a-real-key-0123456789"
ASKED = Conversation("You fix bugs.", (Message("user", "Fix words()."),))
LIMITS = ReplyLimits(max_tokens=500, timeout_s=60.0)
TWO = ("claude-sonnet-5-5", "claude-haiku-5-5")


def model(anthropic: StandIn, noted: list[str], names: tuple[str, ...] = TWO) -> FallbackModel:
    patience = Patience(lambda _: None, lambda: 1.0, lambda: 0.0)
    each = [ClaudeModel(KEY, name, endpoint=anthropic.url, patience=patience) for name in names]
    return FallbackModel(each, noted.append)


def says(anthropic: StandIn, words: str, model: str = "claude-haiku-5-5") -> Any:
    return anthropic.replies({"type": "text", "text": words}, model=model)


def ask(asked: FallbackModel) -> Reply:
    return asked.reply(ASKED, LIMITS)


def refused(act: Callable[[], object]) -> ModelRefusal:
    with pytest.raises(ModelRefusal) as caught:
        act()
    return caught.value


def asked_of(anthropic: StandIn) -> list[str]:
    return [request.body["model"] for request in anthropic.requests]


def test_the_next_is_asked_when_the_first_stays_busy_and_goes_on_being_asked(
    anthropic: StandIn,
) -> None:
    noted: list[str] = []
    busy = [anthropic.refuses(529, "overloaded_error", "busy")] * 3
    anthropic.says(*busy, says(anthropic, "One."), says(anthropic, "Two."))
    asked = model(anthropic, noted)

    first, second = ask(asked), ask(asked)

    assert (first.message.text, second.message.text) == ("One.", "Two.")
    assert (first.model, first.usage.requests, second.usage.requests) == (TWO[1], 4, 1)
    assert asked_of(anthropic) == [TWO[0]] * 3 + [TWO[1]] * 2
    assert len(noted) == 1
    assert noted[0].startswith("claude-sonnet-5-5 cannot answer now (")
    assert noted[0].endswith("); claude-haiku-5-5 is asked")


def test_a_spent_account_is_left_for_the_next(anthropic: StandIn) -> None:
    spent = anthropic.refuses(400, "invalid_request_error", "Your credit balance is too low")
    anthropic.says(spent, says(anthropic, "Done."))

    assert ask(model(anthropic, [])).message.text == "Done."
    assert asked_of(anthropic) == [*TWO]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "invalid_request_error"), (401, "x"), (413, "x")]
)
def test_what_is_wrong_with_the_request_is_wrong_elsewhere_too(
    anthropic: StandIn, status: int, kind: str
) -> None:
    anthropic.says(anthropic.refuses(status, kind, "no"))

    assert refused(lambda: ask(model(anthropic, []))).trouble in {"rejected", "too-large"}
    assert asked_of(anthropic) == [TWO[0]]


def test_what_may_have_been_paid_is_raised_before_anybody_else_is_asked(
    anthropic: StandIn, anthropic_module: Any
) -> None:
    broken = anthropic_module.Answer(events=says(anthropic, "Half", TWO[0]).events[:-2])
    anthropic.says(broken, broken, says(anthropic, "Whole."))
    asked = model(anthropic, [])

    for count in (1, 2):
        refusal = refused(lambda: ask(asked))
        assert refusal.trouble == "broken-stream"
        assert refusal.usage is not None
        assert refusal.usage.at_least
        assert len(anthropic.requests) == count
    assert ask(asked).message.text == "Whole."
    assert asked_of(anthropic) == [TWO[0], TWO[0], TWO[1]]


def test_the_refusal_of_the_last_is_the_one_that_counts(anthropic: StandIn) -> None:
    anthropic.says(*[anthropic.refuses(429, "rate_limit_error", f"busy {i}") for i in range(6)])

    refusal = refused(lambda: ask(model(anthropic, [])))

    assert (refusal.trouble, "busy 5" in str(refusal)) == ("overloaded", True)
    assert refusal.usage is not None
    assert (refusal.usage.requests, refusal.usage.usd) == (6, 0.0)


def test_the_dearest_price_is_reserved_and_an_unknown_one_is_unknown(anthropic: StandIn) -> None:
    dear, cheap = (ClaudeModel(KEY, name) for name in TWO)
    assert model(anthropic, [], (TWO[1], TWO[0])).price_usd(1000, 10) == dear.price_usd(1000, 10)
    assert cheap.price_usd(1000, 10) != dear.price_usd(1000, 10)
    assert model(anthropic, [], (TWO[0], "claude-of-tomorrow")).price_usd(1000, 10) is None
    assert model(anthropic, []).estimate_tokens("words") == dear.estimate_tokens("words")
