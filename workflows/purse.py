"""Reserving and settling: what a request may cost is written down before it is sent, and after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from scoping.refusal import Refusal
from validators.encoding import decode
from workflows.budget import Budget, Charge, Spent, exhausted, nearest, spent
from workflows.conversation import Conversation, Reply, ReplyLimits, Usage
from workflows.history import Exchange
from workflows.ports import Model, Withheld
from workflows.recorder import Recorder
from workflows.visible_text import NOTHING, Hidden

# A request that was let through is sent, though the run's last second has begun.
_LEAST_S = 1.0


class BudgetRefusal(Refusal):
    """The next request may not be sent: which cap is reached, and by how much."""


class SharedBound(Protocol):
    """A bound that several runs share: those of an issue, of a day, of a campaign."""

    def exhausted(self, reserve: Charge) -> str:
        """Return why ``reserve`` more may not be spent, or "" when it may."""
        ...


@dataclass(frozen=True, slots=True)
class EveryBound:
    """Several of them, of which the first that is reached counts."""

    bounds: tuple[SharedBound, ...]

    def exhausted(self, reserve: Charge) -> str:
        """Return why ``reserve`` more may not be spent, or "" when it may."""
        return next((why for one in self.bounds if (why := one.exhausted(reserve))), "")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a conversation may use: the run's caps, one reply's, and the clock they run by.

    ``before_s`` is how long the run had worked before this process took it up; ``ledger`` holds the
    caps that it shares with other runs.
    """

    budget: Budget
    reply: ReplyLimits
    now: Callable[[], float]
    started: float
    before_s: float = 0.0
    ledger: SharedBound | None = None

    @property
    def elapsed_s(self) -> float:
        """How long the run has worked, in this process and before it."""
        return self.before_s + self.now() - self.started

    def limits_now(self, pause_s: float = 0.0) -> ReplyLimits:
        """Return the bounds of a reply that is asked for now: none outlasts the run's minutes."""
        left_s = max(self.budget.minutes * 60 - self.elapsed_s, _LEAST_S)
        timeout_s = min(self.reply.timeout_s, left_s)
        return replace(self.reply, timeout_s=timeout_s, pause_s=pause_s)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request ended beside its cost: ``trouble`` when it brought no reply.

    ``lost`` is one nobody heard the end of; ``cache_missed`` says what the cache should have had.
    """

    trouble: str = ""
    lost: bool = False
    cache_missed: str = ""


class Purse:
    """Spends what a run is allowed; all it knows is in the journal."""

    def __init__(self, model: Model, recorder: Recorder, allowance: Allowance) -> None:
        self._model = model
        self._recorder = recorder
        self._allowance = allowance

    def standing(self) -> tuple[float, str]:
        """Return how much of the cap nearest to its end is used, 1.0 being all, and its words."""
        return nearest(self._allowance.budget, self._used())

    def reserve(
        self, conversation: Conversation, attempt: int, reservation: str, hidden: Hidden = NOTHING
    ) -> Exchange:
        """Write down what sending ``conversation`` may cost; BudgetRefusal when it may not be.

        ``hidden`` is what was left out of what it says anew.
        """
        prompt_tokens = self._tokens_of(conversation)
        output_tokens = self._allowance.reply.max_tokens
        price = self._model.price_usd(prompt_tokens, output_tokens)
        charge = Charge(price, prompt_tokens + output_tokens)
        need = Spent(price or 0.0, charge.tokens)
        self._require(exhausted(self._allowance.budget, self._used(), need))
        self._require(self._over_several_runs(charge))
        kept = self._recorder.keep(conversation)
        sent: dict[str, Any] = {"conversation": kept} | ({"hidden": hidden} if hidden else {})
        self._recorder.record("prompt.sent", attempt=attempt, reservation=reservation, **sent)
        try:
            self._recorder.record_unless(
                lambda: self._over_several_runs(charge),
                "budget.reserved",
                reservation=reservation,
                usd=price,
                tokens=charge.tokens,
            )
        except Withheld as late:
            self._require(str(late))
        return Exchange(reservation, kept, price, charge.tokens)

    def settle(self, reservation: str, usage: Usage, ending: Ending | None = None) -> None:
        """Write down what a request did cost."""
        ending = ending or Ending()
        self._recorder.record(
            "budget.settled",
            reservation=reservation,
            usd=usage.usd,
            tokens=usage.tokens,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            cache_missed=ending.cache_missed,
            requests=usage.requests,
            at_least=usage.at_least,
            lost=ending.lost,
            trouble=ending.trouble,
            elapsed_s=self._allowance.elapsed_s,
        )

    def book_as_lost(self, exchange: Exchange) -> None:
        """Charge what was sent and not heard to its end at the most it can have cost."""
        usage = Usage(input_tokens=exchange.tokens, usd=exchange.usd)
        self.settle(exchange.reservation, usage, Ending(lost=True))

    def book_what_was_cut_off(self) -> None:
        """Settle what a process that died had reserved: a lost reply at the most it may cost."""
        for exchange in self._recorder.history.exchanges.values():
            if exchange.is_lost:
                self.book_as_lost(exchange)
            elif not exchange.was_settled:
                reply = decode(self._recorder.kept(exchange.reply), Reply)
                self.settle(exchange.reservation, reply.usage)

    def _tokens_of(self, conversation: Conversation) -> int:
        shown = (picture for turn in conversation.messages for picture in turn.shown)
        pictures = sum(self._model.picture_tokens(picture) for picture in shown)
        return self._model.estimate_tokens(text_of(conversation)) + pictures

    def _used(self) -> Spent:
        return spent(self._recorder.entries(), self._allowance.elapsed_s)

    def _over_several_runs(self, charge: Charge) -> str:
        ledger = self._allowance.ledger
        return ledger.exhausted(charge) if ledger else ""

    def _require(self, objection: str) -> None:
        if objection:
            raise BudgetRefusal(f"the budget of run {self._recorder.run} is used up: {objection}")


def text_of(conversation: Conversation) -> str:
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
