"""A command that fails under ``--json`` prints one document of its error, whichever it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import program, run

Capture = pytest.CaptureFixture[str]

# Each is refused for what the words are about, in a folder without a repository, beside a file that
# is no state folder.
REFUSED = {
    "init": "",
    "doctor": "--config --base gone",
    "scope": "--task words",
    "propose": "--task words",
    "resume": "gone",
    "publish": "gone.json",
    "apply": "--tree . gone.txt",
    "gate": "",
    "verify": "gone.json",
    "migrate": "--on *.txt --rule true",
    "migrate check": "gone.yml",
    "migrate sample": "1 gone.yml",
    "migrate sweep": "gone.yml",
    "migrate preview": "gone",
    "migrate publish": "gone",
    "migrate status": "gone",
    "migrate pause": "gone",
    "migrate resume": "gone",
    "migrate cancel": "gone",
    "review collect": "",
    "review comment": "1 --words words",
    "review expire": "",
    "review list": "",
    "review resolve": "1 t1",
    "review threads": "1",
    "review show": "1",
    "review accept": "1",
    "review reject": "1 --reason wrong",
    "review request-changes": "1 --words words",
    "runs": "--state file",
    "report": "gone",
    "serve": "--host 192.0.2.1",
    "show": "gone",
    "replay": "gone",
    "trace": "gone",
    "codemod new": "file",
    "codemod test": "gone.py",
    "codemod run": "gone.py",
    "index": "",
    "query": "definition words",
    "metrics": "--state file",
    "learn": "",
    "sandbox run": "--unsafe-no-sandbox -- true",
    "sandbox probe": "--state file",
    "sandbox setup": "--state file",
    "journal export": "gone",
    "journal import": "gone.jsonl",
    "journal check": "--state file",
    "journal recover": "--state file",
    "journal prune": "--days 1 --state file",
}


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the name of each command that takes ``--json``."""
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))
    if any("--json" in one.opts for one in command.params):
        yield " ".join(words)


@pytest.fixture(autouse=True)
def in_a_bare_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "states"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder\n")


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_a_refusal_is_a_document_and_words(name: str, words: str, capsys: Capture) -> None:
    code = run([*name.split(), "--json", *words.split()])

    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert error == {"kind": "refusal", "message": error["message"], "exit_code": code}
    assert code == 2
    assert said.err == f"changewright: {error['message']}\n"


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_use_is_a_document_and_words(name: str, capsys: Capture) -> None:
    code = run([*name.split(), "--none", "--json"])

    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert error == {"kind": "usage", "message": error["message"], "exit_code": code}
    assert code == 2
    assert "--none" in error["message"]
    assert said.err.endswith(f"Error: {error['message']}\n")


def test_every_command_that_prints_a_document_is_refused_here() -> None:
    assert set(commands(program)) == set(REFUSED)
