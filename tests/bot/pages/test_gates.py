"""What ``gate`` prints, compared whole: text for a person, the document for a program."""

from dataclasses import replace
from typing import Any

import pytest

from bot.pages.gates import (
    detection_lines,
    evidence_name,
    gate_document,
    gate_text,
    terminal_width,
)
from validators.detect import Detected, SetupPlan
from validators.encoding import builtins
from validators.evidence import Evidence, FileLines, LineCoverage, Side
from validators.evidence_statement import statement_of
from validators.rules import GateRule, Rules
from validators.verdict import Finding, Verdict

TEXT = r"""
verdict: fail

  gate         outcome         base                with this change
  lint         fail            has findings        has findings
  build        infrastructure  not run             timeout
  tests|@team  pass            1 passed, 1 failed  2 passed

lint: ruff check .
build: make
  off by config: it reports, and blocks nothing
tests|@team: pytest 'a|b`c`'
  red -> green  t::x[a|`b`]
  GREEN -> RED  t::<b>
  MISSING       t::@gone
coverage: Which of the changed lines a test runs was not measured.

findings: 1 block, 2 ask, 1 note
- [ask] policy/protected a|b\n## c.yml
    ask @team, see #1
- [ask] policy/size
    it is **large**
- [block] tests/regression t.py:3
    <b>red</b>
    more
    fix: mend it
- [note] lint/F401

sandbox bwrap (bubblewrap 0.8.0), holding no-network, read-only-host
evidence {evidence}
"""

DOCUMENT: dict[str, Any] = {
    "verdict": "fail",
    "kind": "fix",
    "coverage": None,
    "newly_covered": None,
    "sandbox": {
        "backend": "bwrap",
        "version": "bubblewrap 0.8.0",
        "guarantees": ["no-network", "read-only-host"],
    },
    "gates": [
        {
            "name": "lint",
            "outcome": "fail",
            "required": True,
            "base": {
                "ended": "failed",
                "exit_code": 1,
                "report": "ruff",
                "passed": 0,
                "failed": 0,
                "skipped": 0,
            },
            "patched": {
                "ended": "failed",
                "exit_code": 1,
                "report": "ruff",
                "passed": 0,
                "failed": 0,
                "skipped": 0,
            },
        },
        {
            "name": "build",
            "outcome": "infrastructure",
            "required": False,
            "base": None,
            "patched": {
                "ended": "timeout",
                "exit_code": None,
                "report": "none",
                "passed": 0,
                "failed": 0,
                "skipped": 0,
            },
        },
        {
            "name": "tests|@team",
            "outcome": "pass",
            "required": True,
            "base": {
                "ended": "failed",
                "exit_code": 1,
                "report": "pytest",
                "passed": 1,
                "failed": 1,
                "skipped": 0,
            },
            "patched": {
                "ended": "ok",
                "exit_code": 0,
                "report": "pytest",
                "passed": 2,
                "failed": 0,
                "skipped": 0,
            },
        },
    ],
    "tests": {
        "fail_to_pass": ["t::x[a|`b`]"],
        "pass_to_fail": ["t::<b>"],
        "missing": ["t::@gone"],
        "flaky": [],
        "steady": [],
    },
    "findings": (
        {
            "gate": "policy",
            "code": "protected",
            "severity": "ask",
            "message": "ask @team, see #1",
            "path": "a|b\n## c.yml",
            "line": 0,
            "fix": "",
        },
        {
            "gate": "policy",
            "code": "size",
            "severity": "ask",
            "message": "it is **large**",
            "path": "",
            "line": 0,
            "fix": "",
        },
        {
            "gate": "tests",
            "code": "regression",
            "severity": "block",
            "message": "\n<b>red</b>\nmore",
            "path": "t.py",
            "line": 3,
            "fix": "mend it",
        },
        {
            "gate": "lint",
            "code": "F401",
            "severity": "note",
            "message": "",
            "path": "",
            "line": 0,
            "fix": "",
        },
    ),
    "evidence": "",
}


def test_the_text_holds_every_gate_test_and_finding(evidence: Evidence) -> None:
    verdict = Verdict("fail", evidence.findings)
    shown = gate_text(verdict, evidence)

    assert shown == TEXT.strip().replace("{evidence}", evidence_name(verdict, evidence))


def test_the_document_holds_the_same(evidence: Evidence) -> None:
    verdict = Verdict("fail", evidence.findings)
    document = builtins(gate_document(verdict, evidence))

    assert document == DOCUMENT | {"evidence": evidence_name(verdict, evidence)}


def test_what_new_tests_are_the_first_to_run_is_shown_and_bounded(evidence: Evidence) -> None:
    files = tuple(FileLines(f"{number:02}.py", (1, 2)) for number in range(22))
    gates = (*evidence.gates[:2], replace(evidence.gates[2], steady=("t::new",)))
    asked = replace(evidence, kind="tests", newly_covered=files, gates=gates)

    shown = gate_text(Verdict("pass"), asked)

    assert "  5 of 5 pass   t::new\n" in shown
    assert "coverage: The new tests run 44 lines that no test ran before, in 22 files.\n" in shown
    assert "  newly run: 19.py: 1-2\n  newly run: 2 more files\n" in shown


