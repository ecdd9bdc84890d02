"""What the tests of a patch prove, by running them, and the base's versions of them, elsewhere.

An assertion may have been changed because what it asserts has changed, or so that it no longer
minds. The two look alike in a diff, and not when both versions are run on both sources.
"""

from collections.abc import Iterator, Mapping

from validators.evidence import Side, TestOutcome
from validators.judging.base_runs import BaseRuns
from validators.judging.gate_findings import named
from validators.judging.outcome_changes import OutcomeChanges
from validators.judging.sides import Ran
from validators.judging.test_sides import TestSides
from validators.judging.touched_tests import TouchedTests, ids_of
from validators.rules import GateRule
from validators.verdict import Finding, Severity
from validators.weakening import TestChange

_BAD = frozenset({"failed", "error"})


def version_findings(
    runs: BaseRuns,
    touched: TouchedTests,
    base: Side,
    sides: TestSides,
    mended: tuple[str, ...],
) -> Iterator[Finding]:
    """Yield for each changed test whose old version passes on the base and fails with the patch."""
    gate, word = runs.gate, runs.bench.rules.protected.tests
    if sides.old is None or word == "allow":
        return
    if sides.old.doubt is not None:
        message = f"the base's versions of the touched tests prove nothing: {sides.old.doubt.why}"
        yield Finding(gate.name, "base-tests-unknown", "note", message)
        return
    before, old = dict(base.outcomes), dict(sides.old.side.outcomes)
    own: Mapping[str, TestOutcome] = (
        dict(sides.own.side.outcomes) if sides.own and sides.own.doubt is None else {}
    )
    after = dict(sides.patched.side.outcomes)
    green: Mapping[str, TestOutcome] = dict.fromkeys(mended, "passed")
    turning = {change.path for change in touched.changes if ids_of(change, green)}
    for change in touched.changes:
        if change.status != "changed":
            continue
        tests = ids_of(change, old)
        failing = [t for t in tests if before.get(t) == "passed" and old[t] in _BAD]
        if not failing:
            continue
        now = ids_of(change, after)
        if any(test in mended for test in now):
            yield _changed(gate, change, "the new version fails on the base and passes here")
        elif any(own.get(test) == "passed" for test in now):
            # Beside a test that turns green, what the old one asserted may be so no more; and one
            # that asserts the same of another call may have been taken along.
            may_follow = change.path in turning or (turning and not change.assertion_changed)
            yield _loosened(gate, change, "ask" if may_follow else word)
        else:
            yield _changed(gate, change, "whether the new one asserts as much cannot be told")


def _changed(gate: GateRule, change: TestChange, what: str) -> Finding:
    message = f"{change.test} was changed, and its old version fails with this change; {what}"
    return Finding(gate.name, "assertion-changed", "ask", message, change.path)


def _loosened(gate: GateRule, change: TestChange, severity: Severity) -> Finding:
    message = (
        f"{change.test} was changed, and its old version fails with this change, while the new one"
        " passes with it and without: it minds less"
    )
    fix = "Keep the test as it is on the base and mend what it tests, or assert what is new."
    return Finding(gate.name, "test-loosened", severity, message, change.path, fix=fix)


def idle_findings(gate: GateRule, changes: OutcomeChanges, sides: TestSides) -> Iterator[Finding]:
    """Yield where new tests pass without the patch as well: they show nothing of what it does."""
    own: Ran | None = sides.own
    if own is None:
        return
    if own.doubt is not None:
        message = f"over the base's sources, this change's tests prove nothing: {own.doubt.why}"
        yield Finding(gate.name, "tests-on-base-unknown", "note", message)
        return
    there = dict(own.side.outcomes)
    idle = [test for test in changes.new if there.get(test) == "passed"]
    if idle:
        message = f"{len(idle)} new tests pass without this change as well: {named(idle)}"
        fix = "Add a test that fails on the base and passes with the change."
        yield Finding(gate.name, "test-proves-nothing", "warn", message, fix=fix)
