"""A run that a dying process left is found by what it was asked to do, and no other run is."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from validators.encoding import builtins
from validators.rules import Rules
from workflows.budget import Budget
from workflows.history import history_of
from workflows.recorder import Recorder, leased
from workflows.run import Event, EventKind
from workflows.unfinished import cut_off, is_cut_off, left_behind, start_of, stopped
from workflows.workshop import Revision, Wishes

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

WISHES = Wishes(Budget(), told={"command": "propose", "model": None})
REVISION = Revision(1, "t" * 40, "diff", "words", "r0")
END = {"state": "failed", "verdict": "budget", "why": "x"}
Later = tuple[EventKind, dict[str, Any]]


def start(studio: "Studio", wishes: Wishes = WISHES) -> dict[str, Any]:
    return start_of(studio.task, "scripted", studio.workshop, wishes)


def leave(studio: "Studio", run: str, *later: Later, wishes: Wishes = WISHES) -> None:
    """Leave what a process leaves that died after ``later``."""
    with leased(studio.journal, run, run) as fence:
        pen = Recorder(studio.journal, fence)
        pen.record("run.started", **start(studio, wishes))
        for kind, data in later:
            pen.record(kind, **data)


def test_a_run_is_known_by_all_that_somebody_needs_to_take_it_up(studio: "Studio") -> None:
    found = builtins(start(studio, replace(WISHES, revision=REVISION)))

    assert (found["task_key"], found["model"], found["revises"]) == ("issue-7", "scripted", 1)
    assert found["told"] == {"command": "propose", "model": None}
    assert (found["base_commit"], found["max_attempts"]) == (studio.clone.base_commit, 3)
    assert {len(found[name]) for name in found if name.endswith("sha256")} == {64}
    assert studio.journal.get_blob(found["revision"])
    assert start(studio)["revision"] == ""


def test_what_died_is_found_by_its_words(studio: "Studio") -> None:
    leave(studio, "r1", ("scope.selected", {"excerpts": "x"}))

    assert left_behind(studio.journal, start(studio)) == "r1"


@pytest.mark.parametrize("name", ["pictures", "is_pull_request", "labels"])
def test_a_run_that_began_before_tasks_knew_of_that_is_found(studio: "Studio", name: str) -> None:
    known = builtins(start(studio))
    del known["task"][name]
    with leased(studio.journal, "r1", "r1") as fence:
        Recorder(studio.journal, fence).record("run.started", **known)

    assert left_behind(studio.journal, start(studio)) == "r1"


def test_a_label_that_came_meanwhile_makes_no_other_run(studio: "Studio") -> None:
    leave(studio, "r1")
    studio.task = replace(studio.task, labels=("area: docs",))

    assert left_behind(studio.journal, start(studio)) == "r1"


def test_the_model_is_not_what_a_run_is_known_by(studio: "Studio") -> None:
    leave(studio, "r1")

    assert left_behind(studio.journal, start(studio) | {"model": ""}) == "r1"


def test_the_newest_of_them_is_found(studio: "Studio") -> None:
    leave(studio, "r1")
    leave(studio, "r2")

    assert left_behind(studio.journal, start(studio)) == "r2"


def other_task(studio: "Studio") -> Wishes:
    studio.task = replace(studio.task, body="other words")
    return WISHES


def other_rules(studio: "Studio") -> Wishes:
    studio.rules = Rules(allowed_paths=("data/",))
    return WISHES


def other_base(studio: "Studio") -> Wishes:
    studio.clone = replace(studio.clone, base_commit="d" * 40)
    return WISHES


@pytest.mark.parametrize(
    "change",
    [
        other_task,
        other_rules,
        other_base,
        lambda _: replace(WISHES, told={"command": "propose", "model": "claude"}),
        lambda _: replace(WISHES, revision=REVISION),
    ],
)
def test_a_run_of_something_else_is_not(
    studio: "Studio", change: Callable[["Studio"], Wishes]
) -> None:
    leave(studio, "r1")
    wishes = change(studio)

    assert left_behind(studio.journal, start(studio, wishes)) == ""


def test_a_revision_by_other_words_is_another(studio: "Studio") -> None:
    leave(studio, "r1", wishes=replace(WISHES, revision=REVISION))

    again = replace(WISHES, revision=replace(REVISION, words="other words"))
    assert left_behind(studio.journal, start(studio, again)) == ""
    same = replace(WISHES, revision=REVISION)
    assert left_behind(studio.journal, start(studio, same)) == "r1"


@pytest.mark.parametrize("state", ["proposed", "nothing", "failed", "cancelled", "published"])
def test_a_run_that_came_to_an_end_is_not(studio: "Studio", state: str) -> None:
    leave(studio, "r1", ("run.finished", END | {"state": state}))

    assert left_behind(studio.journal, start(studio)) == ""


def test_a_run_that_was_taken_up_after_its_end_and_died_again_is(studio: "Studio") -> None:
    leave(studio, "r1", ("run.finished", END), ("run.resumed", {"replies": 0, "attempts": 0}))

    assert left_behind(studio.journal, start(studio)) == "r1"


def test_a_run_that_somebody_is_working_on_is_not(studio: "Studio") -> None:
    leave(studio, "r1")
    leave(studio, "r2")
    fence = studio.journal.lease("r2", "somebody")

    assert left_behind(studio.journal, start(studio)) == "r1"
    assert list(cut_off(studio.journal, ["r1", "r2"])) == ["r1"]
    studio.journal.release(fence)
    assert list(cut_off(studio.journal, ["r1", "r2"])) == ["r1", "r2"]


def test_a_run_that_was_taken_up_three_times_in_vain_is_left_alone(studio: "Studio") -> None:
    resumed: Later = ("run.resumed", {"replies": 0, "attempts": 0})
    leave(studio, "r1", resumed, resumed)
    assert left_behind(studio.journal, start(studio)) == "r1"

    leave(studio, "r2", resumed, resumed, resumed)
    assert left_behind(studio.journal, start(studio)) == "r1"
    # Whoever names it may still have it.
    assert list(cut_off(studio.journal, ["r2"])) == ["r2"]


def test_what_is_no_run_is_no_run_that_was_cut_off(studio: "Studio") -> None:
    fence = studio.journal.lease("campaign-x", "me")
    studio.journal.append(fence, Event("campaign.paused", {"campaign": "x"}))
    studio.journal.release(fence)
    leave(studio, "r1", ("run.finished", END))

    assert list(cut_off(studio.journal, studio.journal.runs())) == []
    assert not is_cut_off(history_of(studio.journal.read("campaign-x")))
    assert left_behind(studio.journal, start(studio)) == ""


def test_in_an_empty_journal_nothing_is_found(studio: "Studio") -> None:
    assert left_behind(studio.journal, start(studio)) == ""


@pytest.mark.parametrize("state", ["proposed", "nothing", "failed", "published"])
def test_what_ended_by_itself_was_not_stopped(studio: "Studio", state: str) -> None:
    leave(studio, "r1", ("run.finished", END | {"state": state}))

    assert stopped(studio.journal) == ""


def test_the_newest_that_was_stopped_or_killed_is_found(studio: "Studio") -> None:
    assert stopped(studio.journal) == ""
    leave(studio, "r1", ("run.finished", END | {"state": "cancelled"}))
    assert stopped(studio.journal) == "r1"
    leave(studio, "r2")
    leave(studio, "r3", ("run.finished", END | {"state": "proposed"}))
    assert stopped(studio.journal) == "r2"

    studio.journal.lease("r2", "somebody")
    assert stopped(studio.journal) == "r1"
