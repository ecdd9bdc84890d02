"""What became of each test between the base and the patched tree.

Only differences count: a test that fails on both sides is nobody's fault here. What looks new is
looked at once more on both sides before a patch is blamed for it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from validators.evidence import Side, TestOutcome

_BAD: frozenset[TestOutcome] = frozenset({"failed", "error"})


@dataclass(frozen=True, slots=True)
class OutcomeChanges:
    """Test ids by what became of them, sorted.

    ``broken`` passed or were skipped on the base and fail now; ``missing`` are no longer run,
    ``skipped`` no longer count; ``failing_new`` fail and were not there; ``mended`` failed on the
    base. ``flaky`` changed sides on the base itself, and are in none of the others.
    """

    broken: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failing_new: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()

    @property
    def suspicious(self) -> bool:
        """Whether something differs that chance may have made."""
        return bool(self.suspects)

    @property
    def suspects(self) -> frozenset[str]:
        """The tests that seem worse than on the base, which chance may have made."""
        return frozenset((*self.broken, *self.missing, *self.skipped))


def only(changes: OutcomeChanges, tests: Collection[str]) -> OutcomeChanges:
    """Return what became of ``tests`` alone, where no other was run: none is missing then."""
    wanted = set(tests)
    return OutcomeChanges(
        broken=tuple(t for t in changes.broken if t in wanted),
        failing_new=tuple(t for t in changes.failing_new if t in wanted),
        new=tuple(t for t in changes.new if t in wanted),
    )


def changes_of(base: Side, patched: Side) -> OutcomeChanges:
    """Compare the tests of two sides."""
    before, after = dict(base.outcomes), dict(patched.outcomes)
    bad = {test for test, outcome in after.items() if outcome in _BAD}
    counted = {test for test, outcome in before.items() if outcome not in _BAD}
    skipped = {test for test, outcome in after.items() if outcome == "skipped"}
    passed = {test for test, outcome in after.items() if outcome == "passed"}
    return OutcomeChanges(
        broken=_sorted(bad & counted),
        missing=_sorted(before.keys() - after.keys() - _renumbered(before, after)),
        skipped=_sorted(test for test in skipped if before.get(test) == "passed"),
        failing_new=_sorted(bad - before.keys()),
        new=_sorted(after.keys() - before.keys()),
        mended=_sorted((before.keys() - counted) & passed),
    )


def without_flaky(changes: OutcomeChanges, base_again: Side) -> OutcomeChanges:
    """Return ``changes`` less what a second run of the base does not bear out either."""
    again = dict(base_again.outcomes)
    flaky = {t for t in changes.broken if again.get(t) not in {"passed", "skipped"}}
    flaky |= {t for t in changes.missing if t not in again}
    flaky |= {t for t in changes.skipped if again.get(t) != "passed"}
    return OutcomeChanges(
        broken=tuple(t for t in changes.broken if t not in flaky),
        missing=tuple(t for t in changes.missing if t not in flaky),
        skipped=tuple(t for t in changes.skipped if t not in flaky),
        failing_new=changes.failing_new,
        new=changes.new,
        mended=changes.mended,
        flaky=tuple(sorted({*changes.flaky, *flaky})),
    )


def mended_by_patch(changes: OutcomeChanges, tests_on_base: Side, patched: Side) -> tuple[str, ...]:
    """Return the tests that pass on ``patched`` and fail over the base's sources.

    ``tests_on_base`` is the patch's own tests there. A module of them that cannot even be imported
    fails with all its tests.
    """
    there = dict(tests_on_base.outcomes)
    unimportable = unloaded(test for test, outcome in there.items() if outcome in _BAD)
    found = set(changes.mended)
    for test, outcome in patched.outcomes:
        if outcome == "passed":
            is_absent = test not in there and test in changes.new and is_below(test, unimportable)
            if is_absent or there.get(test) in _BAD:
                found.add(test)
    return _sorted(found)


def is_below(test: str, modules: Iterable[str]) -> bool:
    """Whether ``test`` stands in one of ``modules``, named as pytest names a module."""
    classname = test.rpartition("::")[0]
    return any(classname == name or classname.startswith(f"{name}.") for name in modules)


def unloaded(failing: Iterable[str]) -> tuple[str, ...]:
    """Return the modules among ``failing`` tests: pytest reports one as a test of no class."""
    return tuple(test.removeprefix("::") for test in failing if test.startswith("::"))


def _renumbered(
    before: Mapping[str, TestOutcome], after: Mapping[str, TestOutcome]
) -> frozenset[str]:
    """Return the ids that are gone only because the cases of their test have other ones now.

    pytest numbers the cases of a test: one more among the first shifts all that follow. A test that
    had none may have some now.
    """
    there = Counter(_function(test) for test, outcome in after.items() if outcome != "skipped")
    gone: dict[str, list[str]] = defaultdict(list)
    counted: Counter[str] = Counter()
    for test in before:
        function = _function(test)
        counted[function] += 1
        if test not in after:
            gone[function].append(test)
    return frozenset(
        test
        for function, tests in gone.items()
        if there[function] >= counted[function]
        for test in tests
    )


def _function(test: str) -> str:
    """Return the id of a test without the case it was run with."""
    return test.partition("[")[0] if test.endswith("]") else test


def _sorted(tests: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(tests))
