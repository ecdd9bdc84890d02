"""A model is asked once for the order of the first files; what it may not say changes nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedReply
from bot.models import recorded_turns
from workflows import rerank_prompts
from workflows.budget import Budget, Caps, Charge, spent
from workflows.history import history_of
from workflows.ledger import Ledger
from workflows.recorder import Recorder, leased

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

TESTS_FIRST: Mapping[str, Any] = {
    "files": ["tests/test_tally.py", "tally.py"],
    "functions": ["tally.py::lines"],
}


def says(arguments: Mapping[str, Any], usd: float = 0.0, name: str = "order") -> ScriptedReply:
    return ScriptedReply(calls=(ScriptedCall(name, arguments),), usd=usd)


def files(studio: "Studio") -> list[str]:
    (event,) = studio.data("scope.selected")
    return list(event["files"])


def test_the_order_of_the_first_model_is_what_is_packed_and_it_is_paid_for(
    studio: "Studio", right: str
) -> None:
    studio.reranks = True

    outcome = studio.propose([says(TESTS_FIRST, usd=0.25), right])

    assert outcome.state == "proposed"
    assert files(studio)[:2] == ["tests/test_tally.py", "tally.py"]
    (told,) = studio.data("scope.reranked")
    assert (told["model"], told["files"], told["trouble"]) == (
        "scripted",
        TESTS_FIRST["files"],
        "",
    )
    assert spent(studio.journal.read("r1")).usd == 0.25
    kinds = studio.kinds()
    assert kinds.index("budget.settled") < kinds.index("scope.selected")


def test_it_sees_the_task_and_outlines_and_nothing_else(studio: "Studio", right: str) -> None:
    studio.reranks = True

    studio.propose([says(TESTS_FIRST), right])

    asked, author = studio.asked()
    assert asked.system == rerank_prompts.SYSTEM
    assert [action.name for action in asked.actions] == ["order"]
    (turn,) = asked.messages
    assert 'words("a  b") says 3.' in turn.text
    assert "outline of tally.py\n1: def words(text):\n5: def lines(text):\n" in turn.text
    assert "return len" not in turn.text
    assert asked.messages[0].text not in author.messages[0].text


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (ScriptedReply("tally.py, I think"), "did not call `order` once (end)"),
        (ScriptedReply("", stop="length"), "did not call `order` once (length)"),
        (says(TESTS_FIRST, name="read_file"), "did not call `order` once"),
        (says({"files": "tally.py", "functions": []}), "not of the form asked for"),
        (says({"files": ["tally.py"], "note": "x"}), "it holds note"),
        (says({"files": [], "functions": []}), "it names no file"),
        (
            says({"files": ["/etc/passwd"], "functions": []}),
            "'/etc/passwd', which it was not shown",
        ),
        (says({"files": ["tally.py", "docs/three.txt\n"], "functions": []}), "not shown"),
        (says({"files": ["tally.py"], "functions": ["tally.py::gone"]}), "'tally.py::gone'"),
    ],
)
def test_a_reply_that_cannot_be_used_leaves_the_order_and_is_told(
    studio: "Studio", right: str, reply: ScriptedReply, trouble: str
) -> None:
    studio.reranks = True

    outcome = studio.propose([reply, right])

    assert outcome.state == "proposed"
    assert files(studio)[0] == "tally.py"
    (told,) = studio.data("scope.reranked")
    assert trouble in told["trouble"]
    assert (told["files"], told["functions"]) == ([], [])


def test_a_model_that_fails_leaves_the_order_and_the_run_goes_its_way(studio: "Studio") -> None:
    studio.reranks = True

    outcome = studio.propose([])

    assert outcome.state == "failed"
    assert "the script has 0 replies" in studio.data("scope.reranked")[0]["trouble"]
    assert files(studio)[0] == "tally.py"


def test_what_the_budget_does_not_hold_is_not_asked(studio: "Studio", right: str) -> None:
    studio.reranks = True

    studio.propose([right], budget=Budget(tokens=3_000))

    assert "the budget of run r1 is used up" in studio.data("scope.reranked")[0]["trouble"]
    assert studio.data("prompt.sent") == []


def test_it_is_not_asked_unless_the_operator_wants_it(studio: "Studio", right: str) -> None:
    studio.propose([right])

    assert "scope.reranked" not in studio.kinds()
    assert len(studio.asked()) == 1


def test_a_run_that_was_killed_after_the_reply_does_not_pay_for_it_twice(
    studio: "Studio", right: str
) -> None:
    studio.reranks = True
    studio.propose([says(TESTS_FIRST, usd=0.25), right])
    before = files(studio)
    studio.cut_off(studio.kinds().index("scope.reranked"))

    outcome = studio.propose([says(TESTS_FIRST, usd=0.25), right])

    assert outcome.state == "proposed"
    assert files(studio) == before
    assert spent(studio.journal.read("r1")).usd == 0.25


def test_a_recorded_run_is_asked_again_and_answers_the_same(studio: "Studio", right: str) -> None:
    studio.reranks = True
    studio.propose([says(TESTS_FIRST), right])
    turns = recorded_turns(studio.journal, "r1", "")

    outcome = studio.propose(RecordedModel(turns, studio.journal.get_blob), run="r2")

    assert outcome.state == "proposed"
    assert studio.data("scope.reranked", "r2")[0]["files"] == TESTS_FIRST["files"]
    assert history_of(studio.journal.read("r2")).replies == 2


def test_an_order_outside_of_any_run_counts_for_its_issue(studio: "Studio") -> None:
    task = studio.task
    with leased(studio.journal, "scope-1", "x") as fence:
        recorder = Recorder(studio.journal, fence)
        recorder.record("scope.asked", repository=task.repository, task_key=task.key)
        recorder.record("budget.reserved", reservation="order-1/0.1", usd=0.9, tokens=10)
    ledger = Ledger(studio.journal, task, Caps(issue_usd=1.0), lambda: "2026-11-21T10:00:00Z")

    assert "$0.9000 of $1.00 are spent on this issue" in ledger.exhausted(Charge(0.2, 10))
    assert ledger.exhausted(Charge(0.05, 10)) == ""
