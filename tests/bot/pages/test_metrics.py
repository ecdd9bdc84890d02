"""Figures for a machine that scrapes them: what is not known is not there."""

import re
from dataclasses import fields, replace

import pytest

from bot.pages.metrics import prometheus_text
from workflows.metrics import Metrics, metrics_of


@pytest.fixture
def nothing() -> Metrics:
    return metrics_of(())


def test_of_an_empty_journal_only_counts_are_told(nothing: Metrics) -> None:
    assert prometheus_text(nothing) == (
        "# HELP changewright_runs Runs that began\n"
        "# TYPE changewright_runs gauge\n"
        "changewright_runs 0\n"
        "# HELP changewright_cost_usd What all runs cost, in US dollars\n"
        "# TYPE changewright_cost_usd gauge\n"
        "changewright_cost_usd 0\n"
        "# HELP changewright_pull_requests Pull requests by what became of them\n"
        "# TYPE changewright_pull_requests gauge\n"
        'changewright_pull_requests{state="pending"} 0\n'
        'changewright_pull_requests{state="accepted"} 0\n'
        'changewright_pull_requests{state="rejected"} 0\n'
        'changewright_pull_requests{state="superseded"} 0'
    )


def test_labels_are_of_closed_lists_however_many_names_there_are(nothing: Metrics) -> None:
    failures = {f'a "b\\\nc{number} fail': 2 for number in range(1_000)}
    found = replace(
        nothing,
        gate_failures={**failures, "tests fail": 3, "tests strange": 1},
        reasons={"style": 1, "a branch's name": 5},
    )

    lines = prometheus_text(found).splitlines()

    assert [line for line in lines if line.startswith("changewright_gate_failures{")] == [
        'changewright_gate_failures{gate="other",outcome="fail"} 2000',
        'changewright_gate_failures{gate="tests",outcome="fail"} 3',
        'changewright_gate_failures{gate="tests",outcome="other"} 1',
    ]
    assert [line for line in lines if line.startswith("changewright_rejections{")] == [
        'changewright_rejections{reason="style"} 1'
    ]


# The grammar of the text format, and what `promtool check metrics` asks of names.
HEAD = re.compile(r"# (?:HELP (?P<help>[a-z_]+) [A-Z][^\\\n]*|TYPE (?P<type>[a-z_]+) gauge)")
SAMPLE = re.compile(
    r"(?P<name>[a-z_]+)(?P<labels>\{[a-z_]+=\"[a-z-]+\"(?:,[a-z_]+=\"[a-z-]+\")*\})?"
    r" (?P<value>-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
)


def test_each_figure_is_as_the_format_wants_it(nothing: Metrics) -> None:
    figures = {
        name: 1_234_567.125
        for name, value in vars_of(nothing).items()
        if value is None and name != "time_to_draft"
    }
    found = replace(
        nothing,
        runs=12_345_678,
        time_to_draft=61.0,
        reasons={"style": 1, "wrong": 2},
        gate_failures={"tests fail": 2, "lint fail": 1},
        **figures,  # type: ignore[arg-type]  # all are figures
    )

    lines = prometheus_text(found).splitlines()

    told, helped, typed = dict[str, str](), list[str](), list[str]()
    for line in lines:
        if head := HEAD.fullmatch(line):
            (helped if head["help"] else typed).append(head["help"] or head["type"])
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample["name"] == typed[-1] == helped[-1]  # a family's lines stand together
        series = f"{sample['name']}{sample['labels'] or ''}"
        assert series not in told
        told[series] = sample["value"]
    assert helped == typed == list(dict.fromkeys(typed))
    assert all(name.startswith("changewright_") for name in typed)
    assert not any(name.endswith(("_total", "_count", "_sum", "_bucket")) for name in typed)
    assert told["changewright_runs"] == "12345678"  # to the last digit
    assert told["changewright_time_to_draft_seconds"] == "61.0"
    assert told["changewright_acceptance_ratio"] == "1234567.125"


def vars_of(found: Metrics) -> dict[str, object]:
    return {one.name: getattr(found, one.name) for one in fields(found)}
