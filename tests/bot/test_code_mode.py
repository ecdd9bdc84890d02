"""Code mode as an operator turns it on: one variable, the same commands."""

import json
from pathlib import Path

import pytest

from bot.code_mode import code_mode
from bot.wiring import open_bench
from tests.bot.commands.conftest import Desk, laid_out

SNIPPETS = (
    "bad = [path for path in files('*.txt') if 'one' in read(path)]\nprint(bad)",
    "for path in bad:\n    edit(path, 'one', 'good')\nfinish('It says good now.')",
)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return laid_out(tmp_path, capsys)


def test_a_change_is_proposed_by_snippets(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ACTION", "code")
    look, mend = ({"calls": [{"name": "run_code", "arguments": {"code": one}}]} for one in SNIPPETS)
    turns = [look, {**mend, "expect": ["['data/one.txt']"]}]
    script = desk.folder / "script.json"
    script.write_text(json.dumps({"replies": turns}))
    model = f"--model=scripted:{script}"

    code, found = desk.ask("propose", "--task", "Say it better", "--unsafe-no-sandbox", model)

    assert code == 0, desk.noted
    assert found["attempts"][0]["summary"] == "It says good now."
    assert [one["path"] for one in found["attempts"][0]["edits"]] == ["data/one.txt"]
    assert "  snippet   ok, 2 calls, 1 edits" in desk.noted


@pytest.mark.sandbox
def test_cpython_needs_the_sandbox(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ACTION", "code")
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_INTERPRETER", "cpython")

    code = desk.run("propose", "--task", "Say it", "--unsafe-no-sandbox", desk.replies("good"))
    assert code == 2
    assert "model.interpreter: cpython has no wall but the sandbox" in desk.noted

    with open_bench(desk.repo, "main", {"state": desk.state}, unsafe=False) as bench:
        mode = code_mode(bench)
    assert mode is not None
    assert mode.interpreter.name == "cpython"


def test_a_mode_that_there_is_not_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_INTERPRETER", "jupyter")

    assert desk.run("propose", "--task", "Say it better", "--model=scripted:none") == 2
    assert "monty" in desk.noted
