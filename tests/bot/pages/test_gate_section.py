"""The gates' part of a pull request: every fact of the evidence, and nothing from anywhere else."""

from dataclasses import replace

import pytest

from bot.pages.gate_section import coverage_text, facts_text, gate_section, side_text
from bot.pages.pull_request import pull_request_text
from validators.evidence import Evidence, FileLines, LineCoverage, Side
from validators.evidence_statement import statement_of
from validators.verdict import Finding, Verdict
from workflows.proposal import Proposal


def section(evidence: Evidence) -> str:
    return gate_section(evidence, "pass", "0" * 64, 25, 20)


def test_nothing_but_evidence_and_verdict_reaches_the_section(
    proposal: Proposal, evidence: Evidence
) -> None:
    sha256 = statement_of(evidence, "pass").sha256
    shown = gate_section(evidence, "pass", sha256, 25, 20)
    lie = Finding("tests", "x", "warn", "4000 passed")
    told = replace(
        proposal.attempts[1],
        verdict=Verdict("pass", (lie,)),
        summary="| tests | all | green |",
        evidence=None,
    )

    for one in (proposal, replace(proposal, attempts=(told,), scope=(), model="x")):
        assert shown in pull_request_text(one, evidence, ()).body


def test_the_section_ends_where_the_next_heading_begins(
    proposal: Proposal, evidence: Evidence
) -> None:
    body = pull_request_text(proposal, evidence, ()).body
    gates = body.split("## Gates: the untouched base against this change\n\n")[1]

    between = gates.split("\n\n## What the model was given")[0]

    assert between == gate_section(evidence, "pass", statement_of(evidence, "pass").sha256, 25, 20)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"coverage": None}, "was not measured."),
        ({"coverage": ()}, "Tests run 0 of the 0 changed lines that can run."),
        ({"kind": "refactor"}, "judged as refactor."),
        ({"backend": "none", "guarantees": ()}, "**WITHOUT A SANDBOX**"),
        ({"backend": "", "guarantees": (), "gates": ()}, "and none of them ran a command."),
        ({"base_commit": "0" * 40}, ""),
    ],
)
def test_each_fact_is_said(evidence: Evidence, change: dict[str, object], words: str) -> None:
    assert words in section(replace(evidence, **change))  # type: ignore[arg-type]


def test_many_uncovered_files_are_counted(evidence: Evidence) -> None:
    many = tuple(LineCoverage(f"{number}.py", 3, (2,)) for number in range(30))

    shown = section(replace(evidence, coverage=many))

    assert "| `24.py` | 2 |\n\n5 more files." in shown
    assert "Tests run 60 of the 90 changed lines that can run." in shown


def test_lines_that_only_the_new_tests_run_are_told_file_by_file(evidence: Evidence) -> None:
    asked = replace(evidence, kind="tests")
    many = tuple(FileLines(f"{number}.py", (2, 3, 7)) for number in range(30))

    assert "Which lines the new tests are the first to run was not measured." in section(asked)
    shown = section(replace(asked, newly_covered=many))
    assert "The new tests run 90 lines that no test ran before, in 30 files." in shown
    assert "| `24.py` | 2-3, 7 |\n\n5 more files." in shown
    one = section(replace(asked, newly_covered=(FileLines("a|b.py", (1,)),)))
    assert "The new tests run 1 line that no test ran before, in 1 file." in one
    assert "changed lines" not in one


def test_new_tests_that_passed_every_time_are_named(evidence: Evidence) -> None:
    gate = replace(evidence.gates[2], steady=("t::a", "t::b", "t::c"))

    told = facts_text(gate, 2)

    assert "- asked for, and passes five times out of five: `t::a`" in told
    assert "- asked for, and passes five times out of five: 1 more" in told


def test_a_test_planted_to_fail_is_named_once(evidence: Evidence) -> None:
    gate = evidence.gates[2]
    assert gate.patched is not None
    one = replace(gate, patched=replace(gate.patched, sentinels=("t",)))

    assert "- 1 test planted to fail did fail" in facts_text(one, 3)
    assert "planted" not in facts_text(replace(gate, patched=None), 3)


def test_a_gate_of_which_no_more_is_known_has_no_list(evidence: Evidence) -> None:
    assert facts_text(evidence.gates[0], 3) == ""


def test_coverage_of_several_files_is_one_sentence() -> None:
    files = (LineCoverage("a.py", 4, (1,)), LineCoverage("b.py", 2))

    assert coverage_text(files) == "Tests run 5 of the 6 changed lines that can run."


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (None, "not run"),
        (Side("a", "timeout", None, "pytest"), "timeout"),
        (Side("a", "ok", 0, "ruff"), "no findings"),
        (Side("a", "failed", 1, "lint"), "has findings"),
        (Side("a", "ok", 0, "exit-code"), "exit 0"),
        (Side("a", "failed", 4, "exit-code"), "exit 4"),
        (Side("a", "ok", 0, "pytest", (("t", "passed"), ("u", "skipped"))), "1 passed"),
        (Side("a", "failed", 1, "pytest", (("t", "error"),)), "0 passed, 1 failed"),
    ],
)
def test_a_side_is_told_in_a_few_words(side: Side | None, words: str) -> None:
    assert side_text(side) == words
