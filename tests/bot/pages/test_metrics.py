"""Figures for a machine that scrapes them: what is not known is not there."""

from dataclasses import replace

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


def test_a_gate_s_name_cannot_end_its_label(nothing: Metrics) -> None:
    found = replace(
        nothing, acceptance=0.5, time_to_draft=61.0, gate_failures={'a "b\\\nc fail': 2}
    )

    lines = prometheus_text(found).splitlines()

    assert r'changewright_gate_failures{gate="a \"b\\\nc",outcome="fail"} 2' in lines
    assert "changewright_acceptance_ratio 0.5" in lines
    assert "changewright_time_to_draft_seconds 61" in lines
