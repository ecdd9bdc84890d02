"""Arguments to a command, and whatever comes back to an exit code and a message."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import program, run
from bot.commands import options
from scoping.refusal import Refusal

Capture = pytest.CaptureFixture[str]
HIDDEN = "value-of-a-variable"


@click.command()
@click.argument("how", default="")
@click.option("--code", type=int, default=0)
@options.json("lists")
def trial(how: str, code: int, json_form: str) -> int:
    """Fail as told."""
    if how == "refuse":
        raise Refusal("no \x1b[2J; do that instead")
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "abort":
        raise click.Abort
    if how == "bug":
        _fail(HIDDEN)
    click.echo(json.dumps([how, json_form]))
    return code


def _fail(hidden: str) -> None:
    raise LookupError(hidden)


@pytest.fixture(autouse=True)
def with_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program.add_command(trial)
    yield
    program.commands.pop("trial")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["trial"], 0),
        (["trial", "--code=1"], 1),
        (["trial", "refuse"], 2),
        (["trial", "--none"], 2),
        (["none"], 2),
        ([], 2),
        (["trial", "bug"], 3),
        (["trial", "interrupt"], 130),
        (["trial", "abort"], 130),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_each_end_has_its_exit_code(words: list[str], code: int) -> None:
    assert run(words) == code


def test_a_refusal_is_a_sentence_on_standard_error(capsys: Capture) -> None:
    run(["trial", "refuse"])

    assert capsys.readouterr() == ("", "changewright: no \\x1b[2J; do that instead\n")


def test_wrong_use_shows_no_escape_sequence(capsys: Capture) -> None:
    run(["trial", "--\x1b[2J"])

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: changewright trial")
    assert "\\x1b[2J" in said.err
    assert "\x1b" not in said.err


def test_an_interruption_says_what_is_kept(capsys: Capture) -> None:
    run(["trial", "interrupt"])

    said = capsys.readouterr().err.strip()
    assert said == "changewright: interrupted; what was finished is in the journal"


def test_a_bug_leaves_a_report_without_values(capsys: Capture, tmp_path: Path) -> None:
    run(["trial", "bug"])

    said = capsys.readouterr()
    place = re.search(r"is in (\S+);", said.err)
    assert place is not None
    report = Path(place[1])
    assert report.is_relative_to(tmp_path)
    assert report.parent.stat().st_mode & 0o777 == 0o700
    text = report.read_text()
    assert "builtins.LookupError" in text
    assert "raise LookupError(hidden)" in text
    assert HIDDEN not in text
    assert "Python 3." in text


@pytest.mark.parametrize(
    ("words", "how", "form"),
    [
        (["--json", "word"], "word", "document"),
        (["word", "--json"], "word", "document"),
        (["--json=lists", "word"], "word", "lists"),
        (["--json"], "", "document"),
        (["--", "--json"], "--json", ""),
        (["word"], "word", ""),
    ],
)
def test_json_never_takes_the_next_word(
    words: list[str], how: str, form: str, capsys: Capture
) -> None:
    assert run(["trial", *words]) == 0
    assert json.loads(capsys.readouterr().out) == [how, form]


def test_an_unknown_form_of_json_is_wrong_use(capsys: Capture) -> None:
    assert run(["trial", "--json=list"]) == 2
    assert "'list' is no form of it; write --json=lists" in capsys.readouterr().err
