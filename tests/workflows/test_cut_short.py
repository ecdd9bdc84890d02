"""A run whose process was killed, gone over once more: nothing is asked, judged or paid again."""

from typing import TYPE_CHECKING

import pytest

from workflows.budget import Budget
from workflows.cut_short import CutShort, gone_over
from workflows.run import summarise
from workflows.workshop import Outcome, Wishes

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

PAID = {"prompt.sent", "budget.reserved", "model.replied", "gate.finished"}


def cut(studio: "Studio", before: str) -> None:
    """Leave what the process leaves that is killed before the last event of that kind."""
    kinds = studio.kinds()
    studio.cut_off(len(kinds) - 1 - kinds[::-1].index(before))


def over(studio: "Studio") -> Outcome:
    def judge(*_: object) -> None:
        raise AssertionError("nothing is judged")

    studio.judge = judge  # type: ignore[assignment]
    return gone_over(studio.task, "r1", studio.workshop, Wishes(Budget()))


@pytest.mark.parametrize("before", ["patch.landed", "gate.finished", "attempt.finished"])
def test_what_had_landed_is_kept_whether_it_was_judged_or_not(
    studio: "Studio", wrong: str, before: str
) -> None:
    studio.propose([wrong], attempts=1)
    landed = studio.data("patch.landed")[0]["tree"]
    cut(studio, before)
    paid = [kind for kind in studio.kinds() if kind in PAID]

    with pytest.raises(CutShort, match="killed from outside"):
        over(studio)

    bundle, _ = studio.bundle("r1.partial")
    assert (bundle.applied_tree, bundle.partial) == (landed, True)
    assert [kind for kind in studio.kinds() if kind in PAID] == paid
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict) == ("failed", "infrastructure")


def test_what_passed_is_no_proposal_where_the_process_did_not_say_so(
    studio: "Studio", right: str
) -> None:
    studio.propose([right])
    cut(studio, "bundle.written")

    with pytest.raises(CutShort):
        over(studio)

    assert [path.name for path in studio.folder.glob("r1*.json")] == ["r1.partial.json"]
    assert "it passed its gates, but is not proposed" in studio.bundle("r1.partial")[0].body


def test_a_reply_that_was_under_way_is_booked_at_the_most_it_can_have_cost(
    studio: "Studio", right: str
) -> None:
    studio.propose([right])
    cut(studio, "model.replied")

    with pytest.raises(CutShort):
        over(studio)

    (settled,) = studio.data("budget.settled")
    assert settled["lost"]
    assert settled["tokens"] == studio.data("budget.reserved")[0]["tokens"]


def test_an_end_that_the_journal_tells_is_told_again(studio: "Studio") -> None:
    first = studio.propose(["QUESTION: which of the two?"])
    cut(studio, "run.finished")

    outcome = over(studio)

    assert (outcome.state, outcome.verdict) == (first.state, first.verdict)


def test_of_a_run_that_had_not_begun_nothing_is_left(studio: "Studio") -> None:
    with pytest.raises(CutShort, match="before it had begun"):
        over(studio)

    assert studio.kinds() == []
