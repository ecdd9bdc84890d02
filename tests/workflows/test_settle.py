"""Whatever the jobs left, there is one end and no other."""

from dataclasses import replace
from itertools import product

import pytest

from workflows.admission import Admission
from workflows.handover import BundleVerification, Publication, RunOutcome
from workflows.settle import Known, settle

RUN = "r20261122-010203-abcdef"
ADMISSION = Admission(
    RUN, "1", "octo/tally", 7, "t", "b", "ada", "write", "main", "0" * 40, "progress-1-1"
)
PROPOSED = RunOutcome(RUN, "proposed", "pass", "it holds")
FAILED = RunOutcome(RUN, "nothing", "fail", "it does not hold", "new-failure", "assert 1 == 0")
SAME, OTHER = BundleVerification(RUN, same=True), BundleVerification(RUN, False, ("t1 fails",))  # noqa: FBT003
OPEN = Publication(RUN, "published", number=9)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (Known(ADMISSION, PROPOSED, None, OPEN), "proposed"),
        (Known(ADMISSION, None, None, OPEN), "proposed"),
        (Known(ADMISSION, replace(FAILED, code="no-change-needed")), "no-change-needed"),
        (Known(ADMISSION, replace(FAILED, code="question")), "question"),
        (Known(ADMISSION, FAILED), "gates-failed"),
        (Known(ADMISSION, replace(FAILED, verdict="flaky")), "gates-failed"),
        (Known(ADMISSION, PROPOSED, OTHER, Publication(RUN, "refused")), "gates-failed"),
        (Known(ADMISSION, replace(FAILED, state="failed", verdict="budget")), "over-budget"),
        (Known(ADMISSION, replace(FAILED, state="cancelled", verdict="cancelled")), "cancelled"),
        (Known(ADMISSION, PROPOSED, SAME, Publication(RUN, "cancelled")), "cancelled"),
        (Known(ADMISSION, None, None, None, {"propose": "cancelled"}), "cancelled"),
        (Known(ADMISSION, PROPOSED, None, Publication(RUN, "stale-base")), "stale-base"),
        (Known(ADMISSION, replace(FAILED, verdict="infrastructure")), "our-fault"),
        (Known(ADMISSION, None, None, None, {"propose": "failure"}), "our-fault"),
        (Known(ADMISSION, PROPOSED, SAME, None, {"publish": "failure"}), "our-fault"),
        (Known(ADMISSION, PROPOSED, None, None, {"verify": "failure"}), "our-fault"),
        (Known(ADMISSION, PROPOSED, SAME, Publication(RUN, "refused")), "our-fault"),
        (Known(None, results={"admit": "failure"}), "our-fault"),
        (Known(None, results={"admit": "cancelled"}), "cancelled"),
    ],
)
def test_what_the_jobs_left_is_one_end(known: Known, state: str) -> None:
    assert settle(known, 2).state == state


def test_every_combination_has_an_end() -> None:
    outcomes = [None, PROPOSED, FAILED, replace(FAILED, state="cancelled")]
    kept, nothing = Publication(RUN, "branch-only", "kept"), Publication(RUN, "nothing", "no")
    publications = [None, OPEN, kept, nothing]
    results = [{}, {"propose": "cancelled"}, {"publish": "failure"}]
    for outcome, verified, published, ended in product(
        outcomes, [None, SAME, OTHER], publications, results
    ):
        found = settle(Known(ADMISSION, outcome, verified, published, ended), 2)
        assert found.why or found.state == "proposed"


def test_the_exact_output_goes_along_only_where_gates_failed() -> None:
    asked = replace(FAILED, code="question")

    assert settle(Known(ADMISSION, FAILED), 2).tail == "assert 1 == 0"
    assert settle(Known(ADMISSION, asked), 2).tail == ""
    refused = Known(ADMISSION, PROPOSED, OTHER, Publication(RUN, "refused"))
    assert settle(refused, 2).tail == "t1 fails"


@pytest.mark.parametrize(
    ("dispatched", "may", "again"),
    [(0, True, True), (1, True, True), (2, True, False), (0, False, False)],
)
def test_a_stale_run_is_started_anew_twice_at_most(
    dispatched: int, *, may: bool, again: bool
) -> None:
    stale = Publication(RUN, "stale-base", may_start_again=may)
    admission = replace(ADMISSION, dispatched=dispatched)

    assert settle(Known(admission, PROPOSED, None, stale), 2).starts_again == again
