"""One conversation with a model, charged to the run's budget before a word of it is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from scoping.refusal import Refusal
from workflows.budget import Budget, Spent, exhausted, spent
from workflows.conversation import (
    Action,
    ActionResult,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    Usage,
)
from workflows.ports import Model, ModelRefusal
from workflows.recorder import Recorder


class BudgetRefusal(Refusal):
    """The next request may not be sent: which cap is reached, and by how much."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a conversation may use: the run's caps, one reply's, and the clock they run by."""

    budget: Budget
    reply: ReplyLimits
    now: Callable[[], float]
    started: float


class Dialogue:
    """Holds the turns so far; each `ask` reserves, sends, settles, and only then returns."""

    def __init__(
        self, model: Model, recorder: Recorder, allowance: Allowance, opening: Conversation
    ) -> None:
        self._model = model
        self._recorder = recorder
        self._allowance = allowance
        self._conversation = opening
        self._asked = 0

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the model may ask for in this conversation."""
        return self._conversation.actions

    def say(self, text: str, results: tuple[ActionResult, ...] = ()) -> None:
        """Add a user turn."""
        turn = Message("user", text=text, results=results)
        messages = (*self._conversation.messages, turn)
        self._conversation = replace(self._conversation, messages=messages)

    def ask(self, attempt: int, observe: Callable[[str], None]) -> Reply:
        """Return the model's next turn, already paid for and kept in the journal.

        Raises BudgetRefusal before anything is sent, ModelRefusal after its cost was booked.
        """
        reservation = self._reserve(attempt)
        try:
            reply = self._model.reply(self._conversation, self._allowance.reply, observe)
        except ModelRefusal as refusal:
            self._settle(reservation, refusal.usage or Usage(requests=0, usd=0.0))
            raise
        self._settle(reservation, reply.usage)
        self._recorder.record("model.replied", attempt=attempt, reply=self._recorder.keep(reply))
        messages = (*self._conversation.messages, reply.message)
        self._conversation = replace(self._conversation, messages=messages)
        return reply

    def _reserve(self, attempt: int) -> str:
        prompt_tokens = self._model.estimate_tokens(_text_of(self._conversation))
        output_tokens = self._allowance.reply.max_tokens
        price = self._model.price_usd(prompt_tokens, output_tokens)
        elapsed = self._allowance.now() - self._allowance.started
        used = spent(self._recorder.entries(), elapsed)
        why = exhausted(
            self._allowance.budget, used, Spent(price or 0.0, prompt_tokens + output_tokens)
        )
        if why:
            raise BudgetRefusal(f"the budget of run {self._recorder.run} is used up: {why}")
        self._asked += 1
        reservation = f"{attempt}.{self._asked}"
        self._recorder.record(
            "prompt.sent", attempt=attempt, conversation=self._recorder.keep(self._conversation)
        )
        self._recorder.record(
            "budget.reserved",
            reservation=reservation,
            usd=price,
            tokens=prompt_tokens + output_tokens,
        )
        return reservation

    def _settle(self, reservation: str, usage: Usage) -> None:
        self._recorder.record(
            "budget.settled",
            reservation=reservation,
            usd=usage.usd,
            tokens=usage.tokens,
            requests=usage.requests,
            at_least=usage.at_least,
        )


def _text_of(conversation: Conversation) -> str:
    """Return all the words a request sends, to estimate its size by."""
    parts = [conversation.system]
    for action in conversation.actions:
        parts += [action.name, action.description, str(action.schema)]
    for message in conversation.messages:
        parts.append(message.text)
        parts += [f"{call.name} {call.arguments}" for call in message.calls]
        parts += [result.text for result in message.results]
        parts += [str(block) for block in message.opaque]
    return "\n".join(parts)
