"""Threat cases and faults about gates: a base in trouble, tests that flip, crash, hang or shout."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.bot.adapters import test_sandbox_contract
from tests.bot.pages import test_gates as test_gate_pages
from tests.e2e import test_bad_gates
from tests.validators import (
    test_coverage,
    test_coverage_run,
    test_environment,
    test_gates,
    test_reports,
)
from tests.validators.judging import test_improvement, test_lint, test_outcome_changes
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.validators.weakenings import test_changes, test_configuration
from tests.workflows import test_propose, test_publish
from validators.rules import GateRule, Rules
from validators.sandbox import Completed, Output, Sandbox

Told = Mapping[str, str]
Said = tuple[Told, Completed]

RULES = Rules(gates=(GateRule("tests", "test", ("tests",)),))
RED = {"t1": "failed", "t2": "failed", "t3": "passed"}


@pytest.fixture
def judge(bench_of: Callable[..., Any], played: Callable[..., Any]) -> Callable[..., Any]:
    """Judge a change by what a runner is made to report on each side, time after time the same."""

    def run(base: Told | Said, patched: Told | Said) -> Any:
        def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
            said = patched if (tree / "changed.txt").exists() else base
            cases, ended = said if isinstance(said, tuple) else (said, _ended(said))
            (reports / "pytest.xml").write_text(_report(cases))
            return ended

        bench = bench_of({"a.c": "1;\n"}, played(play), RULES)
        return bench.judge({"a.c": "2;\n", "changed.txt": "x\n"})

    return run


def _ended(cases: Told) -> Completed:
    return Completed("failed", 1) if "failed" in cases.values() else Completed("ok", 0)


def _report(cases: Told) -> str:
    rows = (
        f'<testcase classname="t" name="{name}">{"<failure/>" * (how == "failed")}</testcase>'
        for name, how in cases.items()
    )
    return f"<testsuites>{''.join(rows)}</testsuites>"


def test_a_fix_that_mends_none_of_the_red_tests_fails_and_blames_none_of_them(
    judge: Callable[..., Any],
) -> None:
    verdict, evidence = judge(RED, RED)

    assert verdict.word == "fail"
    (found,) = verdict.blocking
    assert found.code == "no-improvement"
    assert "red on both sides: t::t1, t::t2" in found.message
    (gate,) = evidence.gates
    assert (gate.outcome, gate.pass_to_fail, gate.missing) == ("pass", (), ())
    assert gate.patched.count("failed") == 2


def test_on_a_red_base_only_the_test_that_newly_fails_is_named(judge: Callable[..., Any]) -> None:
    verdict, evidence = judge(RED, RED | {"t3": "failed"})

    assert verdict.word == "fail"
    assert [found.code for found in verdict.blocking] == ["newly-failing"]
    said = " ".join(found.message for found in verdict.findings)
    assert "t::t3" in said
    assert "t::t1" not in said
    assert "t::t2" not in said
    assert evidence.gates[-1].pass_to_fail == ("t::t3",)


@pytest.mark.parametrize("code", [0, 4, 5])
def test_a_suite_that_collects_nothing_is_no_evidence(judge: Callable[..., Any], code: int) -> None:
    nothing: Said = ({}, Completed("failed" if code else "ok", code))

    verdict, _ = judge(nothing, nothing)

    assert verdict.word == "no-evidence"
    assert not verdict.may_be_shown


@pytest.mark.sandbox
def test_an_interpreter_that_crashes_after_a_test_has_passed_is_no_evidence(
    bench_of: Callable[..., Any], sandbox: Sandbox
) -> None:
    tests = "import a\n\n\ndef test_one():\n    assert a.one\n\n\ndef test_two():\n    a.two()\n"
    files = {"a.py": "one = 1\n\n\ndef two():\n    return\n", "tests/test_a.py": tests}
    run = ("python", "-m", "pytest", "-q", "-p", "no:faulthandler")
    rules = Rules(gates=(GateRule("tests", "test", run, timeout_s=30),))
    crash = "import os\nimport signal\n\none = 1\n\n\ndef two():\n    os.kill(os.getpid(), {})\n"

    verdict, evidence = bench_of(files, sandbox, rules).judge(
        {"a.py": crash.format("signal.SIGSEGV")}
    )

    assert verdict.word == "no-evidence"
    assert {found.code for found in verdict.blocking} == {"killed"}
    side = evidence.gates[-1].patched
    assert side is not None
    assert side.count("passed") == 0


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (({"t1": "passed"}, Completed("failed", 1, stdout=Output(b"1 passed"))), "no failed test"),
        (({"t1": "failed"}, Completed("ok", 0, stdout=Output(b"OK"))), "t::t1 failed"),
    ],
)
def test_a_report_and_an_exit_code_that_contradict_each_other_prove_nothing(
    judge: Callable[..., Any], said: Said, says: str
) -> None:
    verdict, _ = judge({"t1": "passed"}, said)

    assert verdict.word == "no-evidence"
    (found,) = verdict.blocking
    assert found.code == "report-disagrees"
    assert says in found.message


@pytest.mark.parametrize("side", ["base", "patched"])
def test_a_machine_that_cannot_run_the_gates_any_more_is_infrastructure(
    judge: Callable[..., Any], side: str
) -> None:
    gone: Said = ({}, Completed("sandbox-error", None, detail="the sandbox is gone"))
    base, patched = (gone, RED) if side == "base" else (RED, gone)

    verdict, _ = judge(base, patched)

    assert verdict.word == "infrastructure"
    assert not verdict.may_be_shown


def test_a_test_that_fails_since_a_date_blames_nobody(judge: Callable[..., Any]) -> None:
    # Both sides run at the same clock, so that it fails on both.
    verdict, evidence = judge(
        {"bomb": "failed", "t1": "failed"}, {"bomb": "failed", "t1": "passed"}
    )

    assert (verdict.word, verdict.findings) == ("pass", ())
    assert evidence.gates[-1].fail_to_pass == ("t::t1",)


FLAKY = (
    held(test_gates.test_a_flaky_test_is_named_and_blocks_nothing),
    held(
        test_gates.test_a_test_that_fails_only_at_times_with_the_change_blocks_and_is_called_unreliable
    ),
    held(test_outcome_changes.test_what_is_flaky_at_one_look_stays_so_at_the_next),
)
RED_BASE = (
    held(test_a_fix_that_mends_none_of_the_red_tests_fails_and_blames_none_of_them),
    held(test_on_a_red_base_only_the_test_that_newly_fails_is_named),
)
NOTHING_COLLECTED = (
    held(test_a_suite_that_collects_nothing_is_no_evidence),
    held(test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing, "no tests at all"),
    held(test_publish.test_what_did_not_simply_pass_is_a_draft_whatever_the_settings_want),
)

HELD_BY: Table = {
    "GAT-01": RED_BASE[:1],
    "GAT-02": RED_BASE[1:],
    "GAT-03": NOTHING_COLLECTED,
    "GAT-05": (held(test_an_interpreter_that_crashes_after_a_test_has_passed_is_no_evidence),),
    "GAT-06": (
        *FLAKY,
        held(test_changes.test_what_is_weaker_is_found, "retries-added"),
        held(test_configuration.test_what_is_looser_is_found, "retries-added"),
    ),
    "GAT-07": (
        held(test_lint.test_an_old_finding_on_a_line_the_patch_rewrote_is_not_new),
        held(test_lint.test_old_findings_alone_are_nobody_s_fault),
    ),
    "GAT-09": (
        held(test_coverage.test_a_finding_names_the_file_and_the_lines),
        held(test_coverage.test_the_policy_decides_how_grave_it_is),
        held(test_coverage_run.test_only_sources_that_tests_can_run_are_asked_about),
        held(test_improvement.test_prose_has_nothing_that_a_test_could_tell),
    ),
    "GAT-10": (
        held(test_gates.test_a_tool_that_is_not_there_is_told_and_not_passed_over),
        held(test_gates.test_a_linter_that_cannot_read_its_configuration_looks_for_plain_errors),
    ),
    "GAT-11": (held(test_a_report_and_an_exit_code_that_contradict_each_other_prove_nothing),),
    "FLT-57": (*FLAKY, held(test_gate_pages.test_every_further_run_of_a_gate_is_told)),
    "FLT-58": (
        held(test_gates.test_a_change_that_hangs_is_no_evidence),
        held(test_gates.test_a_base_that_hangs_is_the_harness_s_trouble),
        held(test_bad_gates.test_what_a_hanging_gate_had_proven_is_kept_in_the_evidence),
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            *("tests that hang with the change", "tests that hang while they are collected"),
            *("tests that hang when all of them are done", "tests that hang on the base already"),
        ),
    ),
    "FLT-59": (
        held(test_bad_gates.test_the_programs_own_memory_stays_flat_whatever_is_printed),
        held(test_sandbox_contract.test_a_flood_of_output_is_stopped_in_bounded_memory),
        held(test_sandbox_contract.test_head_and_tail_of_long_output_are_kept),
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            *("tests that print 1 GB", "tests that print one line of 300 MB"),
        ),
    ),
    "FLT-60": (
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            "tests that print what is no text",
        ),
        held(test_sandbox_contract.test_output_that_is_no_text_is_kept_as_it_is),
    ),
    "FLT-61": RED_BASE,
    "FLT-62": NOTHING_COLLECTED,
    "FLT-65": (
        held(test_a_test_that_fails_since_a_date_blames_nobody),
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            "a test that fails since a date",
        ),
    ),
    "FLT-66": (
        held(test_a_machine_that_cannot_run_the_gates_any_more_is_infrastructure),
        held(test_environment.test_a_failed_set_up_tells_why_and_is_tried_again),
        held(test_propose.test_gates_in_trouble_end_the_run_without_another_try),
    ),
    "FLT-67": (
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            *("a report that breaks off", "a report of no bytes", "reports of two runners"),
            *("a report of odd bytes", "a test reported twice, once as failed"),
        ),
        held(test_reports.test_a_report_that_is_no_report_is_trouble_not_an_exception),
        held(test_reports.test_two_runners_in_one_gate_are_believed_neither),
        held(test_reports.test_a_second_report_behind_the_first_is_believed_as_little_as_that),
        held(test_reports.test_two_reports_that_name_a_sentinel_are_believed_neither),
    ),
}


def test_every_case_and_fault_about_gates_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("gate") | ids("gates") <= HELD_BY.keys()
