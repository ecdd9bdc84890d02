"""How pull requests stand is known without reading what rests, and never from before a change."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.local_forge import register
from bot.adapters.local_forge.records import FORMAT, Record, Records
from workflows.pull_request import PullRequest, PullRequestDraft, PullRequestState
from workflows.review import Review

DRAFT = PullRequestDraft("k", "changewright/x", "main", "b" * 40, "t", "body", "r1", "0" * 64)
OPEN = PullRequest(1, DRAFT, "h" * 40, "open", "local:1", "2026-01-02T03:04:05Z")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    found = Records(tmp_path / "forge", "here")
    with found.writing():
        for number in (1, 2, 10):
            found.write(Record(FORMAT, replace(OPEN, number=number)))
    return found


def test_the_newest_stands_first_and_a_decision_is_known(records: Records) -> None:
    review = Review(2, "accepted", "ada", "", "2026-01-03T00:00:00Z")
    records.write(Record(FORMAT, replace(OPEN, number=2, reviews=(review,))))

    found = records.standings()

    assert [(one.number, one.is_waiting) for one in found] == [(10, True), (2, False), (1, True)]
    assert found[1].decided == "2026-01-03T00:00:00Z"


def test_a_change_right_after_a_look_is_seen_by_the_next(records: Records) -> None:
    for number in range(20):
        records.standings()
        state: PullRequestState = "closed" if number % 2 else "open"
        records.write(Record(FORMAT, replace(OPEN, state=state, ended="t")))
        assert {one.number: one.state for one in records.standings()}[1] == state


def test_what_rests_is_not_read_again(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.standings()
    read: list[int] = []
    real = register._read

    def noted(entry: "os.DirEntry[str]", number: int) -> register.Standing:
        read.append(number)
        return real(entry, number)

    monkeypatch.setattr(register, "_read", noted)
    records.write(Record(FORMAT, replace(OPEN, number=2)))
    records.standings()
    os.utime(tmp_path / "forge", ns=(1, 1))  # nothing changed for a long time
    assert records.standings() == records.standings()

    assert read == [2]


def test_nothing_and_odd_files_are_no_pull_requests(tmp_path: Path, records: Records) -> None:
    assert Records(tmp_path / "none", "here").standings() == ()
    for name in ("x.json", "3.json.bak", "²5.json", "7.unfinished"):
        (tmp_path / "forge" / name).write_text("{}")
    (tmp_path / "forge" / "4.json").write_text("{")

    assert [(one.number, one.state) for one in records.standings()] == [
        (10, "open"),
        (4, "open"),
        (2, "open"),
        (1, "open"),
    ]
