"""Tests that a patch removes because what they assert is no longer so, with others in their place.

A removed test is a weaker suite, unless running it tells otherwise: its version on the base fails
over the patched sources, so that it could not stay, and the new test in its very place, of much the
same name, fails on the base and passes with the patch. The same goes for one case of a table that
another test has now, as a text that was invalid and is valid. A person must say whether that was
wanted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from validators.evidence import Side, TestOutcome
from validators.judging.outcome_changes import OutcomeChanges
from validators.judging.test_sides import TestSides
from validators.judging.touched_tests import TouchedTests, as_on_base, case_of, ids_of
from validators.rules import GateRule
from validators.verdict import Finding
from validators.weakening import TestChange

_BAD = frozenset({"failed", "error"})
_ALIKE = 0.75  # of names that all begin with test_


@dataclass(frozen=True, slots=True)
class Replaced:
    """The ids of tests that were replaced or renamed, and the replaced ones as ``path::test``.

    ``cases`` are the ids of those of a table that are now another test's, with their path.
    """

    tests: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    cases: tuple[tuple[str, str], ...] = ()


def replaced_tests(
    touched: TouchedTests, base: Side, sides: TestSides, mended: Iterable[str]
) -> Replaced:
    """Return which removed tests have another, which the patch turns green, in their very place."""
    if sides.old is None or sides.old.doubt is not None:
        return Replaced()
    before, old = dict(base.outcomes), dict(sides.old.side.outcomes)
    after = dict(sides.patched.side.outcomes)
    green: dict[str, TestOutcome] = dict.fromkeys(mended, "passed")
    turned = {f"{c.path}::{c.test}" for c in touched.changes if ids_of(c, green)}
    elsewhere = {_place(test) for test in green if test not in before and case_of(test)}
    tests: set[str] = set()
    names: set[str] = set()
    cases: set[tuple[str, str]] = set()
    for change in touched.changes:
        there = ids_of(as_on_base(change), before)
        is_same = not (change.assertion_changed or change.weakened)
        if change.status == "moved" and is_same and ids_of(change, after):
            tests.update(there)  # all of it is there, under another name
        could_not_stay = any(old.get(test) in _BAD for test in there)
        if change.status == "removed" and could_not_stay and _is_renamed(change, turned):
            tests.update(there)
            names.add(f"{change.path}::{change.test}")
        gone = {test for test in there if test not in after and old.get(test) in _BAD}
        cases.update((test, change.path) for test in gone if _place(test) in elsewhere)
    tests.update(test for test, _ in cases)
    return Replaced(frozenset(tests), frozenset(names), tuple(sorted(cases)))


def _place(test: str) -> tuple[str, str]:
    """Return the module or class of a test, and which case of a table it is."""
    return test.partition("::")[0], case_of(test)


def _is_renamed(change: TestChange, turned: set[str]) -> bool:
    """Whether the new test in the place of a removed one turned green, and is called much alike."""
    alike = SequenceMatcher(None, change.test, change.replaced_by, autojunk=False).ratio()
    return alike >= _ALIKE and f"{change.path}::{change.replaced_by}" in turned


def without_replaced(changes: OutcomeChanges, replaced: Replaced) -> OutcomeChanges:
    """Return ``changes`` in which no replaced test is missing."""
    missing = tuple(test for test in changes.missing if test not in replaced.tests)
    return replace(changes, missing=missing)


def replaced_findings(gate: GateRule, replaced: Replaced) -> Iterator[Finding]:
    """Yield what a person must know of tests that are gone for good reason."""
    for name in sorted(replaced.names):
        message = (
            f"{name} is gone, and fails with this change; the test in its place fails on the base"
            " and passes here"
        )
        yield Finding(gate.name, "test-replaced", "ask", message, name.partition("::")[0])
    for case, path in replaced.cases:
        message = (
            f"{case} is gone, and fails with this change; the same case is another test's now,"
            " fails there on the base and passes here"
        )
        yield Finding(gate.name, "test-replaced", "ask", message, path)
