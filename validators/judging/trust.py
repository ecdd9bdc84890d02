"""When a side may be believed: exit code and report must say the same.

A test process can be made to end with 0 in many ways, and a report can be written by anybody who
runs in it. Neither is believed alone; where they differ, nothing is concluded.
"""

from dataclasses import dataclass

from validators.reports import Report
from validators.sandbox import Completed

_FULL_WORDS = ("No space left on device", "Disk quota exceeded")
_ALMOST_FULL_BYTES = 1024**2
_PYTEST_FOUND_NO_TESTS = 5


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a side proves nothing; ``harness``: the machine is in trouble, not the tree."""

    code: str
    why: str
    harness: bool = False


def doubt_of(completed: Completed, report: Report, free_bytes: int) -> Doubt | None:
    """Return why this run proves nothing, or None; ``free_bytes`` are left on the host's disk."""
    if completed.outcome == "sandbox-error":
        why = f"the sandbox failed: {completed.detail or 'it gives no reason'}"
        return Doubt("sandbox-error", why, harness=True)
    if completed.outcome not in {"ok", "failed"}:
        by = f" by signal {completed.signal}" if completed.signal else ""
        why = f"the command was ended{by} ({completed.outcome}) {completed.detail}"
        return Doubt(completed.outcome, why.strip())
    if report.trouble:
        said = completed.stdout.text + completed.stderr.text
        full = free_bytes < _ALMOST_FULL_BYTES or any(words in said for words in _FULL_WORDS)
        if full:
            return Doubt("disk-full", f"the disk is full: {report.trouble}", harness=True)
        return Doubt("report-broken", report.trouble)
    return _disagreement(completed, report) if report.kind in {"pytest", "node"} else None


def _disagreement(completed: Completed, report: Report) -> Doubt | None:
    failed = [case.id for case in report.cases if case.outcome in {"failed", "error"}]
    if completed.code == 0:
        if not failed:
            return None
        why = f"the command ended with 0, but its report says that {failed[0]} failed"
        return Doubt("report-disagrees", why)
    found_nothing = report.kind == "pytest" and completed.code == _PYTEST_FOUND_NO_TESTS
    if failed or (found_nothing and not report.cases):
        return None
    return Doubt(
        "report-disagrees",
        f"the command ended with {completed.code}, but its report has no failed test (a threshold"
        " such as --cov-fail-under, or a step after the tests, may be the reason)",
    )
