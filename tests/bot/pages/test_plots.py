"""Plots: marks where their values are, an axis that a person can read, gaps left open."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.plots import ALONE, HEIGHT, WIDTH, Part, Plot, bars, line, steps

NUMBERS = st.floats(0, 1e12, allow_nan=False)


def words_of(plot: Plot) -> list[str]:
    return [mark.words for mark in plot.marks]


def inside(plot: Plot) -> bool:
    spots = [(m.x + m.width, m.y + m.height) for m in plot.marks]
    spots += [(m.x, m.y) for m in plot.marks]
    spots += [(t.at, 0.0) for t in plot.across] + [(0.0, t.at) for t in plot.up]
    return all(0 <= x <= WIDTH + 0.1 and 0 <= y <= HEIGHT + 0.1 for x, y in spots)


def test_a_line_goes_through_its_values_and_is_broken_where_none_is_known() -> None:
    values = [0.0, 50.0, None, 100.0, 100.0]
    plot = line(["a", "b", "c", "d", "e"], values, ["0", "50", "-", "100", "100"], "{:g}".format)
    assert words_of(plot) == ["a: 0", "b: 50", "d: 100", "e: 100"]
    assert plot.paths == ("M46.0 128.0L112.0 69.0", "M244.0 10.0L310.0 10.0")
    assert [tick.words for tick in plot.up] == ["0", "50", "100"]


def test_one_value_stands_in_the_middle_without_a_line() -> None:
    plot = line(["a"], [3.0], ["three"], "{:g}".format)
    assert (plot.paths, plot.marks[0].x) == ((), 178.0)


@pytest.mark.parametrize(
    ("value", "most", "ticks", "y"),
    [
        (0.0, 1.0, ["0%", "50%", "100%"], 128.0),
        (0.25, 1.0, ["0%", "50%", "100%"], 98.5),
        (1.0, 1.0, ["0%", "50%", "100%"], 10.0),
        (0.0, math.inf, ["0%", "100%"], 128.0),
        (3.0, math.inf, ["0%", "200%", "400%"], 39.5),
        (5e-324, math.inf, ["0%", "100%"], 128.0),
    ],
)
def test_a_level_line_stands_on_an_axis_that_says_how_high_it_is(
    value: float, most: float, ticks: list[str], y: float
) -> None:
    for values in ([value], [value, value], [None, value, value, None, value]):
        labels = [str(at) for at in range(len(values))]
        plot = line(labels, values, labels, "{:.0%}".format, most)
        assert [tick.words for tick in plot.up] == ticks
        assert {mark.y for mark in plot.marks} == {y}


def test_a_point_that_no_line_leads_to_is_marked_however_many_there_are() -> None:
    values = [1.0, None, 2.0, 3.0, None, *[1.0] * 90, None, 4.0]
    labels = [str(at) for at in range(len(values))]
    plot = line(labels, values, labels, "{:g}".format)
    assert [(mark.words, mark.kind) for mark in plot.marks] == [
        ("0: 0", ALONE), (f"{len(values) - 1}: {len(values) - 1}", ALONE),
    ]  # fmt: skip
    few = line(labels[:4], values[:4], labels[:4], "{:g}".format)
    assert [mark.kind for mark in few.marks] == [ALONE, "", ""]


def test_bars_stand_on_each_other_and_nought_has_none() -> None:
    parts = [Part("accepted", "accepted", (2.0, 0.0)), Part("rejected", "rejected", (1.0, 3.0))]
    plot = bars(["w1", "w2"], parts, "{:.0f}".format)
    assert words_of(plot) == ["w1: accepted 2", "w1: rejected 1", "w2: rejected 3"]
    first, second, _ = plot.marks
    assert second.y + second.height == pytest.approx(first.y, abs=0.11)
    assert first.y + first.height == plot.base
    assert first.height == pytest.approx(2 * second.height, abs=0.2)


def test_steps_go_down_from_the_whole() -> None:
    plot = steps([(0.0, 4.0, "4 left"), (1.0, 0.0, "0 left")], ("then", "now"), 5.0)
    assert plot.paths[0].endswith("H310.0V128.0")
    assert words_of(plot) == ["4 left", "0 left"]
    assert [tick.words for tick in plot.across] == ["then", "now"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 12, 26, 52, 104])
def test_of_many_labels_some_are_written_the_last_among_them(count: int) -> None:
    labels = [f"2026-{number:02}" for number in range(count)]
    plot = line(labels, [1.0] * count, ["1"] * count, "{:g}".format)
    written = [tick.words for tick in plot.across]
    assert len(written) == min(count, 3)
    assert written[-1:] == labels[-1:]
    gaps = [b.at - a.at for a, b in pairwise(plot.across)]
    assert all(gap > 60 for gap in gaps)


@given(st.lists(st.none() | NUMBERS, max_size=110))
def test_whatever_is_drawn_stays_within_the_plot(values: list[float | None]) -> None:
    labels = [str(at) for at in range(len(values))]
    known = [value or 0.0 for value in values]
    drawn = line(labels, values, labels, "{:g}".format)
    stacked = bars(labels, [Part("a", "a", tuple(known)), Part("b", "b", tuple(known))], str)
    assert inside(drawn)
    assert inside(stacked)
    assert 1 <= len(drawn.up) <= 5


@given(st.floats(1e-6, 1e9))
def test_an_axis_ends_at_or_just_above_its_highest_value(highest: float) -> None:
    plot = line(["a", "b"], [0.0, highest], ["", ""], repr)
    ticks = [float(tick.words) for tick in plot.up]
    assert ticks[0] == 0
    assert highest * 0.99 <= ticks[-1] <= highest * 2.01
    assert all(math.isclose(b - a, ticks[1]) for a, b in pairwise(ticks))
