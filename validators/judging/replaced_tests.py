"""Tests that a patch removes because what they assert is no longer so, with others in their place.

A removed test is a weaker suite, unless running it tells otherwise: its version on the base fails
over the patched sources, so that it could not stay, and the new test in its very place, of much the
same name, fails on the base and passes with the patch. Whether that was wanted a person must say.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from validators.evidence import Side, TestOutcome
from validators.judging.outcome_changes import OutcomeChanges
from validators.judging.test_sides import TestSides
from validators.judging.touched_tests import TouchedTests, as_on_base, ids_of
from validators.rules import GateRule
from validators.verdict import Finding
from validators.weakening import TestChange

_BAD = frozenset({"failed", "error"})
_ALIKE = 0.75  # of names that all begin with test_


@dataclass(frozen=True, slots=True)
class Replaced:
    """The ids of tests that were replaced or renamed, and the replaced ones as ``path::test``."""

    tests: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


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
    tests: set[str] = set()
    names: set[str] = set()
    for change in touched.changes:
        there = ids_of(as_on_base(change), before)
        is_same = not (change.assertion_changed or change.weakened)
        if change.status == "moved" and is_same and ids_of(change, after):
            tests.update(there)  # all of it is there, under another name
        could_not_stay = any(old.get(test) in _BAD for test in there)
        if change.status == "removed" and could_not_stay and _is_renamed(change, turned):
            tests.update(there)
            names.add(f"{change.path}::{change.test}")
    return Replaced(frozenset(tests), frozenset(names))


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
