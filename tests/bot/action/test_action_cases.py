"""Threat cases about what starts a run, what is published, secrets in reach, and settings.

Deliveries come from the runner, never over a socket of ours: there is no signature to check, and a
delivery that comes again does nothing.
"""

from tests.bot import test_redaction, test_redaction_cases
from tests.bot.action import test_jobs, test_program, test_surroundings, test_workflow_files
from tests.bot.adapters import test_claude_model
from tests.bot.adapters.github import test_pushing
from tests.bot.configuration import test_config_cases
from tests.bot.pages import test_markdown, test_pull_request, test_settlement
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.workflows import (
    test_admit,
    test_no_way_to_decide,
    test_occasion,
    test_publish_hosted,
)

HELD_BY: Table = {
    "TRG-03": (
        held(test_jobs.test_a_label_becomes_a_draft_with_its_evidence_and_one_settled_comment),
        held(test_admit.test_a_label_by_somebody_who_may_write_is_admitted_with_the_deliverys_text),
        held(test_admit.test_only_what_people_with_the_right_said_before_is_kept),
    ),
    "TRG-06": (
        held(test_admit.test_a_bot_may_ask_only_where_it_is_listed_and_has_the_role),
        held(test_jobs.test_a_base_that_moved_under_the_change_is_worked_on_anew_twice_and_no_more),
        held(test_workflow_files.test_runs_are_kept_apart_by_event_and_issue_and_cancel_nothing),
    ),
    "TRG-08": (
        held(test_workflow_files.test_no_workflow_runs_with_rights_on_what_a_fork_brings),
        held(
            test_occasion.test_anything_else_is_politely_nothing_to_do,
            "pull_request_target",
            "workflow_run",
        ),
    ),
    "TRG-09": (
        held(test_program.test_two_deliveries_of_one_event_are_one_run),
        held(test_admit.test_an_event_that_was_answered_is_not_answered_again),
        held(test_occasion.test_the_same_event_has_the_same_key_however_often_it_is_delivered),
    ),
    "PUB-01": (
        held(test_markdown.test_escaped_text_shows_and_does_nothing),
        held(test_settlement.test_no_end_notifies_closes_or_shows_what_a_stranger_wants_shown),
        held(test_pull_request.test_title_and_body_show_hostile_words_and_do_nothing),
    ),
    "PUB-04": (
        held(test_markdown.test_no_line_of_a_quote_leaves_it),
        held(test_pull_request.test_title_and_body_show_hostile_words_and_do_nothing),
        held(test_settlement.test_the_end_of_a_long_output_stands_in_a_block_that_it_cannot_leave),
    ),
    "PUB-05": (
        held(test_pull_request.test_the_largest_of_everything_fits_and_keeps_every_section),
        held(test_pull_request.test_a_long_title_ends_with_a_mark_that_it_was_cut),
    ),
    "PUB-06": (
        held(test_markdown.test_escaped_text_shows_and_does_nothing),
        held(test_settlement.test_the_end_of_a_long_output_stands_in_a_block_that_it_cannot_leave),
    ),
    "PUB-08": (
        held(test_no_way_to_decide.test_no_code_path_decides_for_a_person),
        held(test_publish_hosted.test_a_draft_it_is_whatever_the_settings_say),
        held(test_workflow_files.test_each_job_has_the_rights_it_needs_and_the_workflow_none),
    ),
    "PUB-09": (
        held(
            test_jobs.test_a_person_who_stops_a_run_is_asked_about_before_the_first_effect,
            "unlabelled",
        ),
        held(test_admit.test_a_label_that_stays_stops_the_run_when_a_person_takes_it_off),
    ),
    "PUB-10": (
        held(test_jobs.test_a_second_label_goes_on_with_the_same_branch_and_pull_request),
        held(
            test_publish_hosted.test_a_second_run_goes_on_with_branch_and_pull_request_on_a_new_base
        ),
    ),
    "SEC-02": (
        held(test_pushing.test_the_token_is_in_no_argument_and_in_no_address),
        held(test_redaction_cases.test_no_piece_of_the_key_is_said_anywhere, "SEC-02"),
        held(test_surroundings.test_no_job_begins_with_a_secret_that_is_not_its_own),
        held(
            test_workflow_files.test_what_is_checked_out_keeps_no_token_and_lies_in_a_folder_of_its_own
        ),
    ),
    "SEC-03": (
        held(test_redaction.test_each_form_of_a_secret_is_found),
        held(test_redaction_cases.test_no_piece_of_the_key_is_said_anywhere, "SEC-03"),
    ),
    "SEC-04": (
        held(test_redaction.test_no_chunk_boundary_lets_one_through),
        held(test_redaction_cases.test_no_piece_of_the_key_is_said_anywhere, "SEC-04"),
        held(test_redaction_cases.test_no_chunk_boundary_hides_the_key),
    ),
    "SEC-06": (
        held(test_claude_model.test_the_library_traces_only_when_asked_to),
        held(test_redaction_cases.test_a_prompt_is_in_no_log_and_in_a_report_only_when_asked_for),
        held(test_program.test_the_author_does_not_begin_with_a_token_of_the_forge_and_names_it),
        held(test_redaction.test_no_piece_of_any_form_is_left_in_any_text),
    ),
    "CFG-01": (held(test_config_cases.test_a_case_about_configuration_is_held, "CFG-01"),),
    "CFG-03": (held(test_config_cases.test_a_case_about_configuration_is_held, "CFG-03"),),
    "CFG-04": (held(test_config_cases.test_a_case_about_configuration_is_held, "CFG-04"),),
}


def test_every_case_about_triggers_publishing_secrets_and_settings_is_held() -> None:
    assert troubles(HELD_BY) == []
    for boundary in ("trigger", "publish", "secrets", "config"):
        assert ids(boundary) <= HELD_BY.keys()
