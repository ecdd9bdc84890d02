"""Why a check is red on a branch of ours: our change, the base, or the check's own mood.

Judged by what the base branch itself has shown, never by what a log says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from workflows.tracker import CheckResult

_FAILED = frozenset({"failure", "timed_out"})
# So many separate failures among the base's last commits, each mended by nothing but a next run.
_FLAKY = 2

Cause = Literal[
    "ours",  # green on the base, red here
    "base",  # red on the base as well
    "flaky",  # the base's own history has it red and green by turns
    "unknown",  # it never ran on the base
]


@dataclass(frozen=True, slots=True)
class RedCheck:
    """A check that failed last, and why."""

    check: CheckResult
    cause: Cause


def red_checks(
    head: Iterable[CheckResult], history: Sequence[Sequence[CheckResult]]
) -> tuple[RedCheck, ...]:
    """Return the checks that are red on a head, by name; jobs of two workflows are two.

    ``history`` has the results beside each of the base branch's last commits, newest first.
    """
    mine = list(head)
    found = []
    for job in sorted({_job(one) for one in mine}):
        results = _of(job, mine)
        if results[-1].conclusion in _FAILED:
            found.append(RedCheck(results[-1], _cause(results, [_of(job, one) for one in history])))
    return tuple(found)


def _cause(mine: Sequence[CheckResult], history: Sequence[Sequence[CheckResult]]) -> Cause:
    ran = [results for results in history if results]
    if _is_mixed(mine) or any(_is_mixed(results) for results in ran):
        return "flaky"
    if not ran:
        return "unknown"
    if ran[0][-1].conclusion in _FAILED:
        return "base"
    return "flaky" if _failures(ran) >= _FLAKY else "ours"


def _is_mixed(results: Iterable[CheckResult]) -> bool:
    """Whether the same commit has both passed and failed it."""
    ends = {one.conclusion in _FAILED for one in results if one.conclusion != "cancelled"}
    return len(ends) > 1


def _failures(ran: Iterable[Sequence[CheckResult]]) -> int:
    """Return how often in a row of commits it began to fail."""
    ends = [results[-1].conclusion in _FAILED for results in ran]
    return sum(now and not before for before, now in zip([False, *ends], ends, strict=False))


def _job(result: CheckResult) -> tuple[str, str]:
    return result.name, result.workflow


def _of(job: tuple[str, str], results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the ends of one check, in their order."""
    return sorted((one for one in results if _job(one) == job), key=lambda one: one.id)
