"""A record tells what a run cost and how it ended, and not one word that was said in it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from validators.encoding import encode
from validators.evidence import Evidence, GateRecord
from validators.verdict import Verdict
from workflows.budget import Caps, Charge, spent
from workflows.history import history_of
from workflows.journal_branch import RecordedRuns
from workflows.ledger import Ledger
from workflows.recorder import Recorder
from workflows.run import Entry, Event, EventKind, summarise
from workflows.run_facts import facts_of
from workflows.run_record import (
    MAX_RECORD_BYTES,
    Record,
    RecordRefusal,
    booking,
    joined,
    read,
    record_of,
    record_path,
    written,
)
from workflows.task import Task

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

CANARY = "the orchid password is hummingbird, said nobody at all"
TODAY = "2026-11-21T08:11:00Z"
TASK = Task("t", "b", "ada/tally", number="7")


def entry(kind: EventKind, at: str = TODAY, /, **data: Any) -> Entry:
    return Entry(1, "r1", at, Event(kind, data))


def spending(usd: float, at: str = TODAY) -> list[Entry]:
    task = {"title": "t", "body": "b", "repository": "file:tally", "number": "7"}
    return [
        entry("run.started", at, task=task, task_key="issue-7"),
        entry("budget.reserved", at, reservation="1", usd=2.0, tokens=900),
        entry("budget.settled", at, reservation="1", usd=usd, tokens=90, lost=False),
    ]


def told(record: Record) -> str:
    return written(record).decode()


def test_of_a_real_run_nothing_stays_that_somebody_wrote(studio: "Studio", right: str) -> None:
    title = f"words() counts spaces, {CANARY} (title)"
    studio.task = replace(studio.task, title=title, body=f"{CANARY} (body)")
    studio.propose([f"{CANARY} (reply)\n\nnothing yet", f"{CANARY} (second reply)\n\n{right}"])
    entries = studio.journal.read("r1")
    assert studio.kinds()[-1] == "run.finished"
    assert f"{CANARY} (second reply)" in str(entries)

    record = record_of(entries, "ada/tally")

    assert "hummingbird" not in told(record)
    assert "orchid" not in told(record)
    for words in ("words()", "tally.py", "counts"):
        assert words not in told(record)
    assert len(record.entries) == len(entries)


@pytest.mark.parametrize("kind", get_args(EventKind))
def test_of_no_event_a_sentence_stays_whatever_its_field_is_called(kind: EventKind) -> None:
    names: tuple[str, ...] = (
        "model",
        "gate",
        "key",
        "why",
        "told",
        "trouble",
        "reason",
        "reply",
        "state",
        "title",
    )
    names += ("task", "attempt", "verdict", "request", "outcome", "opinion", "review", "path")
    nested = dict.fromkeys(names, CANARY)
    data: Mapping[str, Any] = {**dict.fromkeys(names, CANARY), "outcome": nested, "request": nested}
    if kind == "attempt.finished":
        found = {"code": CANARY, "severity": "block", "message": CANARY}
        data = {**data, "attempt": {**nested, "verdict": {"word": "fail", "findings": [found]}}}

    record = record_of([Entry(1, "r1", TODAY, Event(kind, data))], "ada/tally")

    assert "hummingbird" not in told(record)


def test_the_reason_is_told_by_the_codes_of_the_findings() -> None:
    verdict = {
        "word": "fail",
        "findings": [
            {"code": "new-failure", "severity": "block", "message": CANARY},
            {"code": "hidden", "severity": "note", "message": CANARY},
            {"code": "undefined-name", "severity": "block", "message": CANARY},
        ],
    }
    entries = [
        *spending(0.5),
        entry("attempt.finished", attempt={"number": 1, "verdict": verdict, "summary": CANARY}),
        entry("run.finished", state="nothing", verdict="fail", why=CANARY),
    ]

    summary = summarise(record_of(entries, "ada/tally").entries)

    assert (summary.state, summary.verdict) == ("nothing", "fail")
    assert summary.why == "new-failure undefined-name"


@pytest.mark.parametrize(("code", "answered"), [("no-change-needed", True), ("question", False)])
def test_a_record_tells_whether_a_run_answered_that_nothing_is_to_be_changed(
    code: str, *, answered: bool
) -> None:
    end = entry("run.finished", state="nothing", verdict="fail", why=CANARY, code=code)
    record = read(written(record_of([*spending(0.5), end], "ada/tally")), "file")

    (facts,) = facts_of(record.entries).values()

    assert facts.answered is answered


def test_a_record_is_a_history_with_the_figures_of_the_run() -> None:
    entries = spending(0.5)
    record = record_of(entries, "ada/tally")

    assert spent(record.entries) == spent(entries)
    assert history_of(record.entries).started is not None
    assert record.entries[0].event.data["task"]["repository"] == "ada/tally"
    assert read(written(record), "file") == record
    assert record_path(record) == "runs/2026/11/r1.jsonl"


def test_a_record_tells_what_each_gate_came_to_and_not_how_its_command_ended(
    studio: "Studio", right: str
) -> None:
    passed = GateRecord("tests", "test", ("pytest",), True, "pass", None, None)  # noqa: FBT003 - it must pass
    failed = GateRecord(CANARY, "lint", ("x",), False, "fail", None, None)  # noqa: FBT003 - it only reports

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        recorder.record("gate.finished", gate="tests", side="patched", outcome="failed")
        return Verdict("pass"), replace(studio.evidence(tree), gates=(passed, failed))

    studio.judge = judge
    studio.propose([right])
    record = record_of(studio.journal.read("r1"), "ada/tally")

    found = facts_of(record.entries)["r1"]

    assert CANARY not in told(record)
    (first, (attempt, gate, word)) = found.gates
    assert first == (1, "tests", "pass")
    assert (attempt, len(gate), word) == (1, 64, "fail")  # its hash


def test_a_ledger_reads_the_money_of_issue_and_day_from_records() -> None:
    yesterday = "2026-11-20T23:59:59Z"
    records = [
        record_of([replace(one, run="r1") for one in spending(0.5, yesterday)], "ada/tally"),
        record_of([replace(one, run="r2") for one in spending(0.25)], "ada/tally"),
        booking("r3", replace(TASK, number="8"), 2.0, 400, TODAY),
    ]

    def objection(caps: Caps) -> str:
        ledger = Ledger(RecordedRuns(records), TASK, caps, lambda: TODAY)
        return ledger.exhausted(Charge(0.1, 1))

    assert objection(Caps(issue_usd=0.9, day_usd=2.4)) == ""
    assert "$0.7500 of $0.80 are spent on this issue" in objection(Caps(issue_usd=0.8))
    assert "$2.2500 of $2.30 are spent on 2026-11-21" in objection(Caps(day_usd=2.3))


def test_a_job_that_left_nothing_is_booked_with_all_it_had_until_the_truth_comes() -> None:
    booked = booking("r1", TASK, 2.0, 400, TODAY)
    record = record_of(spending(0.5), "ada/tally")

    assert spent(booked.entries).usd == 2.0
    assert summarise(booked.entries).state == "failed"
    assert joined(booked, record) == record
    assert joined(record, booked) == record


def test_two_jobs_under_one_name_each_count_for_what_they_paid() -> None:
    first = record_of(spending(0.5, "2026-11-21T08:11:00Z"), "ada/tally")
    second = record_of(spending(0.25, "2026-11-21T09:11:00Z"), "ada/tally")

    both = joined(first, second)

    assert spent(both.entries).usd == 0.75
    assert joined(both, first) == both
    assert [one.position for one in both.entries] == list(range(1, 7))


def test_a_longer_record_of_the_same_run_adds_its_end() -> None:
    entries = spending(0.5)
    before = record_of(entries, "ada/tally")
    after = record_of(
        [*entries, entry("run.finished", state="failed", verdict="fail", why="")], "x/y"
    )
    after = replace(after, entries=(before.entries[0], *after.entries[1:]))

    assert joined(before, after) == after
    assert joined(after, before) == after


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\n",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b"x" * (MAX_RECORD_BYTES + 1),
        encode({"format": "changewright-record/1", "run": "r1"}),
        encode({"format": "changewright-record/2", "run": "r1"}),
        encode({"format": "changewright-record/1", "run": "../r1"})
        + b"\n"
        + encode({"at": TODAY, "event": {"kind": "run.started", "data": {}}}),
        encode({"format": "changewright-record/1", "run": "r1"})
        + b"\n"
        + encode({"at": "now", "event": {"kind": "run.started", "data": {}}}),
        encode({"format": "changewright-record/1", "run": "r1"})
        + b"\n"
        + json.dumps({"at": TODAY, "event": {"kind": "nonsense", "data": {}}}).encode(),
    ],
)
def test_a_file_that_is_no_record_is_refused_and_named(document: bytes) -> None:
    with pytest.raises(RecordRefusal, match=r"runs/x\.jsonl is no record of a run"):
        read(document, "runs/x.jsonl")


def test_nothing_is_written_of_nothing_or_under_a_name_that_is_none() -> None:
    with pytest.raises(RecordRefusal, match="without events"):
        record_of([], "ada/tally")
    with pytest.raises(RecordRefusal, match="no name of a run"):
        booking("../../x", TASK, 1.0, 1, TODAY)
