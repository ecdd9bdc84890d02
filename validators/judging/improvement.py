"""Whether a fix mends, or a feature brings, anything that a test can tell; else none is shown."""

from collections.abc import Sequence

from validators.checkout import Clone, raw_changes
from validators.evidence import GateRecord, Side
from validators.judging.gate_findings import named
from validators.judging.trust import TEST_REPORTS
from validators.path_kinds import is_prose
from validators.rules import Rules
from validators.verdict import Finding

_BAD = ("failed", "error")


def improvement_findings(
    clone: Clone, applied_tree: str, rules: Rules, records: Sequence[GateRecord]
) -> tuple[Finding, ...]:
    """Return the finding on a fix or a feature that turns no test green; nothing for other kinds.

    A person is asked about a feature, and where no gate can name a test that fails on the base.
    """
    word = rules.policies.improvement
    if rules.kind not in {"fix", "feature"} or word == "allow" or _is_prose(clone, applied_tree):
        return ()
    tests = [record for record in records if record.kind == "test" and record.required]
    if not tests or any(record.fail_to_pass for record in tests) or any(map(_turned, tests)):
        return ()
    if not any(record.patched and record.patched.report in TEST_REPORTS for record in tests):
        message = f"no gate here names its tests, so none can show what this {rules.kind} does"
        return (Finding("gates", "no-regression-test", "ask", message),)
    if rules.kind == "feature":
        message = "no test fails without this feature and passes with it"
        fix = "Add tests of what is new."
        return (Finding("gates", "no-new-test", "ask", message, fix=fix),)
    red = sorted({t for record in tests for t in _still_red(record)})
    message = "this fix turns no test green that is red on the base"
    if red:
        message += f"; red on both sides: {named(red)}"
    fix = "Add a test that fails on the base and passes with the change."
    return (Finding("gates", "no-improvement", word, message, fix=fix),)


def _turned(record: GateRecord) -> bool:
    """Whether a command that names no tests fails on the base and ends well with the change."""
    base, patched = record.base, record.patched
    if base is None or patched is None or patched.report in TEST_REPORTS:
        return False
    return base.ended != "ok" and patched.ended == "ok"


def _still_red(record: GateRecord) -> set[str]:
    if record.base is None or record.patched is None:
        return set()
    return _red(record.base) & _red(record.patched)


def _red(side: Side) -> set[str]:
    return {test for test, outcome in side.outcomes if outcome in _BAD}


def _is_prose(clone: Clone, applied_tree: str) -> bool:
    """Whether nothing is changed but what people read."""
    changes = raw_changes(clone, clone.base_tree, applied_tree)
    return all(is_prose(path) for c in changes for path in (c.old_path, c.path))
