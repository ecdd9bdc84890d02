"""One run becomes one file, or it is said why not."""

import json
import time
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso
from workflows.recorder import Recorder, leased, recording
from workflows.task import Task


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder whose journal has one run that ended with nothing; we stand beside it."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    journal = SqliteJournal(folder / "journal.sqlite", now_iso, time.time)
    task = Task("Say <it> better", "words", "repo")
    start = {"task": task, "task_key": task.key, "base_commit": "c" * 40, "model": "scripted"}
    with recording(journal, "r1", start) as recorder:
        recorder.record("run.finished", state="nothing", verdict="fail", why="it cannot be")
    journal.close()
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_page_is_a_file_named_like_the_run(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "r1", "--state", str(state), "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    page = Path("r1.html").read_bytes()
    assert document == {"run": "r1", "state": "nothing", "path": "r1.html", "bytes": len(page)}
    assert b"Say &lt;it&gt; better" in page
    assert b"it cannot be" in page


def test_a_damaged_bundle_keeps_nobody_from_the_page(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = SqliteJournal(state / "journal.sqlite", now_iso, time.time)
    with leased(journal, "r1", "test") as fence:
        written = {"sha256": "0" * 64, "path": "r1.json", "partial": False}
        Recorder(journal, fence).record("bundle.written", **written)
    journal.close()
    (state / "bundles").mkdir()
    (state / "bundles/r1.json").write_text("{}")

    assert run(["report", "r1", "--state", str(state)]) == 0

    assert "without its bundle: " in capsys.readouterr().err
    assert "Say &lt;it&gt; better" in Path("r1.html").read_text()


def test_a_page_for_standard_output_is_all_that_is_printed(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "r1", "--state", str(state), "--out", "-"]) == 0

    said = capsys.readouterr()
    assert said.out.startswith("<!doctype html>")
    assert said.out.rstrip().endswith("</html>")
    assert not [*Path().glob("r*.*")]


def test_the_spans_of_a_run_are_a_file_of_one_line(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "r1", "--state", str(state), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    line = Path("r1.traces.jsonl").read_bytes()
    told = {"bytes": len(line), "spans": line.count(b'"spanId"'), "sent": False}
    assert document == {"run": "r1", "path": "r1.traces.jsonl", **told}

    assert run(["trace", "r1", "--state", str(state), "--out", "-"]) == 0
    assert capsys.readouterr().out.encode() == line
    assert "resourceSpans" in json.loads(line)


@pytest.mark.parametrize("command", ["report", "trace"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["r9"], "the journal has no run 'r9'; `changewright runs` lists them"),
        (["../r1"], "is no name of a run"),
        (["r1", "--out", "-", "--json"], "both want standard output"),
        (["r1", "--out", "no/such/folder/x.html"], "there is no folder"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    state: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str, command: str
) -> None:
    assert run([command, *words, "--state", str(state)]) == 2

    assert told in capsys.readouterr().err
    assert not [*Path().glob("r*.*")]
