"""The money, tokens, turns and minutes a run may spend, as a view over its journal.

There is no counter in memory: what is left is what the events say, so a run that was killed and a
second process on the same run read the same figures. A reply is charged before it is parsed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from workflows.run import Entry


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper bounds of one run: US dollars, tokens in and out together, model replies, minutes.

    ``usd`` binds where the price is known; ``tokens`` and ``turns`` bind always.
    """

    usd: float = 2.0
    tokens: int = 400_000
    turns: int = 24
    minutes: float = 30.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used. An unsettled reservation counts in full; ``usd`` where it is known."""

    usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    seconds: float = 0.0


def spent(entries: Iterable[Entry], elapsed_s: float = 0.0) -> Spent:
    """Return what the journal says was used; ``elapsed_s`` is the caller's monotonic clock."""
    open_reservations: dict[str, tuple[float, int]] = {}
    usd, tokens, turns = 0.0, 0, 0
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "budget.reserved":
            open_reservations[data["reservation"]] = (data["usd"] or 0.0, data["tokens"])
        elif entry.event.kind == "budget.settled":
            open_reservations.pop(data["reservation"], None)
            usd += data["usd"] or 0.0
            tokens += data["tokens"]
            turns += 1
    usd += sum(reserved for reserved, _ in open_reservations.values())
    tokens += sum(reserved for _, reserved in open_reservations.values())
    return Spent(usd, tokens, turns + len(open_reservations), elapsed_s)


def lost(entries: Iterable[Entry]) -> Spent:
    """Return what was paid for replies that a killed process took with it, at the most."""
    usd, tokens, turns = 0.0, 0, 0
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "budget.settled" and data["lost"]:
            usd += data["usd"] or 0.0
            tokens += data["tokens"]
            turns += 1
    return Spent(usd, tokens, turns)


def exhausted(budget: Budget, used: Spent, reserve: Spent) -> str:
    """Return why a request that may need ``reserve`` may not be sent, or "" when it may."""
    if used.usd + reserve.usd > budget.usd:
        return (
            f"${used.usd:.4f} of ${budget.usd:.2f} are spent"
            f" and the next request may cost ${reserve.usd:.4f}"
        )
    if used.tokens + reserve.tokens > budget.tokens:
        return (
            f"{used.tokens} of {budget.tokens} tokens are used"
            f" and the next request may need {reserve.tokens}"
        )
    if used.turns >= budget.turns:
        return f"all {budget.turns} turns are used"
    if used.seconds >= budget.minutes * 60:
        return f"{used.seconds / 60:.0f} of {budget.minutes:g} minutes are over"
    return ""
