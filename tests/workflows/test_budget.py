"""What a run may spend is read from its journal, never counted in memory."""

from typing import Any

import pytest

from workflows.budget import Budget, Spent, exhausted, spent
from workflows.run import Entry, Event, EventKind

BUDGET = Budget(usd=1.0, tokens=1000, turns=3, minutes=2, requests=72)


def entry(kind: EventKind, **data: Any) -> Entry:
    return Entry(0, "r1", "2026-01-01T00:00:00Z", Event(kind, data))


RESERVED = entry("budget.reserved", reservation="1.1", usd=0.5, tokens=400)
SETTLED = entry("budget.settled", reservation="1.1", usd=0.1, tokens=150, requests=1)


def test_a_reservation_counts_in_full_until_it_is_settled() -> None:
    assert spent([RESERVED]) == Spent(0.5, 400, 1, requests=1)
    assert spent([RESERVED, SETTLED]) == Spent(0.1, 150, 1, requests=1)


def test_an_unknown_price_leaves_the_token_cap() -> None:
    unknown = entry("budget.settled", reservation="1.1", usd=None, tokens=999, requests=1)

    used = spent([unknown])

    assert used == Spent(0.0, 999, 1, requests=1)
    assert "999 of 1000 tokens" in exhausted(BUDGET, used, Spent(tokens=2))


@pytest.mark.parametrize(
    ("used", "reserve", "words"),
    [
        (Spent(usd=0.9), Spent(usd=0.2), "may cost $0.2000"),
        (Spent(tokens=900), Spent(tokens=101), "may need 101"),
        (Spent(turns=3), Spent(), "all 3 turns"),
        (Spent(requests=72), Spent(), "all 72 requests"),
        (Spent(seconds=121), Spent(), "2 of 2 minutes"),
    ],
)
def test_each_cap_says_which_it_is(used: Spent, reserve: Spent, words: str) -> None:
    assert words in exhausted(BUDGET, used, reserve)


def test_what_fits_exactly_may_be_sent() -> None:
    assert exhausted(BUDGET, Spent(0.5, 500, 2, 119), Spent(0.5, 500)) == ""
