"""Caps over several runs: of one issue, of one day, and of processes that work side by side."""

from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.journal import SqliteJournal
from workflows.budget import Budget
from workflows.ledger import Caps, Ledger
from workflows.propose import propose
from workflows.recorder import Recorder, recording
from workflows.task import Task
from workflows.workshop import Outcome, Wishes

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

ISSUE = Task("words() counts spaces", "", "/repo", number="7")


def spend(studio: "Studio", run: str, task: Task, *usd: float, settle: bool = True) -> None:
    start = {"task": task, "task_key": task.key, "base_commit": "b"}
    with recording(studio.journal, run, start) as recorder:
        for number, amount in enumerate(usd):
            charge(recorder, str(number), amount, settle=settle)


def charge(recorder: Recorder, reservation: str, usd: float, *, settle: bool) -> None:
    recorder.record("budget.reserved", reservation=reservation, usd=usd * 2, tokens=10)
    if settle:
        recorder.record(
            "budget.settled", reservation=reservation, usd=usd, tokens=5, lost=False, elapsed_s=1.0
        )


def ledger(studio: "Studio", today: str = "2026-11-21", **caps: float) -> Ledger:
    return Ledger(studio.journal, ISSUE, Caps(**caps), lambda: f"{today}T10:00:00Z")


def test_without_caps_the_journal_is_not_even_read(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 1e6)

    assert ledger(studio).exhausted(1e6) == ""


def test_an_issue_is_charged_for_all_its_runs(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.25, 0.25)
    spend(studio, "r2", Task("another", "", "/repo", number="8"), 5.0)
    spend(studio, "r3", Task("the same number", "", "/elsewhere", number="7"), 5.0)
    spend(studio, "r4", ISSUE, 0.5)

    assert ledger(studio, issue_usd=1.5).exhausted(0.5) == ""
    assert ledger(studio, issue_usd=1.5).exhausted(0.51) == (
        "$1.0000 of $1.50 are spent on this issue, over all its runs, and the next request may cost"
        " $0.5100"
    )


def test_what_is_reserved_and_not_settled_counts_in_full(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5, settle=False)

    assert ledger(studio, issue_usd=1.5).exhausted(0.5) == ""
    assert "$1.0000 of $1.50" in ledger(studio, issue_usd=1.5).exhausted(0.6)


def test_a_day_is_charged_for_every_run_and_ends_at_midnight_utc(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5)
    spend(studio, "r2", Task("another", "", "/repo", number="8"), 0.5)

    assert ledger(studio, day_usd=1.0).exhausted(0.1) == (
        "$1.0000 of $1.00 are spent on 2026-11-21, over all runs, and the next request may cost"
        " $0.1000"
    )
    assert ledger(studio, today="2026-11-22", day_usd=1.0).exhausted(0.1) == ""


def test_what_others_spend_meanwhile_is_seen(studio: "Studio") -> None:
    one = ledger(studio, day_usd=1.0)
    assert one.exhausted(0.6) == ""

    spend(studio, "r2", ISSUE, 0.5)

    assert one.exhausted(0.6) != ""
    assert one.exhausted(0.5) == ""


@pytest.mark.parametrize("caps", [Caps(issue_usd=0.5), Caps(day_usd=0.5)])
def test_a_second_run_of_an_issue_stops_at_the_cap_before_it_asks(
    studio: "Studio", wrong: str, caps: Caps
) -> None:
    def run(name: str) -> Outcome:
        model = ScriptedModel([ScriptedReply(wrong, usd=0.3)])
        wishes = Wishes(Budget(usd=5.0), 1, caps=caps)
        return propose(studio.task, name, model, studio.workshop, wishes)

    first, second = run("r1"), run("r2")

    assert (first.state, second.state, second.verdict.word) == ("nothing", "failed", "budget")
    assert "$0.3000 of $0.50" in second.why
    assert "model.replied" not in studio.kinds("r2")


def test_the_ledger_of_a_journal_opened_anew_says_the_same(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5)
    again = SqliteJournal(studio.folder / "journal.sqlite", lambda: "", lambda: 0.0)

    other = Ledger(again, ISSUE, Caps(issue_usd=0.5), lambda: "2026-11-21T00:00:00Z")

    assert other.exhausted(0.1) == ledger(studio, issue_usd=0.5).exhausted(0.1) != ""
    again.close()
