"""Tests that a patch removes because what they assert is no longer so, with others in their place.

A removed test is a weaker suite, unless running it tells otherwise: its version on the base fails
over the patched sources, so that it could not stay, and in the same file at least as many new ones
fail on the base and pass with the patch. Whether that change was wanted is for a person to say.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from validators.evidence import Side, TestOutcome
from validators.judging.gate_findings import named
from validators.judging.outcome_changes import OutcomeChanges
from validators.judging.test_sides import TestSides
from validators.judging.touched_tests import TouchedTests, as_on_base, ids_of
from validators.rules import GateRule
from validators.verdict import Finding

_BAD = frozenset({"failed", "error"})


@dataclass(frozen=True, slots=True)
class Replaced:
    """The ids of tests that were replaced or renamed, and the files where all removed ones were."""

    tests: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


def replaced_tests(
    touched: TouchedTests, base: Side, sides: TestSides, mended: Iterable[str]
) -> Replaced:
    """Return which removed tests have others, which the patch turns green, in their place."""
    if sides.old is None or sides.old.doubt is not None:
        return Replaced()
    before, old = dict(base.outcomes), dict(sides.old.side.outcomes)
    after = dict(sides.patched.side.outcomes)
    green: dict[str, TestOutcome] = dict.fromkeys(mended, "passed")
    removed: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    added: dict[str, int] = defaultdict(int)
    tests: set[str] = set()
    for change in touched.changes:
        there = ids_of(as_on_base(change), before)
        is_same = not (change.assertion_changed or change.weakened)
        if change.status == "moved" and is_same and ids_of(change, after):
            tests.update(there)  # all of it is there, under another name
        elif change.status in {"removed", "moved"}:
            removed[as_on_base(change).path].append(there)
        if change.status in {"new", "moved"} and ids_of(change, green):
            added[change.path] += 1
    files: set[str] = set()
    for path, ids in removed.items():
        could_not_stay = all(any(old.get(test) in _BAD for test in one) for one in ids)
        if could_not_stay and added[path] >= len(ids):
            files.add(path)
            tests.update(test for one in ids for test in one)
    return Replaced(frozenset(tests), frozenset(files))


def without_replaced(changes: OutcomeChanges, replaced: Replaced) -> OutcomeChanges:
    """Return ``changes`` in which no replaced test is missing."""
    missing = tuple(test for test in changes.missing if test not in replaced.tests)
    return replace(changes, missing=missing)


def replaced_findings(gate: GateRule, replaced: Replaced) -> tuple[Finding, ...]:
    """Return what a person must know of tests that are gone for good reason."""
    if not replaced.files:
        return ()
    message = (
        "tests are gone that fail with this change, and at least as many others turn green in"
        f" their files: {named(sorted(replaced.files))}"
    )
    return (Finding(gate.name, "test-replaced", "ask", message, min(replaced.files)),)
