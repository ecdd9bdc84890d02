"""One conversation with a model, charged to the run's budget before a word of it is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from scoping.refusal import Refusal
from validators.encoding import decode
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
from workflows.history import Exchange
from workflows.ledger import Ledger
from workflows.ports import Model, ModelRefusal
from workflows.recorder import Recorder


class BudgetRefusal(Refusal):
    """The next request may not be sent: which cap is reached, and by how much."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a conversation may use: the run's caps, one reply's, and the clock they run by.

    ``before_s`` is how long the run had worked before this process took it up; ``ledger`` holds the
    caps over several runs.
    """

    budget: Budget
    reply: ReplyLimits
    now: Callable[[], float]
    started: float
    before_s: float = 0.0
    ledger: Ledger | None = None

    @property
    def elapsed_s(self) -> float:
        """How long the run has worked, in this process and before it."""
        return self.before_s + self.now() - self.started


class Dialogue:
    """Holds the turns so far; each `ask` reserves, sends, keeps, settles, and only then returns.

    What the run's history holds of the conversation is not asked again: the reply that was paid for
    is taken from the journal.
    """

    def __init__(
        self, model: Model, recorder: Recorder, allowance: Allowance, opening: Conversation
    ) -> None:
        self._model = model
        self._recorder = recorder
        self._allowance = allowance
        self._conversation = opening
        self._asked = 0
        self._known = dict(recorder.history.exchanges)
        self._book_what_was_cut_off()

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
        reservation = self._next(attempt)
        while reservation in self._known:
            exchange = self._known[reservation]
            if exchange.reply:
                return self._again(exchange)
            reservation = self._next(attempt)  # it brought nothing, and its cost is booked
        reserved = self._reserve(attempt, reservation)
        try:
            reply = self._model.reply(self._conversation, self._allowance.reply, observe)
        except ModelRefusal as refusal:
            self._settle(reservation, refusal.usage or Usage(requests=0, usd=0.0))
            raise
        except KeyboardInterrupt:
            self._book_as_lost(reserved)
            raise
        kept = self._recorder.keep(reply)
        self._recorder.record("model.replied", attempt=attempt, reservation=reservation, reply=kept)
        self._settle(reservation, reply.usage)
        self._turn(reply)
        return reply

    def _next(self, attempt: int) -> str:
        self._asked += 1
        return f"{attempt}.{self._asked}"

    def _again(self, exchange: Exchange) -> Reply:
        """Return a reply of the journal, to the very words that it answered."""
        recorder = self._recorder
        self._conversation = decode(recorder.kept(exchange.conversation), Conversation)
        reply = decode(recorder.kept(exchange.reply), Reply)
        self._turn(reply)
        return reply

    def _turn(self, reply: Reply) -> None:
        messages = (*self._conversation.messages, reply.message)
        self._conversation = replace(self._conversation, messages=messages)

    def _book_what_was_cut_off(self) -> None:
        """Settle what a process that died had reserved: a lost reply at the most it may cost."""
        for exchange in self._known.values():
            if exchange.is_lost:
                self._book_as_lost(exchange)
            elif not exchange.was_settled:
                reply = decode(self._recorder.kept(exchange.reply), Reply)
                self._settle(exchange.reservation, reply.usage)

    def _book_as_lost(self, exchange: Exchange) -> None:
        """Charge what was sent and not heard to its end at the most it can have cost."""
        usage = Usage(input_tokens=exchange.tokens, usd=exchange.usd)
        self._settle(exchange.reservation, usage, lost=True)

    def _reserve(self, attempt: int, reservation: str) -> Exchange:
        prompt_tokens = self._model.estimate_tokens(_text_of(self._conversation))
        output_tokens = self._allowance.reply.max_tokens
        price = self._model.price_usd(prompt_tokens, output_tokens)
        used = spent(self._recorder.entries(), self._allowance.elapsed_s)
        why = exhausted(
            self._allowance.budget, used, Spent(price or 0.0, prompt_tokens + output_tokens)
        )
        if not why and self._allowance.ledger:
            why = self._allowance.ledger.exhausted(price or 0.0)
        if why:
            raise BudgetRefusal(f"the budget of run {self._recorder.run} is used up: {why}")
        kept = self._recorder.keep(self._conversation)
        self._recorder.record(
            "prompt.sent", attempt=attempt, reservation=reservation, conversation=kept
        )
        tokens = prompt_tokens + output_tokens
        self._recorder.record("budget.reserved", reservation=reservation, usd=price, tokens=tokens)
        return Exchange(reservation, kept, price, tokens)

    def _settle(self, reservation: str, usage: Usage, *, lost: bool = False) -> None:
        self._recorder.record(
            "budget.settled",
            reservation=reservation,
            usd=usage.usd,
            tokens=usage.tokens,
            requests=usage.requests,
            at_least=usage.at_least,
            lost=lost,
            elapsed_s=self._allowance.elapsed_s,
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
