"""The Model port over several models: the first answers, the next where it cannot, and stays.

What the operator named is asked in order. Another is only asked when the one before refused without
having been paid, or broke off twice in a row; each refusal that may have cost something is raised
first, so that it is booked before anybody else is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.picture import Picture
from workflows.ports import Model, ModelRefusal

_BREAKS_MOST = 2
_ELSEWHERE = frozenset({"overloaded", "spend-limit"})


class FallbackModel:
    """Asks ``models`` in order; safe for many threads. ``note`` is told when it goes to the next.

    A conversation that another has begun is sent on whole. Whoever answered stands in the reply.
    """

    def __init__(
        self, models: Sequence[Model], note: Callable[[str], None] = lambda _: None
    ) -> None:
        self._models = tuple(models)
        self._note = note
        self._lock = Lock()
        self._at = 0
        self._breaks = 0
        self.name = self._models[0].name

    def estimate_tokens(self, text: str) -> int:
        """Return the most that any of them would count."""
        return max(model.estimate_tokens(text) for model in self._models[self._at :])

    def picture_tokens(self, picture: Picture) -> int:
        """Return the most that any of them would count."""
        return max(model.picture_tokens(picture) for model in self._models[self._at :])

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the price of the dearest that may yet be asked; None where one has no price."""
        prices = [
            model.price_usd(input_tokens, output_tokens) for model in self._models[self._at :]
        ]
        known = [price for price in prices if price is not None]
        return max(known) if len(known) == len(prices) else None

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the reply of the first that gives one; the refusal of the last where none does."""
        unpaid = 0
        while True:
            at = self._at
            try:
                reply = self._models[at].reply(conversation, limits, observe)
            except ModelRefusal as refusal:
                usage = refusal.usage
                unpaid += usage.requests if usage else 0
                if usage:
                    refusal.usage = replace(usage, requests=unpaid)
                if not self._moves_on(at, refusal):
                    raise
                if usage and usage.at_least:
                    raise  # booked first; whoever asks again asks the next
                continue
            with self._lock:
                self._breaks = 0
            return replace(
                reply, usage=replace(reply.usage, requests=reply.usage.requests + unpaid)
            )

    def _moves_on(self, at: int, refusal: ModelRefusal) -> bool:
        """Go to the next model where ``refusal`` calls for it; return whether it did."""
        with self._lock:
            may_be_paid = refusal.usage is not None and refusal.usage.at_least
            self._breaks = self._breaks + 1 if may_be_paid else 0
            is_out = refusal.trouble in _ELSEWHERE and not may_be_paid
            is_spent = refusal.trouble == "spend-limit"
            if not (is_out or is_spent or self._breaks >= _BREAKS_MOST):
                return False
            if self._at != at:
                return True  # another thread was told the same
            if at + 1 >= len(self._models):
                return False
            self._at, self._breaks = at + 1, 0
        following = self._models[at + 1].name
        self._note(f"{self._models[at].name} cannot answer now ({refusal}); {following} is asked")
        return True
