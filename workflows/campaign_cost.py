"""What one attempt of a target cost, from the run's own bookings."""

from dataclasses import dataclass

from workflows.budget import spent
from workflows.recorder import Recorder


@dataclass(frozen=True, slots=True)
class AttemptCost:
    """Replies, tokens, and US dollars where the price is known."""

    replies: int = 0
    tokens: int = 0
    usd: float | None = 0.0


def cost_of_attempt(number: int, recorder: Recorder) -> AttemptCost:
    """Return what was paid since the attempt before; what the journal says of a known one.

    Tries that came to nothing a gate could judge are in the next attempt's.
    """
    attempts = recorder.history.attempts
    if number in attempts:
        known = attempts[number]["attempt"]
        return AttemptCost(known["replies"], known["tokens"], known["usd"])
    entries = recorder.entries()
    ended = [one.event.data["attempt"] for one in entries if one.event.kind == "attempt.finished"]
    before = [one for one in ended if one["number"] < number]
    used = spent(entries)
    prices = [one.event.data["usd"] for one in entries if one.event.kind == "budget.settled"]
    usd = None if None in prices else used.usd - sum(one["usd"] or 0.0 for one in before)
    return AttemptCost(
        used.turns - sum(one["replies"] for one in before),
        used.tokens - sum(one["tokens"] for one in before),
        usd,
    )
