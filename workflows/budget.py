"""The money, tokens, requests, turns and minutes a run may spend, as a view over its journal.

There is no counter in memory: what is left is what the events say, so a run that was killed and a
second process on the same run read the same figures. A reply is charged before it is parsed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # settings know the bounds alone, and every command reads settings
    from workflows.run import Entry


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper bounds of one run: US dollars, tokens in and out together, replies, minutes, requests.

    ``usd`` binds where the price is known; ``tokens`` and ``turns`` bind always. A reply may take
    several requests while the vendor is busy; None bounds those by the replies alone.
    """

    usd: float = 2.0
    tokens: int = 400_000
    turns: int = 24
    minutes: float = 30.0
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds over all runs of one issue, and of one day (UTC); None is no bound.

    Dollars bind where the price is known. Where it is not, a request under a cap in dollars is
    refused unless there is one in tokens beside it.
    """

    issue_usd: float | None = None
    day_usd: float | None = None
    issue_tokens: int | None = None
    day_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used. An unsettled reservation counts in full; ``usd`` where it is known."""

    usd: float = 0.0
    tokens: int = 0
    turns: int = 0
    seconds: float = 0.0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """What one request counts for against every cap; ``usd`` is None where no price is known."""

    usd: float | None
    tokens: int
    requests: int = 1


def charged(entry: "Entry", reserved: Charge | None = None) -> Charge:
    """Return what an entry that reserves or settles makes of a request that had ``reserved``.

    A settled request counts for what it was. Of one whose cost is known only as "at least n", or
    whose price is not known after all, a cap must believe the worst: what was reserved.
    """
    data = entry.event.data
    charge = Charge(data["usd"], data["tokens"], data.get("requests", 1))
    if reserved is None or entry.event.kind == "budget.reserved":
        return charge
    if charge.usd is None:
        charge = replace(charge, usd=reserved.usd)
    if data.get("at_least", False):
        most = None if charge.usd is None else max(charge.usd, reserved.usd or 0.0)
        return replace(charge, usd=most, tokens=max(charge.tokens, reserved.tokens))
    return charge


def spent(entries: "Iterable[Entry]", elapsed_s: float = 0.0) -> Spent:
    """Return what the journal says was used; ``elapsed_s`` is the caller's monotonic clock."""
    return _sum(_charges(entries).values(), elapsed_s)


def lost(entries: "Iterable[Entry]") -> Spent:
    """Return what was paid, at the most, for replies that broke or that a killed process lost."""
    known = list(entries)
    gone = {
        entry.event.data["reservation"]
        for entry in known
        if entry.event.kind == "budget.settled"
        and (entry.event.data["lost"] or entry.event.data.get("at_least", False))
    }
    return _sum(charge for key, charge in _charges(known).items() if key in gone)


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
    if budget.requests is not None and used.requests >= budget.requests:
        return f"all {budget.requests} requests are used"
    if used.seconds >= budget.minutes * 60:
        return f"{used.seconds / 60:.0f} of {budget.minutes:g} minutes are over"
    return ""


def nearest(budget: Budget, used: Spent) -> tuple[float, str]:
    """Return how much of the cap that is nearest to its end is used (1.0 is all), and its words."""
    requests = budget.requests or 0
    shares = (
        (used.usd, budget.usd, f"${used.usd:.2f} of ${budget.usd:.2f}"),
        (used.tokens, budget.tokens, f"{used.tokens} of {budget.tokens} tokens"),
        (used.turns, budget.turns, f"{used.turns} of {budget.turns} replies"),
        (used.requests, requests, f"{used.requests} of {requests} requests"),
        (
            used.seconds / 60,
            budget.minutes,
            f"{used.seconds / 60:.0f} of {budget.minutes:g} minutes",
        ),
    )
    return max(((part / whole if whole else 0.0), words) for part, whole, words in shares)


def _charges(entries: "Iterable[Entry]") -> dict[str, Charge]:
    charges: dict[str, Charge] = {}
    for entry in entries:
        if entry.event.kind in {"budget.reserved", "budget.settled"}:
            key = entry.event.data["reservation"]
            charges[key] = charged(entry, charges.get(key))
    return charges


def _sum(charges: Iterable[Charge], elapsed_s: float = 0.0) -> Spent:
    known = list(charges)
    return Spent(
        sum(charge.usd or 0.0 for charge in known),
        sum(charge.tokens for charge in known),
        len(known),
        elapsed_s,
        sum(charge.requests for charge in known),
    )
