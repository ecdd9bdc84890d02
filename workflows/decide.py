"""A person's decision, written down in the run it is about."""

from workflows.ports import ForgeRefusal, Journal
from workflows.recorder import Recorder, leased
from workflows.review import Review
from workflows.run import summarise


class Overtaken(ForgeRefusal):
    """Somebody was quicker: what a person decided on is not any more what they saw."""


def note_review(journal: Journal, run: str, review: Review) -> None:
    """Write a decision down in the run it is about; an ending one ends the run.

    A run that this journal never saw stays so: the forge keeps the decision.
    """
    if not journal.read(run):
        return
    with leased(journal, run, f"review {review.pull_request}") as fence:
        recorder = Recorder(journal, fence)
        recorder.record("review.recorded", review=review)
        if review.verdict != "changes-requested":
            before = summarise(recorder.entries())
            recorder.record(
                "run.finished", state=review.verdict, verdict=before.verdict, why=review.words
            )
