"""Several conversations of one run: each has its own calls, its own lane, and is booked once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.scripted_model import ScriptedCall, ScriptedReply
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict
from workflows.recorder import Recorder

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
FINISH = ScriptedCall("finish", {"summary": "Done."})


def put(old: str, new: str) -> ScriptedCall:
    given = {"command": "str_replace", "path": "data/one.txt", "old_str": old, "new_str": new}
    return ScriptedCall("editor", given)


def calls(*made: ScriptedCall, text: str = "") -> ScriptedReply:
    return ScriptedReply(text, made)


def bad_fails(studio: "Studio") -> None:
    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        is_bad = "bad" in (studio.file(tree, "data/one.txt") or "")
        verdict = Verdict("pass")
        if is_bad:
            verdict = Verdict("fail", (Finding("tests", "new-failure", "block", "red"),))
        recorder.record("gate.finished", gate="tests", outcome=verdict.word)
        return verdict, studio.evidence(tree)

    studio.judge = judge


def reservations(studio: "Studio", kind: str = "prompt.sent") -> list[str]:
    return [data["reservation"] for data in studio.data(kind)]


def test_calls_of_one_candidate_are_not_seen_by_the_next(studio: "Studio") -> None:
    bad_fails(studio)
    studio.candidates = 2

    outcome = studio.propose([calls(put("one", "bad"), FINISH), calls(put("one", "two"), FINISH)])

    assert outcome.state == "proposed"
    assert studio.file(studio.bundle()[0].applied_tree, "data/one.txt") == "two\n"
    assert reservations(studio) == ["1.1", "candidate-2/2.1"]


def test_the_next_stage_begins_where_the_last_step_held(studio: "Studio") -> None:
    bad_fails(studio)
    studio.stages = 2

    outcome = studio.propose([calls(put("one", "bad"), FINISH), calls(put("one", "two"), FINISH)])

    assert outcome.state == "proposed"
    assert studio.file(studio.bundle()[0].applied_tree, "data/one.txt") == "two\n"
    assert reservations(studio) == ["1.1", "stage-2/2.1"]


def test_a_plan_may_stand_before_the_first_call(studio: "Studio") -> None:
    bad_fails(studio)
    plan = "PLAN:\n1. Say two\n2. Say three\n"

    outcome = studio.propose(
        [
            calls(put("one", "two"), text=plan),
            calls(FINISH),
            calls(put("two", "three"), FINISH),
        ]
    )

    assert outcome.state == "proposed"
    assert [one.verdict.word for one in outcome.attempts] == ["pass", "pass"]
    assert studio.file(studio.bundle()[0].applied_tree, "data/one.txt") == "three\n"


def test_edits_of_calls_that_gates_have_not_seen_are_no_reason_to_escalate(
    studio: "Studio", edit: Edit
) -> None:
    bad_fails(studio)
    studio.stages = 2
    half: list[ScriptedReply | str] = [
        calls(put("one", "two")),
        edit("tally.py", "no such line\n", "x\n"),
    ]

    outcome = studio.propose([*half, calls(FINISH)])

    assert outcome.state == "proposed"
    assert studio.data("stage.entered") == []


@pytest.mark.sampled
@pytest.mark.parametrize("wish", ["candidates", "stages"])
def test_a_run_cut_off_anywhere_books_each_reservation_once(studio: "Studio", wish: str) -> None:
    bad_fails(studio)
    setattr(studio, wish, 2)
    replies: list[Any] = [
        calls(put("one", "bad")), calls(FINISH), calls(put("one", "two")), calls(FINISH),
    ]  # fmt: skip
    whole = studio.propose(replies)
    assert whole.state == "proposed"

    for kept in reversed(range(4, len(studio.kinds()))):
        studio.cut_off(kept)

        assert studio.propose(replies).attempts == whole.attempts
        booked = reservations(studio, "budget.settled")
        assert (
            sorted(booked) == sorted({*booked}) == sorted(reservations(studio, "budget.reserved"))
        )


def test_a_lane_that_is_not_opened_again_is_booked_too(studio: "Studio") -> None:
    bad_fails(studio)
    studio.candidates = 2
    first, second = calls(put("one", "bad"), FINISH), calls(put("one", "two"), FINISH)
    studio.propose([first, second])
    places = [place for place, kind in enumerate(studio.kinds()) if kind == "budget.reserved"]
    studio.cut_off(places[1] + 1)
    studio.trouble = "the environment is gone"

    assert studio.propose([]).state == "failed"

    booked = {data["reservation"]: data["lost"] for data in studio.data("budget.settled")}
    assert booked == {"1.1": False, "candidate-2/2.1": True}
