"""What one attempt of a target cost, from the run's own bookings."""

from collections.abc import Sequence
from dataclasses import dataclass

from workflows.budget import spent
from workflows.recorder import Recorder
from workflows.run import Entry

_SETTLED = "budget.settled"


@dataclass(frozen=True, slots=True)
class AttemptCost:
    """Replies, tokens, and US dollars where the price is known."""

    replies: int = 0
    tokens: int = 0
    usd: float | None = 0.0


def cost_of_attempt(
    number: int, recorder: Recorder, within: Sequence[Sequence[Entry]] = ()
) -> AttemptCost:
    """Return what was paid since the attempt before; what the journal says of a known one.

    Tries that came to nothing a gate could judge are in the next attempt's. ``within`` are the
    entries of runs within the target's run.
    """
    attempts = recorder.history.attempts
    if number in attempts:
        known = attempts[number]["attempt"]
        return AttemptCost(known["replies"], known["tokens"], known["usd"])
    entries = recorder.entries()
    ended = [one.event.data["attempt"] for one in entries if one.event.kind == "attempt.finished"]
    before = [one for one in ended if one["number"] < number]
    used = [spent(some) for some in (entries, *within)]
    settled = [one for some in (entries, *within) for one in some if one.event.kind == _SETTLED]
    is_known = all(one.event.data["usd"] is not None for one in settled)
    usd = sum(one.usd for one in used) - sum(one["usd"] or 0.0 for one in before)
    return AttemptCost(
        sum(one.turns for one in used) - sum(one["replies"] for one in before),
        sum(one.tokens for one in used) - sum(one["tokens"] for one in before),
        usd if is_known else None,
    )
