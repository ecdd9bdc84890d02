"""``codemod new``, ``test`` and ``run`` as they are called: codes, documents, what is written."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.cli import run
from tests.found_out import lend

pytestmark = pytest.mark.sandbox

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEWRIGHT_"):
            monkeypatch.delenv(name)
    state = lend(tmp_path / "state")
    probe = BwrapSandbox(tmp_path / "scratch", kept=state / "probes" / "bwrap.json").probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    operator = tmp_path / "operator.yml"
    operator.write_text("sandbox:\n  backends: [bwrap]\n")
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(operator))
    monkeypatch.setenv("CHANGEWRIGHT_STATE", str(state))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The program that `codemod new` writes."""
    assert run(["codemod", "new", str(tmp_path / "program")]) == 0
    return tmp_path / "program"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.py").write_text("from library import old_name\n\nold_name(1 , ( 2 ))\n")
    (folder / "b.py").write_text("# old_name\n")
    return folder


def document(capsys: Capture, *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("words", [(), ("--rule",)])
def test_what_new_writes_passes_its_own_examples(
    words: tuple[str, ...], tmp_path: Path, capsys: Capture
) -> None:
    place = str(tmp_path / "new program")
    code, told = document(capsys, "codemod", "new", place, *words)
    assert code == 0
    assert all(Path(path).is_file() for path in told["written"])
    code, told = document(capsys, "codemod", "test", place)
    assert code == 0
    assert {example["kind"] for example in told["examples"]} >= {"before", "keep"}
    assert [example["wrong"] for example in told["examples"]] == [""] * len(told["examples"])


def test_new_writes_over_nothing(program: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["codemod", "new", str(program)]) == 2
    assert "holds examples already; name a new folder" in capsys.readouterr().err


def test_an_example_that_does_not_come_out_is_shown(program: Path, capsys: Capture) -> None:
    (program / "examples" / "call.after.py").write_text("from library import new_name\n")
    (program / "examples" / "another.keep.py").write_text("old_name(1)\n")
    (program / "examples" / "rest.leave.py").write_text("x\n")
    code, told = document(capsys, "codemod", "test", str(program))
    assert code == 1
    wrong = {example["path"]: example["wrong"] for example in told["examples"]}
    assert "+print(new_name(1, two=2))  # kept" in wrong["call.before.py"]
    assert "+new_name(1)" in wrong["another.keep.py"]
    assert wrong["rest.leave.py"] == "it was not left with a reason"


def test_a_run_accounts_for_each_site_and_writes_nothing(
    program: Path, tree: Path, capsys: Capture
) -> None:
    before = (tree / "a.py").read_bytes()
    code, told = document(capsys, "codemod", "run", str(program), "--tree", str(tree))
    assert code == 0
    assert (told["expected"], told["rewritten"], told["read"]) == (3, 2, 2)
    assert told["left"] == [
        {"path": "b.py", "line": 1, "reason": "it stands in a comment", "open": False}
    ]
    assert [file["changed"] for file in told["files"]] == [True, False]
    assert (tree / "a.py").read_bytes() == before


def test_a_diff_and_what_is_written_are_the_same(
    program: Path, tree: Path, capsys: Capture
) -> None:
    capsys.readouterr()
    words = ["codemod", "run", str(program), "--tree", str(tree), "--include", "a.*"]
    assert run([*words, "--write", "--diff", "--format", "ruff format --isolated"]) == 0
    said = capsys.readouterr().out
    assert "-old_name(1 , ( 2 ))\n+new_name(1, (2))\n" in said
    assert said.endswith(
        "odd   the formatter changed 1 of 1 files once more\n"
        "2 sites expected, 2 rewritten, 0 left; 1 of 1 files written\n"
    )
    assert (tree / "a.py").read_text() == "from library import new_name\n\nnew_name(1, (2))\n"
    assert run([*words, "--write"]) == 1
    assert "SITES matches nothing in the 1 files" in capsys.readouterr().out


def test_without_a_sandbox_it_runs_when_the_user_says_so(program: Path) -> None:
    assert run(["codemod", "test", str(program), "--unsafe-no-sandbox"]) == 0


def test_a_formatter_that_fails_stops_everything(
    program: Path, tree: Path, capsys: Capture
) -> None:
    words = ["codemod", "run", str(program), "--tree", str(tree), "--write", "--format", "false"]
    assert run(words) == 2
    assert "the formatter `false` failed (failed); nothing was written" in capsys.readouterr().err
    assert "old_name" in (tree / "a.py").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workers", "0"], "--workers 0: give 1 to 64"),
        (["--timeout", "0"], "--timeout 0 is no time limit"),
        (["--format", "'"], "--format: No closing quotation"),
    ],
)
def test_wrong_use_is_refused(
    words: list[str], said: str, program: Path, tree: Path, capsys: Capture
) -> None:
    capsys.readouterr()
    assert run(["codemod", "run", str(program), "--tree", str(tree), *words]) == 2
    assert said in capsys.readouterr().err


def test_the_page_shows_the_program_that_new_writes(program: Path, root: Path) -> None:
    page = (root / "docs" / "codemods.md").read_text("utf-8")
    assert (program / "codemod.py").read_text("utf-8") in page


@pytest.mark.long
def test_the_programs_of_the_benches_pass_their_examples(root: Path, capsys: Capture) -> None:
    programs = sorted((root / "tests" / "bench" / "codemod_programs").glob("*/"))
    assert len(programs) > 10
    wrong = [program.name for program in programs if run(["codemod", "test", str(program)])]
    assert wrong == [], capsys.readouterr().out
