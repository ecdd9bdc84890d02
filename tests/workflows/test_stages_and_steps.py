"""More than one model, more than one first try, more than one step, and ends without a change."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.scripted_model import ScriptedReply
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict
from workflows.budget import Budget
from workflows.recorder import Recorder

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
PLAN = "PLAN:\n1. Say two\n2. Say three\n\nThe first step.\n\n"


def last_words(studio: "Studio", place: int) -> str:
    return studio.asked()[place].messages[-1].text


def failing(code: str) -> Verdict:
    return Verdict("fail", (Finding("tests", code, "block", f"{code}!"),))


def judge_by_words(studio: "Studio", words: dict[str, Verdict]) -> None:
    """Judge by the first of ``words`` that stands in the file of data; pass all others."""

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        text = studio.file(tree, "data/one.txt") or ""
        found = next((verdict for word, verdict in words.items() if word in text), Verdict("pass"))
        recorder.record("gate.finished", gate="tests", outcome=found.word)
        return found, studio.evidence(tree)

    studio.judge = judge


# --- stages --------------------------------------------------------------------------------------


def test_the_next_stage_is_told_the_facts_and_not_the_words(
    studio: "Studio", wrong: str, right: str
) -> None:
    studio.stages = 2

    outcome = studio.propose([wrong, right])

    assert outcome.state == "proposed"
    assert [entry["stage"] for entry in studio.data("stage.entered")] == [2]
    _, second = studio.asked()
    (only,) = second.messages
    assert only.text.startswith(studio.asked()[0].messages[0].text)
    assert "Somebody else tried this; it is not applied to the files" in only.text
    assert '+    return len(text.split(" ")) or 1' in only.text
    assert "test_no_words fails" in only.text
    assert "At least one." not in only.text
    # What the first one wrote is gone: these edits are of the base's own lines.
    assert outcome.attempts[-1].edits[0].landed


def test_the_last_stage_is_not_left(studio: "Studio", wrong: str, after_wrong: str) -> None:
    studio.stages = 2

    outcome = studio.propose([wrong, wrong, after_wrong])

    assert outcome.state == "proposed"
    assert len(studio.data("stage.entered")) == 1
    assert len(studio.asked()[2].messages) == 3


def test_edits_that_do_not_land_are_no_reason_to_escalate(
    studio: "Studio", edit: Edit, right: str
) -> None:
    studio.stages = 2

    outcome = studio.propose([edit("tally.py", "no such line\n", "x\n"), right])

    assert outcome.state == "proposed"
    assert studio.data("stage.entered") == []


def test_a_run_that_was_killed_in_its_second_stage_pays_nothing_twice(
    studio: "Studio", wrong: str, right: str
) -> None:
    studio.stages = 2
    first = studio.propose([wrong, right])
    sent = studio.asked()
    kinds = studio.kinds()
    studio.cut_off(kinds.index("stage.entered") + 4)

    again = studio.propose([wrong, right])

    assert again.attempts == first.attempts
    assert studio.asked()[:2] == sent


# --- candidates ----------------------------------------------------------------------------------


def test_gates_choose_among_candidates(studio: "Studio", wrong: str, right: str) -> None:
    studio.candidates = 3

    outcome = studio.propose([wrong, right, "I do not know."])

    assert outcome.state == "proposed"
    assert [attempt.number for attempt in outcome.attempts] == [1, 3, 2]
    first, second, third = studio.asked()
    assert first == second == third
    assert "words(text)" in str(studio.file(studio.bundle()[0].applied_tree, "tally.py"))
    assert studio.bundle()[0].applied_tree == outcome.attempts[-1].applied_tree


def test_where_no_candidate_passes_the_best_is_gone_on_with(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    studio.candidates = 2

    outcome = studio.propose([wrong, "I do not know.", after_wrong])

    assert outcome.state == "proposed"
    assert [message.role for message in studio.asked()[2].messages] == ["user", "model", "user"]
    assert "or 1" in studio.asked()[2].messages[1].text


@pytest.mark.parametrize(
    "order", [("right", "asks"), ("asks", "right"), ("wrong", "asks", "right"), ("no", "right")]
)
def test_a_candidate_that_only_asks_takes_nothing_from_one_that_passes(
    studio: "Studio", wrong: str, right: str, order: tuple[str, ...]
) -> None:
    said = {"right": right, "wrong": wrong, "asks": "QUESTION: which?", "no": "NO CHANGE NEEDED: x"}
    studio.candidates = len(order)

    outcome = studio.propose([said[word] for word in order], attempts=1)

    assert outcome.state == "proposed"
    assert "words(text)" in str(studio.file(studio.bundle()[0].applied_tree, "tally.py"))


def test_candidates_that_all_ask_end_with_the_first_question(studio: "Studio") -> None:
    studio.candidates = 2

    outcome = studio.propose(["QUESTION: which one?", "QUESTION: what else?"])

    assert (outcome.state, outcome.why) == ("nothing", "the model asks: which one?")
    assert outcome.attempts == ()


def test_candidates_that_nobody_can_pay_take_nothing_from_one_that_passes(
    studio: "Studio", wrong: str, right: str
) -> None:
    studio.candidates = 3

    proposed = studio.propose([right, wrong, wrong], budget=Budget(turns=1))

    assert proposed.state == "proposed"
    assert len(studio.asked()) == 1


def test_candidates_that_nobody_can_pay_end_a_run_in_which_none_passed(
    studio: "Studio", wrong: str, right: str
) -> None:
    studio.candidates = 3

    outcome = studio.propose([wrong, right, right], budget=Budget(turns=1))

    assert (outcome.state, outcome.verdict.word) == ("failed", "budget")


def test_what_came_out_the_same_is_judged_once(studio: "Studio", wrong: str) -> None:
    studio.candidates = 2

    outcome = studio.propose([wrong, wrong], attempts=1)

    assert outcome.state == "nothing"
    assert len(studio.data("gate.finished")) == 1
    assert [attempt.verdict.word for attempt in outcome.attempts] == ["fail", "fail"]


# --- steps ---------------------------------------------------------------------------------------


def test_each_step_of_a_plan_is_landed_and_judged_alone(studio: "Studio", edit: Edit) -> None:
    judge_by_words(studio, {"two": failing("no-improvement")})
    first = PLAN + edit("data/one.txt", "one\n", "two\n")

    outcome = studio.propose([first, edit("data/one.txt", "two\n", "three\n")])

    assert (outcome.state, outcome.verdict.findings) == ("proposed", ())
    assert last_words(studio, 1).startswith("That step holds")
    assert "Say three" in last_words(studio, 1)
    assert [attempt.verdict.word for attempt in outcome.attempts] == ["fail", "pass"]


def test_a_step_has_tries_of_its_own(studio: "Studio", edit: Edit) -> None:
    judge_by_words(studio, {"bad": failing("new-failure")})
    replies = [
        PLAN + edit("data/one.txt", "one\n", "bad\n"),
        edit("data/one.txt", "bad\n", "two\n"),
        edit("data/one.txt", "two\n", "bad\n"),
        edit("data/one.txt", "bad\n", "three\n"),
    ]

    outcome = studio.propose(replies, attempts=2)

    assert outcome.state == "proposed"
    assert len(outcome.attempts) == 4


@pytest.mark.parametrize(
    "more",
    [
        ["bad", "worse"],
        ["NO CHANGE NEEDED: it says so"],
        ["QUESTION: how many?"],
    ],
)
def test_the_last_step_that_held_is_kept_where_the_next_cannot_be_made(
    studio: "Studio", edit: Edit, more: list[str]
) -> None:
    judge_by_words(studio, {"bad": failing("new-failure"), "worse": failing("new-failure")})
    replies = [PLAN + edit("data/one.txt", "one\n", "two\n")]
    if more[0] == "bad":
        replies += [
            edit("data/one.txt", "two\n", "bad\n"), edit("data/one.txt", "bad\n", "worse\n"),
        ]  # fmt: skip
    else:
        replies += more

    outcome = studio.propose(replies, attempts=2)

    assert outcome.state == "proposed"
    bundle = studio.bundle()[0]
    assert studio.file(bundle.applied_tree, "data/one.txt") == "two\n"
    (found,) = outcome.verdict.findings
    assert (found.code, found.severity) == ("plan-unfinished", "ask")
    assert "1 of 2 steps are made" in found.message
    assert "Say three" in found.message
    assert "Say three" in bundle.body


def test_a_step_that_only_the_next_would_make_good_is_not_shown(
    studio: "Studio", edit: Edit
) -> None:
    judge_by_words(studio, {"two": failing("no-improvement"), "bad": failing("new-failure")})
    replies = [
        PLAN + edit("data/one.txt", "one\n", "two\n"), edit("data/one.txt", "two\n", "bad\n"),
    ]  # fmt: skip

    outcome = studio.propose(replies, attempts=1)

    assert outcome.state == "nothing"
    assert "no attempt of 2 passed" in outcome.why


def test_the_next_stage_is_told_which_steps_hold(studio: "Studio", edit: Edit) -> None:
    studio.stages = 2
    judge_by_words(studio, {"bad": failing("new-failure")})
    replies = [
        PLAN + edit("data/one.txt", "one\n", "two\n"),
        edit("data/one.txt", "two\n", "bad\n"),
        edit("data/one.txt", "two\n", "three\n"),
    ]

    outcome = studio.propose(replies)

    assert outcome.state == "proposed"
    told = studio.asked()[2].messages[0].text
    assert told.index("+two") < told.index("Say three") < told.index("+bad")


# --- ends without a change -----------------------------------------------------------------------


def test_one_question_ends_the_run(studio: "Studio") -> None:
    outcome = studio.propose(["QUESTION: Should tabs count as spaces?\nMore words."])

    (found,) = outcome.verdict.findings
    assert (outcome.state, found.code) == ("nothing", "question")
    assert outcome.why.startswith("the model asks: Should tabs count as spaces?")


def test_a_reply_of_no_use_is_no_question(studio: "Studio", right: str) -> None:
    replies: list[Any] = [ScriptedReply("Is this a QUESTION: maybe?"), right]

    assert studio.propose(replies).state == "proposed"
