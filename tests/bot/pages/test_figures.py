"""Everything that is counted is shown, with the formula that its documentation has."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.pages.figures import FORMULAS, counts_of, figures_of
from tests.workflows.generated_history import history, stories
from workflows.metrics import Metrics, metrics_of
from workflows.run_facts import facts_of
from workflows.weeks import Week, by_week

DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"
STATES = {"runs", "pull_requests", "pending", "accepted", "rejected", "superseded"}
FACTS = tuple(facts_of(history(stories(200))).values())


def test_each_formula_is_that_of_the_documentation() -> None:
    rows = re.findall(r"^\| (`.+?) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = {name: words for names, words in rows for name in re.findall(r"`(\w+)`", names)}
    assert {name: documented[name] for name in FORMULAS} == dict(FORMULAS)


def test_every_figure_of_metrics_is_on_the_page() -> None:
    shown = {one.name for one in figures_of(metrics_of(FACTS), by_week(FACTS, 12))}
    counted = {"gate_failures", "reasons", "reasons_by"}
    assert shown | counted | STATES == {field.name for field in fields(Metrics)}


def test_a_figure_is_shown_over_all_and_week_by_week() -> None:
    whole, weeks = metrics_of(FACTS), by_week(FACTS, 12)
    shown = {one.name: one for one in figures_of(whole, weeks)}
    assert shown["acceptance"].value == "62.5%"
    assert shown["pull_requests"].value == "200"
    assert shown["cost_per_accepted"].value == "$0.0400"
    assert [at for at, _ in shown["acceptance"].rows] == [week.monday for week in weeks]
    plot = shown["time_to_merge"].plot
    assert plot is not None
    assert plot.up[-1].words.endswith(" d")
    assert plot.marks[0].words.endswith("days")


@pytest.mark.parametrize(
    ("usd", "ticks"),
    [
        (0.3, ["$0", "$0.10", "$0.20", "$0.30"]),
        (0.075, ["$0", "$0.025", "$0.05", "$0.075"]),
        (1.5, ["$0", "$0.50", "$1", "$1.50"]),
        (3000.0, ["$0", "$1,000", "$2,000", "$3,000"]),
    ],
)
def test_an_axis_of_money_is_written_to_the_cent_where_that_says_it(
    usd: float, ticks: list[str]
) -> None:
    whole = replace(metrics_of(FACTS), usd=usd)
    shown = {one.name: one for one in figures_of(whole, (Week("2026-01-05", whole),))}
    plot = shown["usd"].plot
    assert plot is not None
    assert [one.words for one in plot.up] == ticks


def test_what_cannot_be_counted_yet_has_no_plot() -> None:
    shown = {one.name: one for one in figures_of(metrics_of(()), ())}
    assert {one.plot for one in shown.values()} == {None}
    assert shown["acceptance"].value == "-"
    assert all(one.none for one in shown.values())


def test_what_is_counted_by_name_is_shown_the_most_frequent_first() -> None:
    tables = {one.title: one for one in counts_of(metrics_of(FACTS))}
    assert tables["Gates that did not pass"].rows == (("tests fail", "100"),)
    assert tables["Reasons by path"].rows[0][1] == "20"
    many = metrics_of(FACTS)
    many = Metrics(**{f.name: getattr(many, f.name) for f in fields(many)} | {
        "gate_failures": {f"g{n}": n for n in range(1, 60)}, "reasons": {}, "reasons_by": {},
    })  # fmt: skip
    (only,) = counts_of(many)
    assert (only.rows[0], len(only.rows), only.left_out) == (("g59", "59"), 40, 19)