def test_the_evidence_has_the_name_that_a_pull_request_gives_it(evidence: Evidence) -> None:
    named = statement_of(evidence, "fail").sha256
    assert evidence_name(Verdict("fail"), evidence) == f"sha256:{named}"


def test_every_line_fits_a_terminal_but_for_what_must_not_be_broken(evidence: Evidence) -> None:
    long = Finding("tests", "new-failure", "block", f"{'word ' * 60}\n    {'code ' * 30}")
    shown = gate_text(Verdict("fail", (long,)), evidence, 80).splitlines()

    assert [line for line in shown if len(line) > 80] == [f"        {'code ' * 30}".rstrip()]
    unwrapped = gate_text(Verdict("fail", (long,)), evidence)
    assert f"    {'word ' * 60}".rstrip() in unwrapped.splitlines()


def test_a_name_forges_no_line_of_ours(evidence: Evidence) -> None:
    gate = replace(evidence.gates[2], name="t\nverdict: pass", fail_to_pass=("x\n  forged",))

    shown = gate_text(Verdict("fail"), replace(evidence, gates=(gate,))).splitlines()

    assert shown[3].startswith("  t\\nverdict: pass  pass ")
    assert r"  red -> green  x\n  forged" in shown
    assert shown.count("verdict: pass") == 0


def test_many_tests_are_counted(evidence: Evidence) -> None:
    gate = replace(evidence.gates[2], missing=tuple(map(str, range(30))))

    shown = gate_text(Verdict("fail"), replace(evidence, gates=(gate,)))

    assert "  MISSING       19\n  MISSING       and 10 more\n" in shown


def test_every_further_run_of_a_gate_is_told(evidence: Evidence) -> None:
    side = Side("a" * 40, "failed", 1, "pytest", (("t::x", "passed"), ("t::y", "failed")))
    gate = replace(
        evidence.gates[2],
        tests_on_base=side,
        base_tests=side,
        base_settings=side,
        flaky=("t::now and then",),
    )

    shown = gate_text(Verdict("fail"), replace(evidence, gates=(gate,)))

    assert "  this change's tests over the base's sources: 1 passed, 1 failed\n" in shown
    assert "  the base's version of the touched tests over this change: 1 passed" in shown
    assert "  under the base's test settings: 1 passed, 1 failed\n" in shown
    assert "  flaky         t::now and then\n" in shown


def test_changed_lines_that_no_test_runs_are_named(evidence: Evidence) -> None:
    coverage = (LineCoverage("a.py", 5, (3, 4, 9)), LineCoverage("b.py", 2))
    shown = gate_text(Verdict("pass"), replace(evidence, coverage=coverage))

    assert "coverage: Tests run 4 of the 7 changed lines that can run.\n" in shown
    assert "  not run: a.py: 3-4, 9\n" in shown
    assert "b.py" not in shown


def test_a_missing_sandbox_holds_nothing(unsandboxed: Evidence) -> None:
    assert "\nsandbox none, holding nothing\n" in gate_text(Verdict("pass"), unsandboxed)
    nowhere = replace(unsandboxed, backend="")
    assert "\nsandbox not used, holding nothing\n" in gate_text(Verdict("pass"), nowhere)


def test_a_change_that_no_gate_saw_has_no_table(evidence: Evidence) -> None:
    stopped = gate_text(Verdict("fail", evidence.findings), replace(evidence, gates=()))

    assert stopped.startswith("verdict: fail\n\nfindings: 1 block, 2 ask, 1 note\n")


def test_a_long_message_is_cut_and_says_so(evidence: Evidence) -> None:
    long = Finding("tests", "new-failure", "block", "\n".join(map(str, range(100))))
    shown = gate_text(Verdict("fail", (long,)), evidence)

    assert "    39\n    (60 more lines are left out)\n" in shown


def test_what_was_detected_is_told_with_its_source() -> None:
    gate = GateRule("tests", "test", ("python", "-m", "pytest"), source="test\nfiles")
    setup = SetupPlan("python", (("uv", "pip", "install", "-e", "."),))

    assert detection_lines(Detected((gate,), setup), Rules()) == (
        r"detected: tests from test\nfiles: python -m pytest",
        "detected: set-up: uv pip install -e .",
    )
    declared = Rules(gates=(gate,), setup=setup.commands)
    assert detection_lines(Detected((gate,), setup), declared) == ()
    assert detection_lines(Detected((), SetupPlan()), Rules()) == ("detected: no gate, no set-up",)


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert terminal_width(is_terminal=False) == 0
    assert terminal_width(is_terminal=True) == 100
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal_width(is_terminal=True) == 40
