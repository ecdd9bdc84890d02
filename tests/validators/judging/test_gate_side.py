"""What is told of one side of a gate leaves out what was planted there."""

from dataclasses import replace

from validators.evidence import Side
from validators.judging.gate_side import ended
from validators.judging.sides import Ran
from validators.judging.trust import Doubt

GREEN = Side("t", "failed", 1, "pytest", (("a", "passed"), ("b", "skipped")), ("tests",))


def test_a_side_of_which_only_planted_tests_failed_ended_well() -> None:
    assert ended(Ran(GREEN)) == "ok"


def test_a_side_that_failed_by_itself_failed() -> None:
    red = replace(GREEN, outcomes=(*GREEN.outcomes, ("c", "failed")))

    assert ended(Ran(red)) == "failed"
    assert ended(Ran(replace(GREEN, sentinels=()))) == "failed"
    assert ended(Ran(GREEN, doubt=Doubt("report-disagrees", "it does"))) == "failed"
    assert ended(Ran(replace(GREEN, ended="timeout"))) == "timeout"
