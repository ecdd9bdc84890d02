"""Caps over several runs: of one issue, of one day, and of processes that work side by side."""

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.journal import SqliteJournal
from workflows.budget import Budget, Caps, Charge, spent
from workflows.ledger import Ledger
from workflows.ports import Withheld
from workflows.propose import propose
from workflows.recorder import Recorder, recording
from workflows.run import summarise
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


def ledger(studio: "Studio", today: str = "2026-11-21", **caps: Any) -> Ledger:
    return Ledger(studio.journal, ISSUE, Caps(**caps), lambda: f"{today}T10:00:00Z")


def test_without_caps_the_journal_is_not_even_read(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 1e6)

    assert ledger(studio).exhausted(Charge(1e6, 10)) == ""


def test_an_issue_is_charged_for_all_its_runs(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.25, 0.25)
    spend(studio, "r2", Task("another", "", "/repo", number="8"), 5.0)
    spend(studio, "r3", Task("the same number", "", "/elsewhere", number="7"), 5.0)
    spend(studio, "r4", ISSUE, 0.5)

    assert ledger(studio, issue_usd=1.5).exhausted(Charge(0.5, 10)) == ""
    assert ledger(studio, issue_usd=1.5).exhausted(Charge(0.51, 10)) == (
        "$1.0000 of $1.50 are spent on this issue, over all its runs, and the next request may cost"
        " $0.5100"
    )


def test_what_is_reserved_and_not_settled_counts_in_full(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5, settle=False)

    assert ledger(studio, issue_usd=1.5).exhausted(Charge(0.5, 10)) == ""
    assert "$1.0000 of $1.50" in ledger(studio, issue_usd=1.5).exhausted(Charge(0.6, 10))


def test_a_day_is_charged_for_every_run_and_ends_at_midnight_utc(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5)
    spend(studio, "r2", Task("another", "", "/repo", number="8"), 0.5)

    assert ledger(studio, day_usd=1.0).exhausted(Charge(0.1, 10)) == (
        "$1.0000 of $1.00 are spent on 2026-11-21, over all runs, and the next request may cost"
        " $0.1000"
    )
    assert ledger(studio, today="2026-11-22", day_usd=1.0).exhausted(Charge(0.1, 10)) == ""


def test_what_others_spend_meanwhile_is_seen(studio: "Studio") -> None:
    one = ledger(studio, day_usd=1.0)
    assert one.exhausted(Charge(0.6, 10)) == ""

    spend(studio, "r2", ISSUE, 0.5)

    assert one.exhausted(Charge(0.6, 10)) != ""
    assert one.exhausted(Charge(0.5, 10)) == ""


@pytest.mark.parametrize("caps", [Caps(issue_usd=0.5), Caps(day_usd=0.5)])
def test_a_second_run_of_an_issue_stops_at_the_cap_before_it_asks(
    studio: "Studio", wrong: str, caps: Caps
) -> None:
    def run(name: str) -> Outcome:
        model = ScriptedModel([ScriptedReply(wrong, usd=0.3)])
        wishes = Wishes(Budget(usd=5.0), 1, caps=caps)
        return propose(studio.task, name, (model,), studio.workshop, wishes)

    first, second = run("r1"), run("r2")

    assert (first.state, second.state, second.verdict.word) == ("nothing", "failed", "budget")
    assert "$0.3000 of $0.50" in second.why
    assert "model.replied" not in studio.kinds("r2")


def test_the_ledger_of_a_journal_opened_anew_says_the_same(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.5)
    again = SqliteJournal(studio.folder / "journal.sqlite", lambda: "", lambda: 0.0)

    other = Ledger(again, ISSUE, Caps(issue_usd=0.5), lambda: "2026-11-21T00:00:00Z")

    assert (
        other.exhausted(Charge(0.1, 10))
        == ledger(studio, issue_usd=0.5).exhausted(Charge(0.1, 10))
        != ""
    )
    again.close()


def test_of_two_that_reserve_at_once_the_second_is_refused(studio: "Studio") -> None:
    start = {"task": ISSUE, "task_key": ISSUE.key, "base_commit": "b"}
    charge = Charge(0.6, 10)
    with (
        recording(studio.journal, "r1", start) as one,
        recording(studio.journal, "r2", start) as two,
    ):
        ledgers = [ledger(studio, day_usd=1.0) for _ in range(2)]
        # Each has looked, and each would be let through.
        assert [each.exhausted(charge) for each in ledgers] == ["", ""]
        for pen, each in zip((one, two), ledgers, strict=True):
            data = {"reservation": "1.1", "usd": 0.6, "tokens": 10}
            with suppress(Withheld):
                pen.record_unless(partial(each.exhausted, charge), "budget.reserved", **data)

    assert ("budget.reserved" in studio.kinds("r1"), "budget.reserved" in studio.kinds("r2")) == (
        True,
        False,
    )


def test_without_a_price_dollars_cannot_be_kept_to_and_tokens_are(studio: "Studio") -> None:
    unpriced = Charge(None, 400)

    assert ledger(studio, day_usd=1.0).exhausted(unpriced) == (
        "what this model costs is not known, so $1.00 on 2026-11-21, over all runs, could not be"
        " kept to; set budget.day_tokens, or ask a model with a price"
    )
    assert "budget.issue_tokens" in ledger(studio, issue_usd=1.0).exhausted(unpriced)
    both: dict[str, Any] = {"day_usd": 1.0, "day_tokens": 500}
    assert ledger(studio, **both).exhausted(unpriced) == ""
    spend(studio, "r1", ISSUE, 0.1, *[0.001] * 20)
    assert ledger(studio, **both).exhausted(unpriced) == (
        "105 of 500 tokens are used on 2026-11-21, over all runs, and the next request may need 400"
    )
    assert "105 of 450 tokens" in ledger(studio, issue_tokens=450).exhausted(unpriced)


def test_a_clock_that_is_set_back_opens_no_new_purse(studio: "Studio") -> None:
    spend(studio, "r1", ISSUE, 0.9)  # on the 21st

    for today in ("2026-11-20", "1970-01-01"):
        assert ledger(studio, today=today, day_usd=1.0).exhausted(Charge(0.2, 1)) == (
            f"$0.9000 of $1.00 are spent on {today}, over all runs (some dated up to 2026-11-21: is"
            " the clock right?), and the next request may cost $0.2000"
        )
        assert ledger(studio, today=today, day_usd=1.2).exhausted(Charge(0.2, 1)) == ""


def test_what_was_spent_at_least_counts_at_the_most(studio: "Studio") -> None:
    start = {"task": ISSUE, "task_key": ISSUE.key, "base_commit": "b"}
    with recording(studio.journal, "r1", start) as pen:
        for name, usd in (("1.1", 0.1), ("1.2", None)):
            pen.record("budget.reserved", reservation=name, usd=0.4, tokens=900)
            booked = {"usd": usd, "tokens": 50, "at_least": True, "lost": False}
            pen.record("budget.settled", reservation=name, elapsed_s=1.0, **booked)

    assert "$0.8000 of $1.00" in ledger(studio, issue_usd=1.0).exhausted(Charge(0.3, 1))
    used = spent(studio.journal.read("r1"))
    assert used.usd == pytest.approx(0.8)
    assert used.tokens == 1800
    run = summarise(studio.journal.read("r1"))
    assert (run.usd, run.at_least) == (0.1, True)
