"""What ``gate`` prints, compared whole: text for a person, the document for a program."""

from dataclasses import replace

from bot.pages.gates import gate_document, gate_text
from validators.encoding import builtins
from validators.evidence import Evidence
from validators.verdict import Verdict

TEXT = r"""
verdict: fail
  lint         fail           base: has findings; patched: has findings   [ruff check .]
  build        infrastructure base: not run; patched: timeout   [make]
    off by config: it reports, and blocks nothing
  tests|@team  pass           base: 1 passed, 1 failed; patched: 2 passed   [pytest 'a|b`c`']
    red -> green  t::x[a|`b`]
    GREEN -> RED  t::<b>
    MISSING  t::@gone
- [ask] policy/protected a|b\n## c.yml
    ask @team, see #1
- [ask] policy/size
    it is **large**
- [block] tests/regression t.py:3
    <b>red</b>
    more
    fix: mend it
- [note] lint/F401
sandbox bwrap, holding no-network, read-only-host
evidence sha256:{sha256}
"""

DOCUMENT = {
    "verdict": "fail",
    "sandbox": {"backend": "bwrap", "guarantees": ["no-network", "read-only-host"]},
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
    "tests": {"fail_to_pass": ["t::x[a|`b`]"], "pass_to_fail": ["t::<b>"], "missing": ["t::@gone"]},
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
    "evidence": "sha256:{sha256}",
}


def test_the_text_holds_every_gate_test_and_finding(evidence: Evidence) -> None:
    shown = gate_text(Verdict("fail", evidence.findings), evidence)

    assert shown == TEXT.strip().replace("{sha256}", evidence.sha256)


def test_the_document_holds_the_same(evidence: Evidence) -> None:
    document = builtins(gate_document(Verdict("fail", evidence.findings), evidence))

    assert document == DOCUMENT | {"evidence": f"sha256:{evidence.sha256}"}


def test_a_name_forges_no_line_of_ours(evidence: Evidence) -> None:
    gate = replace(evidence.gates[2], name="t\nverdict: pass", fail_to_pass=("x\n  forged",))

    shown = gate_text(Verdict("fail"), replace(evidence, gates=(gate,))).splitlines()

    assert shown[1].startswith("  t\\nverdict: pass pass ")
    assert r"    red -> green  x\n  forged" in shown


def test_many_tests_are_counted(evidence: Evidence) -> None:
    gate = replace(evidence.gates[2], missing=tuple(map(str, range(30))))

    shown = gate_text(Verdict("fail"), replace(evidence, gates=(gate,)))

    assert "    MISSING  19\n    MISSING  and 10 more\n" in shown


def test_a_missing_sandbox_holds_nothing(unsandboxed: Evidence) -> None:
    assert "\nsandbox none, holding nothing\n" in gate_text(Verdict("pass"), unsandboxed)
    nowhere = replace(unsandboxed, backend="")
    assert "\nsandbox not used, holding nothing\n" in gate_text(Verdict("pass"), nowhere)
