"""What is left of a campaign over time, from when it began."""

import pytest

from bot.pages.campaign_page import begun_at, burndown
from bot.pages.plots import Plot
from workflows.progress_report import Point, ProgressReport
from workflows.run import Entry, Event, EventKind

DAY = "2026-11-22T"


def drawn(begun: str, *ended: str) -> Plot | None:
    points = tuple(Point(DAY + at, 4 - number) for number, at in enumerate(ended, 1))
    report = ProgressReport(
        "c", "camp", "running", "", 4, 4, len(points), 0, (), points, 0.0, 0, None, None, 0, ()
    )
    return burndown(report, begun and DAY + begun)


def test_a_line_begins_with_the_campaign_and_one_target_is_enough_for_it() -> None:
    plot = drawn("10:00:00Z", "10:30:00Z")
    assert plot is not None
    assert plot.paths == ("M46 10.0H310.0V39.5",)
    assert [tick.words for tick in plot.across] == ["2026-11-22 10:00", "2026-11-22 10:30"]
    assert [mark.words for mark in plot.marks] == ["2026-11-22 10:30: 3 left"]


def test_within_one_minute_seconds_tell_its_ends_apart() -> None:
    plot = drawn("10:00:01.5Z", "10:00:05.25Z", "10:00:42Z")
    assert plot is not None
    assert [tick.words for tick in plot.across] == ["2026-11-22 10:00:01", "2026-11-22 10:00:42"]


@pytest.mark.parametrize("begun", ["", "11:00:00Z"])
def test_without_a_beginning_before_it_the_first_that_ended_is_one(begun: str) -> None:
    plot = drawn(begun, "10:00:00Z", "10:30:00Z")
    assert plot is not None
    assert plot.across[0].words == "2026-11-22 10:00"
    assert drawn(begun, "10:00:00Z") is None
    assert drawn(begun) is None


def test_a_campaign_begins_when_it_was_first_swept() -> None:
    kinds: tuple[EventKind, ...] = ("campaign.started", "campaign.swept", "campaign.swept")
    entries = [Entry(at, "campaign-c", f"at {at}", Event(kind)) for at, kind in enumerate(kinds)]
    assert begun_at(entries) == "at 1"
    assert begun_at(entries[:1]) == ""
