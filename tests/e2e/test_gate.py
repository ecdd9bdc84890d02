"""``gate`` alone, as any CI would call it: where it looks, what it says, which files it leaves."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from tests.e2e.conftest import CHANGEWRIGHT

pytestmark = pytest.mark.sandbox

Git = Callable[..., str]
CONFIG = ".github/changewright.yml"
RED = "! grep -rqF FORBIDDEN --include=*.txt ."


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def gate(environment: Mapping[str, str], tmp_path: Path) -> Callable[..., Said]:
    """The command, called in a folder of its own, with what is piped to neither side a terminal."""

    def run(cwd: Path, *words: str | Path, **more: str) -> Said:
        done = subprocess.run(
            [str(CHANGEWRIGHT), "gate", *map(str, words)],
            cwd=cwd,
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


Gate = Callable[..., Said]


@pytest.fixture
def target(tmp_path: Path, git: Git) -> Path:
    """A repository with one declared gate, no set-up, and a change that the gate does not like."""
    folder = tmp_path / "target"
    rules = {"setup": {"run": []}, "gates": [{"name": "words", "kind": "test", "run": RED}]}
    for path, text in {CONFIG: json.dumps(rules), "a.txt": "one\n", "in/b.txt": "one\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    (folder / "a.txt").write_text("FORBIDDEN\n")
    return folder


def test_every_report_of_one_judgement_says_the_same(
    gate: Gate, target: Path, tmp_path: Path
) -> None:
    places = {name: tmp_path / f"gate.{name}" for name in ("sarif", "junit", "summary")}
    options = [word for name, place in places.items() for word in (f"--{name}", place)]

    said = gate(target, "--json", *options)

    assert said.code == 1, said.err
    document = json.loads(said.out)
    assert document["verdict"] == "fail"
    codes = {f"{found['gate']}/{found['code']}" for found in document["findings"]}
    sarif = json.loads(places["sarif"].read_text())
    (run,) = sarif["runs"]
    assert {result["ruleId"] for result in run["results"]} == codes
    assert run["properties"]["evidence"] == document["evidence"]
    suites = fromstring(places["junit"].read_bytes())
    failed = {case.get("classname") for case in suites.iter("testcase") if case.find("failure")}
    assert failed <= codes | {"words"}
    assert {case.get("classname") for case in suites.iter("testcase")} >= codes
    summary = places["summary"].read_text()
    assert summary.startswith("## changewright gate: fail\n")
    assert document["evidence"].removeprefix("sha256:") in summary
    assert places["sarif"].stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("where", ["", "in", ".github"])
def test_it_judges_the_repository_it_is_called_in(gate: Gate, target: Path, where: str) -> None:
    said = gate(target / where, GIT_DIR="/nonexistent", GIT_WORK_TREE="/nonexistent")

    assert said.code == 1, said.err
    assert said.out.startswith("verdict: fail\n")
    assert "\x1b" not in said.out + said.err


def test_a_linked_work_tree_is_judged_by_what_lies_in_it(
    gate: Gate, target: Path, git: Git, tmp_path: Path
) -> None:
    git(target, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    (tmp_path / "linked/b.txt").write_text("two\n")

    said = gate(tmp_path / "linked", "--json", "--kind", "feature")

    assert said.code == 0, said.out + said.err
    document = json.loads(said.out)
    assert (document["verdict"], document["kind"]) == ("pass", "feature")


def test_outside_of_any_repository_it_says_so(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = gate(tmp_path / "empty")

    assert said.code == 2
    assert "is not in a git repository" in said.err.splitlines()[0]


def test_a_kind_that_there_is_not_is_wrong_use(gate: Gate, target: Path) -> None:
    said = gate(target, "--kind", "chore")

    assert said.code == 2
    assert "kind" in said.err
    assert "feature" in said.err


def test_the_summary_can_be_printed_but_not_beside_a_document(gate: Gate, target: Path) -> None:
    printed = gate(target, "--summary", "-", "--quiet")
    assert printed.code == 1
    assert printed.out.startswith("## changewright gate: fail\n")
    assert "verdict: fail" not in printed.out

    both = gate(target, "--summary", "-", "--json")
    assert both.code == 2
    assert "standard output has room for one" in both.err


def test_a_report_is_never_written_through_a_link_of_the_change(
    gate: Gate, target: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("mine\n")
    (target / "reports").symlink_to(tmp_path)

    said = gate(target, "--sarif", "reports/secret")

    assert (said.code, said.out) == (2, "")
    assert "is a link in the repository" in said.err
    assert (tmp_path / "secret").read_text() == "mine\n"


def test_a_project_that_declares_nothing_is_looked_at_set_up_and_judged(
    gate: Gate, project: Path, tmp_path: Path
) -> None:
    source = (project / "tally.py").read_text()
    (project / "tally.py").write_text(source.replace('len(text.split(" "))', "len(text.split())"))
    tests = (project / "tests/test_tally.py").read_text()
    mended = "\n\ndef test_two_spaces():\n    assert tally.words('one  two') == 2\n"
    (project / "tests/test_tally.py").write_text(tests + mended)

    said = gate(project, "--json", "--junit", tmp_path / "junit.xml")

    assert said.code == 0, said.out + said.err
    assert re.search(r"^detected: tests from .*pytest", said.err, re.MULTILINE)
    assert "detected: set-up: uv pip install " in said.err
    document: Any = json.loads(said.out)
    assert [test.rpartition("::")[2] for test in document["tests"]["fail_to_pass"]] == [
        "test_two_spaces"
    ]
    suites = fromstring((tmp_path / "junit.xml").read_bytes())
    names = {case.get("name") for case in suites.iter("testcase")}
    assert {"test_two_words", "test_lines", "test_two_spaces"} <= names
