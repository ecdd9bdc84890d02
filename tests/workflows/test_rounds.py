"""How often a pull request is revised, and for how much, by what is on record of all runs."""

import pytest

from workflows.rounds import RoundLimits, rounds_of
from workflows.run import Entry, Event
from workflows.run_facts import RunFacts, facts_of
from workflows.run_record import booking
from workflows.task import Task

TASK = Task("t", "b", "octo/tally", number="7")


def facts(*revises: int) -> list[RunFacts]:
    at = "2026-11-22T08:00:00Z"
    booked = [
        booking(f"r{number}", TASK, 0.5, 10, at, revises=one) for number, one in enumerate(revises)
    ]
    return list(facts_of([entry for one in booked for entry in one.entries]).values())


def drafted() -> RunFacts:
    intended = {"key": "k", "kind": "pull-request", "request": {}}
    settled = {"key": "k", "outcome": {"number": 3}}
    events = (Event("effect.intended", intended), Event("effect.settled", settled))
    made = facts(0)[0]
    for position, event in enumerate(events):
        made.note(Entry(position, "r0", "2026-11-22T08:00:00Z", event))
    return made


def test_revisions_are_counted_also_those_whose_job_died() -> None:
    found = rounds_of(3, [drafted(), *facts(3, 3, 4)])

    assert (found.count, found.usd) == (2, 1.5)
    assert found.left_usd(RoundLimits(usd=2.0)) == 0.5
    assert found.left_usd(RoundLimits()) is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (RoundLimits(2), "revised 2 times already"),
        (RoundLimits(3, 1.0), "$1.00 were spent on this pull request"),
        (RoundLimits(3, 1.01), ""),
        (RoundLimits(), ""),
    ],
)
def test_where_a_limit_is_reached_people_are_told_which(limits: RoundLimits, words: str) -> None:
    told = rounds_of(3, facts(3, 3)).objection(limits)

    assert words in told
    assert bool(told) == bool(words)
