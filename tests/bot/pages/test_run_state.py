"""How a run stands, in words and as a colour."""

from typing import get_args

import pytest

from bot.pages.run_state import standing_of
from validators.verdict import VerdictWord
from workflows.run import RunState, RunSummary, state_in_words

GOOD = {"proposed", "published", "accepted"}


AT = "2026-11-21T09:00:00Z"


def run(state: RunState, verdict: VerdictWord | None) -> RunSummary:
    return RunSummary("r1", "t", "Task", "/here", state, verdict, AT, 0, 0.0, 0)


@pytest.mark.parametrize("state", [one for one in get_args(RunState) if one != "running"])
@pytest.mark.parametrize("verdict", ["pass", "fail", None])
def test_a_run_that_passed_with_nothing_to_propose_is_done(
    state: RunState, verdict: VerdictWord | None
) -> None:
    is_done = (state, verdict) == ("nothing", "pass")

    mood, words = standing_of(run(state, verdict), is_held=False)

    assert words == state_in_words(state, verdict) == ("done" if is_done else state)
    assert (mood == "good") is (is_done or state in GOOD)


@pytest.mark.parametrize(
    ("is_held", "stands"), [(True, ("running", "running")), (False, ("stopped", "cut off"))]
)
def test_a_run_that_nobody_writes_is_cut_off(is_held: bool, stands: tuple[str, str]) -> None:  # noqa: FBT001
    assert standing_of(run("running", None), is_held=is_held) == stands
