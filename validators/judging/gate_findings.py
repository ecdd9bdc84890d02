"""What gates found, in words that a person can check and a model can act on.

The first line of each message is ours and the same on every machine; what follows is the target's
own output, as data.
"""

from collections.abc import Iterable, Iterator, Sequence

from validators.judging.outcome_changes import OutcomeChanges, is_below, unloaded
from validators.judging.sides import Ran
from validators.judging.trust import Doubt
from validators.reports import Case, LintMark
from validators.rules import GateRule
from validators.verdict import Finding, Severity

_SHOWN_TESTS = 10
_NAMED_TESTS = 8
_MEND = {
    "timeout": "Make the gate end in time. Only a person may raise its timeout_s.",
    "oom": "Make the gate need less memory.",
    "output-limit": "Make the gate print less.",
    "tool-missing": "A person must have setup.run install it, or take the gate out.",
    "report-missing": "Find out what ends the command before its runner could report.",
    "disk-full": "A person must free space on the disk of the state directory.",
}


def finding(gate: GateRule, code: str, message: str, fix: str = "") -> Finding:
    """Return a finding that blocks, or only warns where the gate is not required."""
    severity: Severity = "block" if gate.required else "warn"
    return Finding(gate.name, code, severity, message, fix=fix)


def doubt_finding(gate: GateRule, doubt: Doubt, ran: Ran, where: str) -> Finding:
    """Return the finding for a side that proves nothing; ``where`` is the tree in words."""
    message = f"{where}: {doubt.why}\n{ran.tail}".rstrip()
    return finding(gate, doubt.code, message, _MEND.get(doubt.code, ""))


def lint_findings(gate: GateRule, marks: Sequence[LintMark]) -> Iterator[Finding]:
    """Yield one finding for each new mark of a linter."""
    severity: Severity = "block" if gate.required else "warn"
    for mark in marks[:_SHOWN_TESTS]:
        message = f"{mark.code} is new in {mark.path}: {mark.message}"
        yield Finding(gate.name, "lint-new", severity, message, mark.path, mark.line)
    if len(marks) > _SHOWN_TESTS:
        yield finding(gate, "lint-new", f"{len(marks) - _SHOWN_TESTS} more findings are new")


def red_findings(gate: GateRule, patched: Ran) -> Iterator[Finding]:
    """Yield the finding for a command that ended well on the base, and does not any more."""
    how = f"exit code {patched.side.exit_code}"
    message = f"{gate.name} succeeds on the base and ends with {how} with this change"
    yield finding(gate, "newly-failing", f"{message}\n{patched.tail}".rstrip())


def change_findings(
    gate: GateRule, changes: OutcomeChanges, patched: Ran, again: Ran | None
) -> Iterator[Finding]:
    """Yield what a patch did to the tests; ``again`` is a second run of the patched tree."""
    cases = {case.id: case for case in patched.cases}
    second = dict(again.side.outcomes) if again and not again.doubt else {}
    modules = unloaded(changes.failing_new)
    failing = [_failing(gate, cases[t], changes, second.get(t)) for t in changes.failing_new]
    failing += [_failing(gate, cases[t], changes, second.get(t)) for t in changes.broken]
    yield from failing[:_SHOWN_TESTS]
    if len(failing) > _SHOWN_TESTS:
        message = f"{len(failing) - _SHOWN_TESTS} more tests fail with this change"
        yield finding(gate, "newly-failing", message)
    # What stands in a module that cannot be imported is missing for that reason alone.
    missing = [t for t in changes.missing if not is_below(t, modules)]
    if missing:
        message = f"{len(missing)} of the base's tests are not run any more: {named(missing)}"
        yield finding(gate, "test-missing", message, "Keep the tests, under the names they have.")
    if changes.skipped:
        count = len(changes.skipped)
        message = f"{count} tests that pass on the base are skipped: {named(changes.skipped)}"
        yield finding(gate, "test-skipped", message, "Do not skip tests; make them pass.")
    if changes.flaky:
        message = f"not this change's doing, the base alone does it too: {named(changes.flaky)}"
        yield Finding(gate.name, "flaky", "warn", message)


def _failing(gate: GateRule, case: Case, changes: OutcomeChanges, second: str | None) -> Finding:
    if case.id.startswith("::"):
        code, first = "collection-error", f"{case.id[2:]} cannot be loaded with this change"
    elif case.id in changes.new:
        code, first = "new-test-failing", f"{case.id} is new and fails"
    else:
        code = "newly-failing"
        first = f"{case.id} passes on the base and fails with this change"
        if second == "passed":
            first += " (it passed when run again: it has become unreliable)"
    severity: Severity = "block" if gate.required else "warn"
    message = f"{first}\n{case.text}".rstrip()
    return Finding(gate.name, code, severity, message, case.path, case.line)


def named(tests: Iterable[str]) -> str:
    """Return the first few of many names, and how many there are beyond."""
    names = list(tests)
    more = f" and {len(names) - _NAMED_TESTS} more" if len(names) > _NAMED_TESTS else ""
    return ", ".join(names[:_NAMED_TESTS]) + more
