"""Which test holds which fault of GitHub, also those that the jobs and not the adapter meet.

The faults are development data and no part of the project: here are their ids alone.
"""

import pytest

from tests.bot import test_github_doctor as doctor
from tests.bot.action import test_jobs as jobs
from tests.bot.action import test_program as program
from tests.bot.adapters import test_sqlite_journal_leases as leases
from tests.bot.adapters.github import test_client as client
from tests.bot.adapters.github import test_pull_requests as pulls
from tests.bot.adapters.github import test_pushing as pushing
from tests.bot.adapters.github import test_tokens as tokens
from tests.bot.adapters.github import test_tracker as tracker
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.workflows import test_admit as admit
from tests.workflows import test_occasion as occasion
from tests.workflows import test_publish_hosted as hosted
from tests.workflows import test_stale as stale

FAULTS: Table = {
    "FLT-36": (held(client.test_a_short_limit_is_waited_for_and_what_it_refused_is_sent_again),),
    "FLT-37": (
        held(pulls.test_a_pull_request_that_was_made_is_found_and_not_made_again, 502, 422),
        held(tracker.test_a_comment_whose_answer_is_lost_is_looked_for_and_not_said_twice, 502),
    ),
    "FLT-38": (
        held(pulls.test_a_pull_request_that_was_made_is_found_and_not_made_again, 0),
        held(pulls.test_a_pull_request_that_was_not_made_is_said_and_not_sent_twice, 0),
    ),
    "FLT-41": (
        held(pulls.test_a_refusal_to_open_names_its_reason_after_one_try, 403, 409),
        held(client.test_a_refusal_says_what_a_person_can_do_and_is_not_repeated, 403, 409),
    ),
    "FLT-42": (
        held(tokens.test_a_token_that_ended_is_minted_anew_once),
        held(tokens.test_a_push_takes_a_token_that_has_not_ended),
    ),
    "FLT-44": (held(client.test_a_limit_that_lasts_is_told_and_not_slept_through),),
    "FLT-45": (
        held(
            pushing.test_each_refused_push_has_its_reason_and_is_sent_once,
            *("protected", "secret", "rule", "large", "workflow"),
        ),
        held(pushing.test_peoples_commits_are_built_upon_and_never_pushed_over),
    ),
    "FLT-46": (
        held(program.test_two_deliveries_of_one_event_are_one_run),
        held(occasion.test_the_same_event_has_the_same_key_however_often_it_is_delivered),
        held(admit.test_an_event_that_was_answered_is_not_answered_again),
    ),
    "FLT-47": (
        held(
            admit.test_what_cannot_be_worked_on_is_declined_with_its_reason,
            "not on the issue any more",
        ),
        held(
            jobs.test_a_person_who_stops_a_run_is_asked_about_before_the_first_effect, "unlabelled"
        ),
    ),
    "FLT-48": (held(doctor.test_a_label_that_nobody_answered_is_named_with_its_issue),),
    "FLT-50": (
        held(leases.test_of_eight_processes_that_want_one_run_at_once_one_gets_it),
        held(pulls.test_two_publishers_at_once_open_one),
        held(pushing.test_who_moves_the_branch_between_looking_and_pushing_wins),
    ),
    "FLT-52": (
        held(
            jobs.test_a_person_who_stops_a_run_is_asked_about_before_the_first_effect,
            *("stop", "closed", "unlabelled"),
        ),
    ),
    "FLT-54": (
        held(hosted.test_a_base_that_moved_elsewhere_is_published_on_and_said),
        held(hosted.test_a_base_whose_files_moved_publishes_nothing_and_is_on_record),
    ),
    "FLT-55": (
        held(stale.test_a_recorded_commit_that_is_gone_is_rewritten),
        held(hosted.test_a_base_that_was_rewritten_takes_nothing_at_all),
    ),
}


def test_each_fault_is_held_by_tests_that_run() -> None:
    assert troubles(FAULTS) == []


def test_no_fault_that_the_development_data_knows_is_left_out() -> None:
    known = ids("github")
    if not known:
        pytest.skip("there is no development data here")
    assert known <= FAULTS.keys()
