"""A run that was stopped, and the same label again: what was paid for is not paid for twice."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.bot.action.conftest import EDIT, OPERATORS, commented, labelled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.action.conftest import Hall

pytestmark = pytest.mark.sandbox
GOOD, BAD = EDIT.format("one", "good"), EDIT.format("one", "bad")
BRANCH = "changewright/issue-7-one-is-too-few"


def stopped(hall: "Hall") -> str:
    """Have a run that landed something be given no further reply, and settled."""
    # A second stage would begin with the base again.
    (hall.folder / "operator.yml").write_text("{}")
    run = hall.begin(labelled()).admit()["run"]
    assert hall.propose(BAD)["state"] == "failed"
    assert hall.publish()["state"] == "branch-only"
    assert hall.settle() == {"state": "our-fault"}
    return run


def cancelled(hall: "Hall") -> str:
    """Have a run be proposed in a workflow that is cancelled before it is published."""
    run = hall.begin(labelled()).admit()["run"]
    hall.propose(GOOD)
    hall.did("publish", {}, "cancelled")
    assert hall.keep()["state"] == "cancelled"
    hall.settle()
    return run


def again(hall: "Hall", **issue: str) -> dict[str, str]:
    hall.town.labels.add("changewright")
    at = f"2026-11-22T08:3{hall.runs}:00Z"
    return hall.begin(labelled(at=at, **issue)).admit()


def exported(hall: "Hall") -> "Path":
    found = (hall.parcels / "changewright-earlier").glob("*.jsonl")
    (path,) = (one for one in found if not one.name.endswith(".traces.jsonl"))
    return path


def test_the_same_label_goes_on_with_the_run_and_asks_for_no_reply_twice(hall: "Hall") -> None:
    run = stopped(hall)
    (hall.town.origin / "docs/two.txt").write_text("2\n")
    hall.git("commit", "--quiet", "--all", "--message=elsewhere")

    admitted = again(hall)
    assert (admitted["run"], admitted["earlier"]) == (run, "1")
    assert "goes on where this run was stopped before" in hall.town.ours[1]
    # The first reply of the script is the one that was given then.
    assert hall.propose(BAD, EDIT.format("bad", "good"))["state"] == "proposed"
    assert "goes on with what" in (hall.place / "propose.md").read_text()

    assert hall.publish()["state"] == "published"
    assert hall.git("show", f"{BRANCH}:data/one.txt") == "good"
    [record] = hall.journal()
    assert record.count('"kind":"model.replied"') == 2
    assert record.count('"kind":"run.resumed"') == 1
    assert record.count('"kind":"run.admitted"') == 2
    assert hall.settle() == {"state": "proposed"}


def test_what_was_cancelled_when_it_was_proposed_is_proposed_again_for_nothing(
    hall: "Hall",
) -> None:
    cancelled(hall)

    again(hall)
    assert hall.propose(GOOD)["state"] == "proposed"

    assert hall.publish()["state"] == "published"
    [record] = hall.journal()
    assert record.count('"kind":"model.replied"') == 1
    assert record.count('"kind":"budget.settled"') == 1


@pytest.mark.long
def test_work_that_was_stopped_twice_is_begun_with_and_gone_on_with(hall: "Hall") -> None:
    first = stopped(hall)
    hall.town.keeps_artifacts = False
    second = again(hall)["run"]
    assert second != first
    worse = EDIT.format("bad", "bad bad")
    hall.propose(worse)
    assert hall.publish()["state"] == "branch-only"
    hall.town.keeps_artifacts = True

    assert again(hall)["run"] == second
    assert hall.propose(worse, EDIT.format("bad bad", "good"))["state"] == "proposed"
    assert hall.publish()["state"] == "published"
    assert hall.git("show", f"{BRANCH}:data/one.txt") == "good"


def test_a_run_that_cannot_be_gone_on_with_begins_anew(hall: "Hall") -> None:
    run = cancelled(hall)

    for body in ("Say it otherwise.", "Say it *better*.", "Say it *better*."):
        hall.town.workflow_branch = "main" if hall.runs == 1 else "other"
        hall.town.keeps_artifacts = hall.runs < 3
        admitted = again(hall, body=body)
        assert (admitted["run"] != run, admitted["earlier"]) == (True, "")
    hall.town.workflow_branch, hall.town.keeps_artifacts = "main", True
    hall.begin(commented("/changewright model large"), "issue_comment")
    assert hall.admit()["run"] != run


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", ["changed", "gone", "rules"])
def test_what_is_not_what_was_left_is_not_gone_on_with(hall: "Hall", how: str) -> None:
    run = cancelled(hall)
    assert again(hall)["run"] == run
    if how == "changed":
        text = exported(hall).read_text()
        exported(hall).write_text(text.replace("One is too few", "Two is too few"))
    elif how == "gone":
        exported(hall).unlink()
    else:
        stricter = hall.folder / "stricter.yml"
        stricter.write_text(json.dumps(OPERATORS | {"limits": {"max_patch_files": 3}}))
        hall.monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(stricter))

    assert hall.propose(EDIT.format("good", "better"))["state"] == "proposed"

    assert "begins anew" in (hall.place / "propose.md").read_text()
    assert hall.publish()["state"] == "published"
    [record] = hall.journal()
    assert record.count('"kind":"model.replied"') == 2


def test_a_machine_that_is_lost_while_it_goes_on_is_booked_beside_what_was_spent(
    hall: "Hall",
) -> None:
    run = cancelled(hall)
    again(hall)
    hall.check_out()
    hall.did("propose", {}, "failure")

    assert hall.publish()["state"] == "nothing"

    first, second = sorted(hall.journal(), key=len)
    assert f'"run":"{run}.2"' in first
    assert '"booked":true' in first
    assert '"booked"' not in second
    assert again(hall)["run"] != run
