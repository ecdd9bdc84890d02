"""How a campaign stands, told from its journal alone, and what a person is shown of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.pages.campaign import status_text
from validators.encoding import builtins
from workflows.board import Board
from workflows.campaign import (
    Campaign,
    CampaignBudget,
    PauseAt,
    Rollout,
    Target,
    TargetResult,
    TargetState,
    Template,
)
from workflows.progress_report import Outcome, Point, report_of
from workflows.run import Event, EventKind


class Book:
    """A journal that is written to without leases, at moments a minute apart."""

    def __init__(self, folder: Path) -> None:
        self.minute = 0
        self.journal = SqliteJournal(folder / "journal.sqlite", self._now, lambda: 0.0)

    def _now(self) -> str:
        return f"2026-11-22T10:{self.minute:02}:00Z"

    def say(self, run: str, kind: EventKind, /, **data: Any) -> None:
        fence = self.journal.lease(run, "me", 0.0)
        self.journal.append(fence, Event(kind, builtins(data)))

    def end(self, key: str, state: TargetState, **more: Any) -> None:
        self.minute += 1
        run = f"run-{key}"
        self.say(f"target-{key}", "target.claimed", worker="w")
        self.say(f"target-{key}", "target.started", run=run)
        result = TargetResult(key, state, run, **more)
        self.say(f"target-{key}", "target.finished", result=result)

    def spend(self, key: str, usd: float) -> None:
        self.say(f"run-{key}", "budget.reserved", reservation="1", usd=usd, tokens=100)

    def board(self, campaign: Campaign) -> Board:
        board = Board(self.journal, campaign)
        board.refresh()
        return board


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path)
    yield book
    book.journal.close()


def campaign(count: int, **more: Any) -> Campaign:
    targets = tuple(
        Target(f"t{number}", "repo", (f"{number}.py",), name=f"src/{number}")
        for number in range(count)
    )
    return Campaign("c1", "loud", (), Template("x"), targets, **more)


def test_a_target_goes_from_pending_to_merged(book: Book) -> None:
    one, seen = campaign(1), []
    board = book.board(one)
    steps: tuple[tuple[EventKind, dict[str, Any]], ...] = (
        ("target.claimed", {"worker": "w"}),
        ("target.started", {"run": "r"}),
        ("target.changed", {"files": 1}),
        ("target.finished", {"result": TargetResult("t0", "gated", "r")}),
        ("target.published", {"number": 7, "url": "u"}),
        ("target.settled", {"state": "merged", "why": ""}),
    )
    for kind, data in steps:
        book.say("target-t0", kind, **data)
        board.refresh()
        seen.append(board.standings["t0"].state)

    assert seen == ["running", "running", "changed", "gated", "published", "merged"]
    assert (board.standings["t0"].pull_request, board.is_over) == (7, True)


def test_a_claim_of_what_is_under_way_is_a_takeover_and_one_given_back_is_none(
    book: Book,
) -> None:
    one = campaign(1)
    words = ("claimed", "claimed", "released", "claimed")
    kinds: dict[str, EventKind] = {"claimed": "target.claimed", "released": "target.released"}
    for word in words:
        book.say("target-t0", kinds[word], worker="w")

    assert book.board(one).standings["t0"].takeovers == 1


def test_what_is_tried_again_begins_anew(book: Book) -> None:
    one = campaign(2)
    book.end("t0", "failed", reason="poison")
    book.end("t1", "gated")
    book.say("campaign-c1", "campaign.swept", only=None, again=["t0", "unknown"])

    board = book.board(one)

    assert list(board.claimable()) == ["t0"]
    assert board.standings["t1"].state == "gated"


def test_a_bound_that_was_reached_holds_although_the_rate_falls_again(book: Book) -> None:
    one = campaign(20, rollout=Rollout(pause_at=PauseAt(failure_rate=0.2)))
    for number in range(12):
        book.end(f"t{number}", "failed" if number in {3, 9} else "gated")

    hold = book.board(one).hold()

    assert hold
    assert (hold.kind, hold.why) == (
        "brake",
        "2 of 10 targets failed, and rollout.pause_at.failure_rate is 0.2",
    )


@pytest.mark.parametrize(
    ("bounds", "kind", "data", "words"),
    [
        (
            PauseAt(rejected=2),
            "review.recorded",
            {"review": {"verdict": "rejected"}},
            "people refused 2 pull requests, and rollout.pause_at.rejected is 2",
        ),
        (
            PauseAt(veto_rate=0.1),
            "adjudication.finished",
            {"opinion": {"decision": "veto"}},
            "10 of 10 second opinions were vetoes, and rollout.pause_at.veto_rate is 0.1",
        ),
    ],
)
def test_what_people_and_second_opinions_say_stops_it_too(
    book: Book, bounds: PauseAt, kind: EventKind, data: dict[str, Any], words: str
) -> None:
    one = campaign(12, rollout=Rollout(pause_at=bounds))
    for number in range(2 if bounds.rejected else 10):
        book.end(f"t{number}", "gated")
        assert book.board(one).hold() is None
        book.say(f"run-t{number}", kind, **data)
        book.say("run-elsewhere", kind, **data)

    hold = book.board(one).hold()
    assert hold
    assert hold.why == words


def test_a_refusal_counts_once_whether_a_review_says_so_or_the_pull_requests_end(
    book: Book,
) -> None:
    one = campaign(3, rollout=Rollout(pause_at=PauseAt(rejected=2)))
    book.end("t0", "gated")
    book.say("run-t0", "review.recorded", review={"verdict": "rejected"})
    book.say("target-t0", "target.settled", state="closed", why="")
    assert book.board(one).hold() is None

    book.end("t1", "gated")
    book.say("target-t1", "target.settled", state="closed", why="")

    hold = book.board(one).hold()
    assert hold
    assert hold.why == "people refused 2 pull requests, and rollout.pause_at.rejected is 2"


def test_what_is_reserved_counts_until_it_is_settled(book: Book) -> None:
    one = campaign(3, budget=CampaignBudget(usd=1.0, tokens=1_000))
    book.end("t0", "gated")
    book.spend("t0", 1.0)
    hold = book.board(one).hold()
    assert hold
    assert hold.why == "$1.0000 of $1.00 are spent"
    settled = {"reservation": "1", "usd": 0.25, "tokens": 1_000, "lost": False}
    book.say("run-t0", "budget.settled", **settled)

    board = book.board(one)

    hold = board.hold()
    assert hold
    assert (board.tally.usd, hold.why) == (0.25, "1000 of 1000 tokens are used")


def test_a_bound_in_dollars_asks_again_each_time_so_much_was_spent(book: Book) -> None:
    one = campaign(3, rollout=Rollout(pause_at=PauseAt(usd=1.0)))
    book.end("t0", "gated")
    book.spend("t0", 1.0)
    hold = book.board(one).hold()
    assert hold
    assert hold.why == "$1.0000 are spent, and rollout.pause_at.usd is 1"
    book.say("campaign-c1", "campaign.paused", why=hold.why, by="brake")

    book.say("campaign-c1", "campaign.resumed")

    assert book.board(one).hold() is None
    book.end("t1", "gated")
    book.spend("t1", 1.0)
    assert book.board(one).hold()


def test_what_is_under_way_and_what_ended_may_not_be_claimed(book: Book) -> None:
    one = campaign(3)
    book.say("target-t0", "target.claimed", worker="w")
    book.end("t1", "unchanged")
    board = book.board(one)

    assert board.refused("t2", 1) == "1 targets are worked on already"
    assert board.refused("t2", 2) == ""
    assert board.refused("t0", 1) == ""
    assert board.refused("t1", 2) == "target t1 is unchanged already"
    book.say("campaign-c1", "campaign.paused", why="", by="person")
    assert board.refused("t2", 2) == "the campaign is paused"


def test_a_report_tells_outcomes_by_cause_and_what_to_do(book: Book) -> None:
    one = campaign(8, rollout=Rollout(pause_at=PauseAt(usd=0.9)))
    for number in range(2):
        cause = f"fail: 'test_{number}' fails in src/{number}.py at 0x{number}"
        book.end(f"t{number}", "failed", reason="gates", cause=cause)
    book.end("t2", "unchanged")
    book.end("t3", "gated", cause="only 1 of 2 steps are in it; with the next: fail")
    book.end("t4", "gated")
    book.say("target-t4", "target.published", number=7, url="local:repo#7", branch="b", head="h")
    book.say("target-t5", "target.claimed", worker="w")
    book.spend("t4", 1.0)

    board = book.board(one)
    report = report_of(board)

    assert report.outcomes[:2] == (
        Outcome("failed", 2, "gates", "fail: 'test_0' fails in src/0.py at 0x0", "src/0"),
        Outcome("pending", 2, example="src/6"),
    )
    assert report.burndown[-1] == Point("2026-11-22T10:05:00Z", 3)
    assert (report.forecast_usd, report.minutes_left) == (1.6, 3.0)
    assert status_text(report) == (
        "campaign c1: braked, 5 of 8 targets ended, 1 under way\n"
        "  why       $1.0000 are spent, and rollout.pause_at.usd is 0.9\n"
        "  failed         2  gates, first src/0\n"
        "                    fail: 'test_0' fails in src/0.py at 0x0\n"
        "  pending        2\n"
        "  gated          1  src/3\n"
        "                    only 1 of 2 steps are in it; with the next: fail\n"
        "  published      1\n"
        "  running        1  src/5\n"
        "  unchanged      1\n"
        "  cost      $1.0000, 100 tokens; 20 tokens a target; $1.60 for all at this rate;\n"
        "            about 3 minutes left\n"
        "  left      ▇▆▅▄▃ 3\n"
        "  next      1 passed and wait for: changewright migrate publish loud\n"
        "  a person  1 pull request waits to be decided on\n"
        "                7  src/4  local:repo#7\n"
        "  now       see what failed, then go on with: changewright migrate resume loud"
    )


def test_what_keeps_passed_targets_from_being_published_is_told_when_all_have_ended(
    book: Book,
) -> None:
    one = campaign(2, rollout=Rollout(pause_at=PauseAt(rejected=1)), budget=CampaignBudget(usd=1.0))
    book.end("t0", "gated")
    book.end("t1", "gated")
    book.spend("t1", 1.0)
    assert report_of(book.board(one)).phase == "done"
    book.say("target-t0", "target.settled", state="closed", why="")

    report = report_of(book.board(one))

    words = "people refused 1 pull requests, and rollout.pause_at.rejected is 1"
    assert (report.phase, report.why) == ("braked", words)
    book.say("target-t1", "target.settled", state="stale", why="")
    told = status_text(report_of(book.board(one))).splitlines()
    assert told[0].startswith("campaign c1: done, 2 of 2")
    assert "  next      1 stale, their files moved: changewright migrate sweep" in told


def test_a_long_cause_is_told_whole_in_lines_of_a_terminal(book: Book) -> None:
    path = "src/" + "deep/" * 30 + "a.py"
    book.end("t0", "failed", reason="step", cause=f"{'word ' * 80}{path}")

    lines = status_text(report_of(book.board(campaign(1)))).splitlines()

    told = [line for line in lines if line.startswith(" " * 20)]
    assert (len(told), told[-1][-4:]) == (4, " ...")
    assert max(map(len, lines)) <= 80


def test_a_report_of_nothing_yet_and_of_a_sample(book: Book) -> None:
    one = replace(campaign(4), key="c1")
    assert status_text(report_of(book.board(one))) == (
        "campaign c1: pending, 0 of 4 targets ended\n"
        "  pending        4\n"
        "  cost      $0.0000, 0 tokens\n"
        "  now       begin with: changewright migrate sweep"
    )
    book.say("campaign-c1", "campaign.swept", only=["t1"], again=[])
    book.end("t1", "unchanged")

    assert status_text(report_of(book.board(one))).splitlines()[:2] == [
        "campaign c1: done, 1 of 1 targets ended (a sample of 4)",
        "  unchanged      1",
    ]
