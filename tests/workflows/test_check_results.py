"""Why a check is red: by what it did on the base, whatever it says of itself."""

import pytest

from workflows.check_results import red_checks
from workflows.tracker import CheckResult

GREEN, RED = "success", "failure"


def ends(*conclusions: str, name: str = "unit", workflow: str = "") -> list[CheckResult]:
    return [
        CheckResult(number, name, end, workflow=workflow)
        for number, end in enumerate(conclusions, 1)
    ]


@pytest.mark.parametrize(
    ("head", "history", "cause"),
    [
        ([RED], [[GREEN], [GREEN]], "ours"),
        (["timed_out"], [[GREEN]], "ours"),
        ([RED], [[], [GREEN]], "ours"),  # its newest commit is not checked yet
        ([RED], [[GREEN], [RED], [GREEN]], "ours"),  # broken once, and mended
        ([RED], [[RED], [GREEN]], "base"),
        ([GREEN, RED], [[GREEN]], "flaky"),  # the very same commit
        ([RED], [[GREEN], [RED, GREEN]], "flaky"),
        ([RED], [[GREEN], [RED], [GREEN], [RED], [GREEN]], "flaky"),
        ([RED, "cancelled", RED], [[GREEN]], "ours"),
        ([RED], [], "unknown"),
        ([RED], [[], []], "unknown"),
    ],
)
def test_a_red_check_is_ours_the_bases_or_its_own(
    head: list[str], history: list[list[str]], cause: str
) -> None:
    (found,) = red_checks(ends(*head), [ends(*one) for one in history])

    assert (found.cause, found.check.conclusion) == (cause, head[-1])


def test_what_is_green_in_the_end_or_another_check_is_not_looked_at() -> None:
    head = [*ends(RED, GREEN), *ends(RED, name="lint")]

    (found,) = red_checks(head, [[*ends(RED), *ends(GREEN, name="lint")]])

    assert (found.check.name, found.cause) == ("lint", "ours")


def test_jobs_of_one_name_in_two_workflows_are_two_checks() -> None:
    head = [*ends(RED, workflow="ci.yml"), *ends(GREEN, GREEN, workflow="docs.yml")]
    base = [*ends(GREEN, workflow="ci.yml"), *ends(RED, RED, workflow="docs.yml")]

    (found,) = red_checks(head, [base])

    assert (found.check.workflow, found.cause) == ("ci.yml", "ours")
