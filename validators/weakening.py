"""Whether a change makes the tests weaker: each test before and after, and what selects them.

Read `compared`. Two trees are compared, test by test, by syntax and not by lines: what was only
moved or formatted is no change, and what became stricter is nobody's business. Where no grammar
reads a language, the ids that its runner reports must tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from validators.checkout import Clone
from validators.rules import PolicyWord, Rules
from validators.verdict import Finding, Severity
from validators.weakenings.changes import TestChange, changes_of_tests
from validators.weakenings.configuration import base_collection, looser_configuration
from validators.weakenings.loosening import Code, Loosening
from validators.weakenings.snapshots import rewritten_snapshots
from validators.weakenings.suites import touched_files
from validators.weakenings.suppressions import new_suppressions

__all__ = [
    "TestChange",
    "Weakening",
    "compared",
    "findings_on",
    "test_changes",
    "weakening_findings",
]

_GATE = "weakening"
_MAX_FINDINGS = 100
_FIXES: Mapping[Code, str] = {
    "test-removed": "Put the test back; a test of code that is gone is for a person to remove.",
    "test-skipped": "Let the test run, and mend what it finds.",
    "test-focused": "Take the focus away, so that all tests run.",
    "test-emptied": "Put back what the test did.",
    "tests-unreadable": "Keep the test file small and plain enough to be read.",
    "assertion-removed": "Put the assertion back, or write a stricter one in its place.",
    "tolerance-widened": "Keep the tolerance, and make the result as close as it was.",
    "exception-swallowed": "Let the failure be raised.",
    "parametrize-cases-removed": "Put the cases back.",
    "retries-added": "Mend what fails now and then instead of running it again.",
    "snapshot-rewritten": "A person must look at what is expected now.",
    "settings-loosened": "Leave the setting as it was.",
    "threshold-lowered": "Leave the threshold as it was.",
    "suppression-added": "Mend what is complained about instead of silencing it.",
    "failure-hidden": "Let the command's failure count.",
}


@dataclass(frozen=True, slots=True)
class Weakening:
    """What became of the tests, and all that is weaker, before any rule weighs it."""

    changes: tuple[TestChange, ...]
    loosenings: tuple[Loosening, ...]


def test_changes(clone: Clone, base_tree: str, applied_tree: str) -> tuple[TestChange, ...]:
    """Return what became of each test in the files that differ between two trees."""
    return compared(clone, base_tree, applied_tree).changes


def weakening_findings(
    clone: Clone, base_tree: str, applied_tree: str, rules: Rules
) -> tuple[Finding, ...]:
    """Return where tests, or what runs and judges them, became weaker; as the rules weigh it."""
    return findings_on(compared(clone, base_tree, applied_tree), rules)


def compared(clone: Clone, base_tree: str, applied_tree: str) -> Weakening:
    """Compare two trees once; both functions above are views of this."""
    touched = touched_files(clone, base_tree, applied_tree)
    changes, found = changes_of_tests(touched, base_collection(clone, base_tree))
    loosenings = (
        *found,
        *rewritten_snapshots(touched),
        *looser_configuration(clone, (base_tree, applied_tree), touched),
        *new_suppressions(touched),
    )
    return Weakening(changes, loosenings)


def findings_on(
    weakening: Weakening, rules: Rules, replaced: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Return what is weaker as findings, at most 100 of them, the grave ones first.

    ``replaced`` are removed tests (``path::test``) whose ``replaced_by`` was shown, by running, to
    stand in for them: they are for a person to look at.
    """
    policy = rules.protected.tests
    if policy == "allow":
        return ()
    weighed = (
        replace(one, certain=one.certain and one.test not in replaced)
        for one in weakening.loosenings
    )
    ordered = sorted(weighed, key=lambda one: not one.certain)
    findings = [
        Finding(
            _GATE,
            one.code,
            _severity(policy, certain=one.certain),
            one.message.encode("utf-8", "backslashreplace").decode(),
            one.path.encode("utf-8", "backslashreplace").decode(),
            one.line,
            _FIXES[one.code],
        )
        for one in ordered
    ]
    more = len(findings) - _MAX_FINDINGS
    if more > 0:
        message = f"{more} more weakened tests or settings are left out"
        return (*findings[:_MAX_FINDINGS], Finding(_GATE, "more-findings", "note", message))
    return tuple(findings)


def _severity(policy: PolicyWord, *, certain: bool) -> Severity:
    return "block" if policy == "block" and certain else "ask"
