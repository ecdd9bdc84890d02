"""When a side may be believed: exit code and report must say the same.

A test process can be made to end with 0 in many ways, and a report can be written by anybody who
runs in it. Neither is believed alone, nor both where a test that must fail did not; where they
differ, nothing is concluded.
"""

from collections.abc import Collection
from dataclasses import dataclass

from validators.disk import says_full
from validators.evidence import ReportKind
from validators.reports import Report
from validators.sandbox import Completed, Limits

_PYTEST_FOUND_NO_TESTS = 5
_MIB = 1024**2
_NOT_FOUND = {126, 127}  # what a shell, and what starts commands for us, says of such a program
_FAILED = frozenset({"failed", "error"})
LINT_REPORTS: frozenset[ReportKind] = frozenset({"ruff", "lint"})
TEST_REPORTS: frozenset[ReportKind] = frozenset({"pytest", "node"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a side proves nothing; ``harness``: the machine is in trouble, not the tree."""

    code: str
    why: str
    harness: bool = False


def doubt_of(completed: Completed, report: Report, limits: Limits, *, full: bool) -> Doubt | None:
    """Return why this run proves nothing, or None; ``full``: our disk takes no more."""
    if completed.outcome == "sandbox-error":
        why = f"the sandbox failed: {completed.detail or 'it gives no reason'}"
        return Doubt("sandbox-error", why, harness=True)
    if completed.outcome not in {"ok", "failed"}:
        return Doubt(completed.outcome, _why_ended(completed, report, limits))
    if completed.code in _NOT_FOUND and report.kind == "none":
        lines = completed.stderr.text.strip().splitlines() or ["it says nothing"]
        return Doubt("tool-missing", f"its command cannot be run in the sandbox: {lines[-1][:300]}")
    if why := _why_full(completed, report, full=full):
        return Doubt("disk-full", f"the disk is full: {why}", harness=True)
    if report.trouble:
        return Doubt("report-broken", report.trouble)
    return _disagreement(completed, report) if report.kind in TEST_REPORTS else None


def _why_full(completed: Completed, report: Report, *, full: bool) -> str:
    """Return what a full disk spoilt; nothing where it spoilt nothing, or is not full."""
    if full and (report.trouble or completed.outcome == "failed"):
        return report.trouble or "the command failed when it was"
    if report.trouble and says_full(completed.stdout.text + completed.stderr.text):
        return report.trouble
    return ""


def missing_report(
    on_base: ReportKind, with_patch: ReportKind, exit_code: int | None
) -> Doubt | None:
    """Return why a side proves nothing that lacks the report its command writes on the base."""
    if with_patch == on_base:
        return None
    return Doubt(
        "report-missing",
        f"there is no {on_base} report, and on the base there is one; the command ended with"
        f" {exit_code}",
    )


def sentinel_doubt(
    on_base: Collection[str], planted: Collection[str], failed: Collection[str]
) -> Doubt | None:
    """Return why the patched side proves nothing: sentinels that are heard of on the base alone.

    All are folders: where a sentinel failed on the base, where one was planted in the patched tree,
    and where that was reported as failing.
    """
    lost = sorted((set(on_base) & set(planted)) - set(failed))
    if not lost:
        return None
    where = f"{lost[0]} (and in {len(lost) - 1} more folders)" if len(lost) > 1 else lost[0]
    return Doubt(
        "sentinel-missing",
        f"a failing test that the gate planted in {where} is reported as failing on the base, and"
        " with this change is not: something in it decides which tests count",
    )


def _why_ended(completed: Completed, report: Report, limits: Limits) -> str:
    """Return which limit ended a command, and what it had told by then."""
    by = f" by signal {completed.signal}" if completed.signal else ""
    why = {
        "timeout": f"the command did not end within {limits.timeout_s:g} s and was stopped",
        "oom": f"the command used more than {limits.memory_bytes // _MIB} MiB of memory and was"
        " stopped",
        "output-limit": f"the command printed more than {limits.output_limit_bytes // _MIB} MiB"
        " and was stopped",
    }.get(completed.outcome, f"the command was ended{by} ({completed.outcome})")
    if completed.detail:
        why = f"the command was stopped: {completed.detail}"
    if report.cases:
        why += f"; {len(report.cases)} of its tests had ended by then"
    return why


def _disagreement(completed: Completed, report: Report) -> Doubt | None:
    failed = [case.id for case in report.cases if case.outcome in {"failed", "error"}]
    if any(outcome == "passed" for _, outcome in report.sentinels):
        why = "a test that the gate planted to fail is reported as passed: outcomes are changed"
        return Doubt("sentinel-passed", why)
    failed += ["a planted test" for _, outcome in report.sentinels if outcome in _FAILED]
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
