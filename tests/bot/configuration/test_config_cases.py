"""The threat cases about configuration, each held by what is checked here in our own words.

The cases are development data and no part of the project: here are their ids alone, which are
compared with those in the folder that CHANGEWRIGHT_DEV_DATA names, where there is one.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.configuration.values import SettingsRefusal
from bot.pages.gates import gate_text
from bot.pages.pull_request import pull_request_text
from bot.settings import Settings, Sources, load
from scoping.globs import chosen
from tests.validators.threats.cases import ids
from validators.evidence import Evidence, GateRecord
from validators.verdict import Verdict
from workflows.proposal import Attempt, Proposal
from workflows.task import Task

FILE = ".github/changewright.yml"


def settled(target: str | None, operator: Path | None = None) -> Settings:
    document = None if target is None else target.encode()
    return load(Sources({}, Path("/state"), operator, document))


def refused(target: str) -> str:
    with pytest.raises(SettingsRefusal) as caught:
        settled(target)
    return str(caught.value)


def a_file_that_is_wrong_fails_closed_by_its_line(_folder: Path) -> None:
    """Missing or empty, the strictest default counts; anything unknown is refused by its line."""
    assert settled(None).rules == settled("").rules
    assert settled(None).rules.protected.policy == "block"
    for document, line in (
        ("protected:\n  paths: []\n  polcy: allow", 3),
        ("protected:\n  policy: warn", 2),
        ("max_attempts: lots", 1),
        ("a: &a [x]\nb: [*a, *a, *a]", 1),
        ("max_attempts: 1\n\nmax_attempts: 2", 3),
    ):
        assert refused(document).startswith(f"{FILE}:{line}: ")


def a_pattern_is_read_as_the_page_says(_folder: Path) -> None:
    """As in .gitignore; test_patterns.py asks git about each of more than fifty pairs."""
    for pattern, path, is_meant in (
        ("*.py", "deep/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/a.py", True),
        ("{a,b}.py", "a.py", False),
        ("/a.py", "deep/a.py", False),
        ("A.py", "a.py", False),
        ("\\*.py", "a.py", False),
    ):
        include = settled(f"scope: {{include: ['{pattern}']}}").scope.include
        assert chosen(include, ())(path) is is_meant


def a_gate_that_is_switched_off_is_said_wherever_a_person_decides(folder: Path) -> None:
    """The operator may, the target may for its own; settings, terminal and pull request say so."""
    path = folder / "config.yml"
    path.write_text("gates: [{name: lint, kind: lint, run: [ruff], required: false}]")
    found = settled("gates: [{name: lint, kind: lint, run: [ruff]}]", path)
    (gate,) = found.rules.gates
    assert not gate.required
    assert found.warnings == (f"target {FILE}:1: the gate 'lint' is the operator's; that counts",)
    record = GateRecord(gate.name, gate.kind, gate.run, gate.required, "fail", None, None)
    evidence = Evidence("c" * 40, "a" * 40, "b" * 40, "", "", "bwrap", (), (record,), ())
    attempt = Attempt(1, Verdict("pass"), evidence=evidence)
    proposal = Proposal("r1", Task("t", "b", "r"), "c" * 40, "claude", (), (attempt,), "")
    assert "off by config" in gate_text(Verdict("pass"), evidence)
    assert "off by config" in pull_request_text(proposal, evidence, ()).body


HELD_BY: Mapping[str, Callable[[Path], None]] = {
    "CFG-01": a_file_that_is_wrong_fails_closed_by_its_line,
    "CFG-03": a_pattern_is_read_as_the_page_says,
    "CFG-04": a_gate_that_is_switched_off_is_said_wherever_a_person_decides,
}


@pytest.mark.parametrize("case", HELD_BY)
def test_a_case_about_configuration_is_held(case: str, tmp_path: Path) -> None:
    HELD_BY[case](tmp_path)


def test_every_case_about_configuration_that_the_development_data_knows_is_here() -> None:
    assert ids("config") <= HELD_BY.keys()
