"""Which test holds which fault of telemetry.

The faults are development data and no part of the project: here are their ids alone.
"""

import pytest

from tests.bot.commands import test_trace as program
from tests.bot.pages import test_metrics as metrics
from tests.bot.telemetry import test_posting as posting
from tests.bot.telemetry import test_sending as sending
from tests.validators.threats.cases import Table, held, ids, troubles

FAULTS: Table = {
    "FLT-68": (
        held(program.test_a_receiver_that_is_gone_changes_no_run_and_is_told_once),
        held(sending.test_who_takes_nothing_is_told_once_with_the_count, "4xx", "5xx", "limited"),
        held(sending.test_nobody_there_is_told),
        held(sending.test_the_end_does_not_wait_for_a_receiver_that_is_slow),
        held(sending.test_more_than_can_wait_is_dropped_and_counted),
        held(posting.test_a_refusal_is_told_in_words_of_ours, "400", "busy for ever"),
    ),
    "FLT-69": (
        held(metrics.test_labels_are_of_closed_lists_however_many_names_there_are),
        held(metrics.test_each_figure_is_as_the_format_wants_it),
    ),
}


def test_each_fault_is_held_by_tests_that_run() -> None:
    assert troubles(FAULTS) == []


def test_no_fault_that_the_development_data_knows_is_left_out() -> None:
    known = ids("telemetry")
    if not known:
        pytest.skip("there is no development data here")
    assert known <= FAULTS.keys()
