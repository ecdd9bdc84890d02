"""One conversation with a model, charged to the run's budget before a word of it is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from validators.encoding import decode
from workflows import guards, notices
from workflows.caching import changed, missed
from workflows.conversation import Action, ActionResult, Conversation, Message, Reply, Usage
from workflows.history import Exchange
from workflows.ports import Model, ModelRefusal
from workflows.purse import Allowance, BudgetRefusal, Ending, Purse
from workflows.quoting import Words
from workflows.recorder import Recorder
from workflows.shrinking import shrunk
from workflows.visible_text import NOTHING

# Once more after a stream broke, and once more after that: each is reserved and booked by itself.
_ASKED_AGAIN_MOST = 2
_PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class _Heard:
    """The last request that was answered, as far as the cache is about it."""

    conversation: Conversation
    usage: Usage
    model: str
    at: float


class Dialogue:
    """Holds the turns so far; each `ask` reserves, sends, keeps, settles, and only then returns.

    What the run's history holds of the conversation is not asked again: the reply that was paid for
    is taken from the journal. A ``lane`` (``KIND-NUMBER``) keeps the conversations of one run
    apart; each is of one Dialogue.
    """

    def __init__(
        self,
        model: Model,
        recorder: Recorder,
        allowance: Allowance,
        opening: Conversation,
        lane: str = "",
    ) -> None:
        self._model = model
        self._recorder = recorder
        self._allowance = allowance
        self._conversation = opening
        self._asked = 0
        self._was_shrunk = False
        self._heard: _Heard | None = None
        self._lane = lane
        self._hidden = NOTHING
        exchanges = recorder.history.exchanges
        self._known = {key: one for key, one in exchanges.items() if one.lane == lane}
        self._purse = Purse(model, recorder, allowance)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the model may ask for in this conversation."""
        return self._conversation.actions

    def say(self, words: Words | str, results: tuple[ActionResult, ...] = ()) -> None:
        """Add a user turn; what was left out of it is noted with the request that sends it."""
        if isinstance(words, str):
            words = Words(words)
        self._hidden += words.hidden
        self._add(Message("user", text=words.text, results=results).showing(words.pictures))

    def ask(self, attempt: int, observe: Callable[[str], None]) -> Reply:
        """Return the model's next turn, already paid for and kept in the journal.

        Raises BudgetRefusal before anything is sent, ModelRefusal after its cost was booked. A
        stream that broke is asked for again, each time as a request of its own, and a request that
        was too large is made smaller once.
        """
        reservation = self._next(attempt)
        while reservation in self._known:
            exchange = self._known[reservation]
            self._hidden = NOTHING  # noted when it was sent
            if exchange.reply:
                return self._again(exchange)
            reservation = self._next(attempt)  # it brought nothing, and its cost is booked
        if why := guards.stuck(self._conversation.messages):
            raise BudgetRefusal(f"run {self._recorder.run} is stopped: {why}")
        self._advise()
        broken = 0
        while True:
            try:
                return self._request(attempt, reservation, _PAUSE_S * broken, observe)
            except ModelRefusal as refusal:
                self._prepare_again(refusal, broken)
            broken += 1
            reservation = self._next(attempt)

    def _prepare_again(self, refusal: ModelRefusal, broken: int) -> None:
        """Make ready to ask once more after ``refusal``, or raise it where that cannot help."""
        if refusal.trouble == "too-large":
            smaller = None if self._was_shrunk else shrunk(self._conversation)
            if smaller is None:
                raise refusal
            self._conversation, self._was_shrunk = smaller, True
        elif broken >= _ASKED_AGAIN_MOST or not _may_repeat(refusal):
            raise refusal

    def _request(
        self, attempt: int, reservation: str, pause_s: float, observe: Callable[[str], None]
    ) -> Reply:
        """Ask once: reserve, send, keep, settle."""
        reserved = self._purse.reserve(self._conversation, attempt, reservation, self._hidden)
        self._hidden = NOTHING
        limits = self._allowance.limits_now(pause_s)
        try:
            reply = self._model.reply(self._conversation, limits, observe)
        except ModelRefusal as refusal:
            usage = refusal.usage or Usage(requests=0, usd=0.0)
            self._purse.settle(reservation, usage, Ending(trouble=refusal.trouble))
            raise
        except KeyboardInterrupt:
            self._purse.book_as_lost(reserved)
            raise
        kept = self._recorder.keep(reply)
        self._recorder.record(
            "model.replied", attempt=attempt, reservation=reservation, reply=kept, model=reply.model
        )
        self._purse.settle(reservation, reply.usage, Ending(cache_missed=self._cache_missed(reply)))
        self._add(reply.message)
        return reply

    def _next(self, attempt: int) -> str:
        self._asked += 1
        lane = f"{self._lane}/" if self._lane else ""
        return f"{lane}{attempt}.{self._asked}"

    def _again(self, exchange: Exchange) -> Reply:
        """Return a reply of the journal, to the very words that it answered."""
        recorder = self._recorder
        self._conversation = decode(recorder.kept(exchange.conversation), Conversation)
        reply = decode(recorder.kept(exchange.reply), Reply)
        self._add(reply.message)
        return reply

    def _add(self, turn: Message) -> None:
        messages = (*self._conversation.messages, turn)
        self._conversation = replace(self._conversation, messages=messages)

    def _advise(self) -> None:
        """Tell the model, once each, that it goes round in circles or that the budget nears."""
        turns = self._conversation.messages
        words = [turns[-1].text] if turns[-1].text else []
        # Whoever judges a reply says what it was worth; nobody judges questions.
        if turns[-1].results and guards.repeated(turns):
            words.append(notices.repeating().text)
        if guards.reading(turns) == guards.READING_TOLD:
            words.append(notices.only_reading(guards.READING_TOLD).text)
        share, used = self._purse.standing()
        level = notices.level_of(share)
        if level > max((notices.level_told(turn.text) for turn in turns), default=0):
            words.append(notices.budget_notice(level, used).text)
        turn = replace(turns[-1], text="\n\n".join(words))
        self._conversation = replace(self._conversation, messages=(*turns[:-1], turn))

    def _cache_missed(self, reply: Reply) -> str:
        """Return what of the last request's prefix was not read from the cache, and why."""
        before, now = self._heard, self._allowance.now()
        self._heard = _Heard(self._conversation, reply.usage, reply.model, now)
        if before is None:
            return ""
        why = ""
        if place := changed(before.conversation, self._conversation):
            why = f"the request no longer begins as the one before it, from {place} on"
        if reply.model != before.model:
            why = f"{reply.model} answered, and {before.model} before"
        return missed(before.usage, reply.usage, now - before.at, why)


def _may_repeat(refusal: ModelRefusal) -> bool:
    """Return whether asking again may help; what it cost so far is booked."""
    if refusal.trouble == "overloaded":
        # One that did not begin was posted often enough by the adapter already.
        return refusal.usage is not None and refusal.usage.at_least
    return refusal.trouble == "broken-stream"
