"""A decision is written down in the run it is about, and ends it when it is final."""

from typing import TYPE_CHECKING

import pytest

from workflows.decide import note_review
from workflows.ports import JournalRefusal
from workflows.review import Review
from workflows.run import RunState, summarise

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio


def review(verdict: RunState | str) -> Review:
    return Review(1, verdict, "ada", "as I said", "t", kind="wrong")  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", ["accepted", "rejected"])
def test_a_final_decision_ends_the_run(studio: "Studio", verdict: str) -> None:
    studio.seal()

    note_review(studio.journal, "r1", review(verdict))

    assert studio.kinds()[-2:] == ["review.recorded", "run.finished"]
    assert studio.data("review.recorded")[0]["review"]["reviewer"] == "ada"
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.why) == (verdict, "pass", "as I said")
    studio.journal.lease("r1", "somebody else")


def test_asking_for_changes_leaves_the_run_as_it_is(studio: "Studio") -> None:
    studio.seal()

    note_review(studio.journal, "r1", review("changes-requested"))

    assert studio.kinds()[-2:] == ["run.finished", "review.recorded"]
    assert summarise(studio.journal.read("r1")).state == "proposed"


def test_a_run_that_this_journal_never_saw_stays_unknown(studio: "Studio") -> None:
    note_review(studio.journal, "r9", review("accepted"))

    assert studio.journal.runs() == []


def test_a_run_that_is_being_written_is_not_decided(studio: "Studio") -> None:
    studio.seal()
    kinds = studio.kinds()
    studio.journal.lease("r1", "a publisher")

    with pytest.raises(JournalRefusal, match="being written by a publisher"):
        note_review(studio.journal, "r1", review("accepted"))
    assert studio.kinds() == kinds
