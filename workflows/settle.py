"""What is known after all jobs becomes exactly one end, whatever died on the way.

Jobs are killed, cancelled and time out; each leaves what it had finished, or nothing. The absence
of a file says as much as a file does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workflows.admission import Admission
from workflows.handover import BundleVerification, Publication, RunOutcome

FinalState = Literal[
    "proposed",  # a draft waits for a person
    "answered",  # what a review asked is answered in words, and nothing had to be changed
    "no-change-needed",  # the model says so, and why
    "gates-failed",  # what was written did not pass; with its exact output
    "question",  # one question for a person
    "over-budget",  # the money, the tokens, the turns or the minutes are spent
    "cancelled",  # a person stopped it, or the workflow was cancelled
    "stale-base",  # what it touches moved meanwhile; it was started anew, or was so too often
    "our-fault",  # a job died, or something else is in trouble that is not the change
]
# How a forge says that a job ended.
_CANCELLED = "cancelled"
_ENDS_BY_PUBLICATION: Mapping[str, FinalState] = {
    "published": "proposed",
    "answered": "answered",
    "cancelled": "cancelled",
}
_ENDS_BY_CODE: Mapping[str, FinalState] = {
    "question": "question",
    "no-change-needed": "no-change-needed",
}
_ENDS_BY_VERDICT: Mapping[str, FinalState] = {
    "budget": "over-budget",
    "cancelled": "cancelled",
    "infrastructure": "our-fault",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the jobs left. ``results`` has how each ended, by its name: success, failure..."""

    admission: Admission | None = None
    outcome: RunOutcome | None = None
    verification: BundleVerification | None = None
    publication: Publication | None = None
    results: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settlement:
    """The one end of a run. ``why`` is a sentence, ``tail`` a program's own words; both untrusted.

    ``starts_again`` says that the run is to be started anew on the present base.
    """

    state: FinalState
    why: str
    tail: str = ""
    starts_again: bool = False


def settle(known: Known, most_dispatches: int) -> Settlement:
    """Return the end of a run; what its jobs did not get to counts as theirs, not as its."""
    admission, publication = known.admission, known.publication
    if admission is None:
        return _died("admit", known.results)
    if publication is not None and publication.state in _ENDS_BY_PUBLICATION:
        return Settlement(_ENDS_BY_PUBLICATION[publication.state], publication.why)
    if publication is not None and publication.state == "stale-base":
        again = publication.may_start_again and admission.dispatched < most_dispatches
        return Settlement("stale-base", publication.why, starts_again=again)
    if known.outcome is None:
        return _died("propose", known.results)
    return _of_outcome(known.outcome, known)


def _of_outcome(outcome: RunOutcome, known: Known) -> Settlement:
    """Return the end of a run that came to its own, and of which no draft is open."""
    if outcome.state == "cancelled":
        return Settlement("cancelled", outcome.why)
    if outcome.state in {"proposed", "published"}:
        return _unpublished(known)
    state = _ENDS_BY_CODE.get(outcome.code) or _ENDS_BY_VERDICT.get(outcome.verdict)
    if state is not None:
        return Settlement(state, outcome.why, "" if outcome.code in _ENDS_BY_CODE else outcome.tail)
    return Settlement("gates-failed", outcome.why, outcome.tail)


def _unpublished(known: Known) -> Settlement:
    """Return why a change that passed is not on the forge."""
    verification, publication = known.verification, known.publication
    if verification is not None and not verification.same:
        why = "the gates passed where the change was made, and not on a fresh machine"
        return Settlement("gates-failed", why, "\n".join(verification.differences))
    if known.results.get("verify") == "failure":
        return _died("verify", known.results)
    if publication is None:
        return _died("publish", known.results)
    return Settlement("our-fault", publication.why)


def _died(job: str, results: Mapping[str, str]) -> Settlement:
    if _CANCELLED in results.values():
        return Settlement("cancelled", f"the workflow was cancelled, or {job} ran out of its time")
    ended = results.get(job) or "without a word"
    return Settlement("our-fault", f"the job {job} ended ({ended}) before it could say how")
