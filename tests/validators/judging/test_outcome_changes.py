"""What became of each test between two runs, and which differences are none."""

import pytest

from validators.evidence import Side, TestOutcome
from validators.judging.outcome_changes import changes_of, only, without_flaky


def side(**outcomes: TestOutcome) -> Side:
    return Side("t", "failed", 1, "pytest", tuple(outcomes.items()))


def cases(*names: str, outcome: TestOutcome = "passed") -> Side:
    return Side("t", "ok", 0, "pytest", tuple((name, outcome) for name in names))


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        (("m::t[0]", "m::t[1]"), ("m::t[a]", "m::t[b]"), ()),
        (("m::t[0]", "m::t[1]"), ("m::t[a]", "m::t[b]", "m::t[c]"), ()),
        (("m::t[0]", "m::t[1]"), ("m::t[a]",), ("m::t[0]", "m::t[1]")),
        (("m::t[0]",), ("m::other[0]",), ("m::t[0]",)),
        (("m::t",), ("m::t[0]",), ()),
        (("m::t[0]", "m::u"), ("m::t[0]",), ("m::u",)),
    ],
)
def test_cases_that_have_other_numbers_are_not_missing_as_long_as_there_are_as_many(
    before: tuple[str, ...], after: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert changes_of(cases(*before), cases(*after)).missing == missing


def test_cases_that_are_skipped_under_other_numbers_are_missing() -> None:
    changes = changes_of(cases("m::t[0]"), cases("m::t[1]", outcome="skipped"))

    assert changes.missing == ("m::t[0]",)


def test_of_some_tests_only_what_was_run_is_told() -> None:
    changes = changes_of(side(a="passed", b="passed", c="passed"), side(a="failed", d="failed"))

    found = only(changes, {"a"})

    assert (found.broken, found.missing, found.failing_new) == (("a",), (), ())


def test_what_is_flaky_at_one_look_stays_so_at_the_next() -> None:
    changes = changes_of(side(a="passed", b="passed"), side(a="failed", b="failed"))

    once = without_flaky(changes, side(a="failed", b="passed"))
    twice = without_flaky(once, side(a="passed", b="passed"))

    assert (once.broken, once.flaky) == (("b",), ("a",))
    assert (twice.broken, twice.flaky) == (("b",), ("a",))
    assert twice.suspects == {"b"}
