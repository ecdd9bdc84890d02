"""Code mode as an operator turns it on: one variable, the same commands."""

import json
import sys
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.blob_names import kept_by
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
    assert "  snippet   ok, 2 calls, 1 edit (" in desk.noted


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
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_INTERPRETER", "restricted")

    assert desk.run("propose", "--task", "Say it better", "--model=scripted:none") == 2
    assert "monty" in desk.noted


LYING = Path(__file__).resolve().parent / "adapters/lying_tool_server.py"


def servers_in(desk: Desk, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Set up a server of tools in the operator's file, with a secret of its own."""
    weather = {
        "command": [str(Path(sys.executable).resolve()), str(LYING), way],
        "read_only": ["forecast"],
        "env": {"KEY": "${WEATHER_KEY}"},
        "folders": [str(LYING.parent)],
        "tree": True,
    }
    path = desk.folder / "config.yml"
    path.write_text(json.dumps({"mcp": {"servers": {"weather": weather}}}))
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(path))
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ACTION", "code")


@pytest.mark.sandbox
@pytest.mark.long
@pytest.mark.parametrize(
    ("way", "printed"),
    [("secret", "my key is [secret]"), ("reaches", '"repository": [".github", "data", "docs"]')],
)
def test_a_snippet_asks_a_server_of_the_operators(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, way: str, printed: str
) -> None:
    servers_in(desk, monkeypatch, way)
    monkeypatch.setenv("WEATHER_KEY", "Correct-Horse-7-Battery")
    snippets = ("print(weather.forecast(city='Bern'))", SNIPPETS[0], SNIPPETS[1])
    calls = [{"calls": [{"name": "run_code", "arguments": {"code": one}}]} for one in snippets]
    script = desk.folder / "script.json"
    script.write_text(
        json.dumps({"replies": [calls[0], {**calls[1], "expect": [printed]}, calls[2]]})
    )

    code, found = desk.ask("propose", "--task", "Say it better", f"--model=scripted:{script}")

    assert code == 0, desk.noted
    assert "tools       1 of other programs" in desk.noted
    with desk.journal() as journal:
        entries = list(journal.read(found["run"]))
        kept = b"".join(
            journal.get_blob(name) for one in entries for name in kept_by(one.event.data)
        )
    assert b"Correct-Horse" not in kept + repr(entries).encode() + desk.noted.encode()


@pytest.mark.parametrize(
    ("key", "sandbox", "words"),
    [
        (None, (), "mcp.servers.weather.env: nothing is set for KEY; set the variable that"),
        ("t-1", ("--unsafe-no-sandbox",), "a server of mcp.servers has no wall but the sandbox"),
    ],
)
def test_a_server_that_cannot_be_started_as_it_should_is_told_before_a_model_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, key: str | None, sandbox: tuple[str], words: str
) -> None:
    servers_in(desk, monkeypatch, "honest")
    if key:
        monkeypatch.setenv("WEATHER_KEY", key)

    code = desk.run("propose", "--task", "Say it better", *sandbox, desk.replies("good"))

    assert code == 2
    assert words in desk.noted
