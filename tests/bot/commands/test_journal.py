"""`changewright journal`: a run carried to another machine, and the journal looked after."""

import json
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso
from workflows.run import Event

START = {"task_key": "k", "task": {"title": "Say it", "repository": "/r"}}
FINISHED = {"state": "nothing", "verdict": "fail", "why": "nothing to do"}


def opened(state: Path) -> SqliteJournal:
    return SqliteJournal(state / "journal.sqlite", now_iso, time.time)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with one finished run in it."""
    folder = tmp_path / "state"
    with closing(opened(folder)) as journal:
        fence = journal.lease("r1", "me")
        journal.append(fence, Event("run.started", START))
        for number in range(3):
            blob = journal.put_blob(b"words %d" % number)
            journal.append(fence, Event("prompt.sent", {"conversation": blob}))
        journal.append(fence, Event("run.finished", FINISHED))
        journal.release(fence)
    return folder


def damage(state: Path) -> None:
    with closing(opened(state)) as journal, journal.database.writing() as connection:
        connection.execute("UPDATE blobs SET content = x'00' WHERE rowid = 2")


def test_a_run_is_carried_to_another_state_folder(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, elsewhere = str(tmp_path / "r1.jsonl"), str(tmp_path / "elsewhere")
    assert run(["journal", "export", "r1", "--out", path, "--state", str(state)]) == 0
    assert capsys.readouterr().out == f"{path}: run r1, 5 events, 3 blobs\n"
    assert run(["journal", "import", path, "--state", elsewhere, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"run": "r1", "entries": 5, "blobs": 3, "bundle": False, "damage": ""}
    assert run(["journal", "import", path, "--state", elsewhere]) == 0
    assert capsys.readouterr().out == "run r1: 0 new events, 0 new blobs\n"
    assert run(["runs", "--state", elsewhere]) == 0
    assert "Say it" in capsys.readouterr().out


def test_an_export_stands_beside_the_person_or_goes_down_a_pipe(
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["journal", "export", "r1", "--state", str(state), "--json"]) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert (document["path"], document["entries"], document["missing"]) == ("r1.jsonl", 5, 0)
    assert run(["journal", "export", "r1", "--out", "-", "--state", str(state)]) == 0
    assert capsysbinary.readouterr().out == (tmp_path / "r1.jsonl").read_bytes()
    assert run(["journal", "export", "r1", "--out", "-", "--json", "--state", str(state)]) == 2


def test_of_a_truncated_file_only_what_is_asked_for_is_taken(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, elsewhere = tmp_path / "r1.jsonl", str(tmp_path / "elsewhere")
    run(["journal", "export", "r1", "--out", str(path), "--state", str(state)])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + lines[4][:9])
    capsys.readouterr()
    assert run(["journal", "import", str(path), "--state", elsewhere]) == 2
    assert "line 5 is cut off" in capsys.readouterr().err
    assert run(["journal", "import", str(path), "--salvage", "--state", elsewhere]) == 0
    told = capsys.readouterr().out
    assert "run r1: 3 new events, 0 new blobs" in told
    assert "the file is damaged: line 5 is cut off; nothing from there on was taken" in told


def test_damage_is_found_and_what_is_left_is_saved(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--state", str(state)]
    assert run(["journal", "check", *at]) == 0
    assert capsys.readouterr().out.endswith("nothing is damaged\n")
    assert run(["journal", "recover", *at, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"recovered": None}
    damage(state)
    assert run(["journal", "check", *at]) == 1
    assert "r1: blob " in capsys.readouterr().out
    assert run(["journal", "check", *at, "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["damages"]
    assert found["run"] == "r1"
    assert run(["journal", "recover", *at]) == 0
    told = capsys.readouterr().out
    assert "saved 5 events of 1 runs and 2 blobs; lost 0 events and 1 blobs" in told
    assert "journal.sqlite.damaged-" in told
    assert run(["journal", "check", *at]) == 0


def test_a_file_that_cannot_be_opened_is_named_and_recovered(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "journal.sqlite").write_bytes(b"words " * 1_000)
    assert run(["journal", "check", "--state", str(state)]) == 1
    assert "`changewright journal recover`" in capsys.readouterr().out
    assert run(["runs", "--state", str(state)]) == 2
    assert "`changewright journal recover` moves it away" in capsys.readouterr().err
    assert run(["journal", "recover", "--state", str(state)]) == 0
    assert run(["runs", "--state", str(state)]) == 0


def test_old_blobs_are_dropped_by_age_and_by_size(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--state", str(state)]
    assert run(["journal", "prune", *at]) == 0
    assert capsys.readouterr().out == "dropped 0 blobs of 0 runs, 0.0 MiB\n"
    with closing(opened(state)) as journal, journal.database.writing() as connection:
        connection.execute("UPDATE events SET at = '2020-01-01T00:00:00Z'")
        connection.execute("UPDATE blob_times SET kept = '2020-01-01T00:00:00Z'")
    assert run(["journal", "prune", "--days", "1", *at, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["runs"], document["blobs"]) == (1, 3)
    assert run(["journal", "check", *at]) == 0
    capsys.readouterr()
    assert run(["journal", "prune", "--days", "-1", *at]) == 2


@pytest.mark.parametrize("command", [["export", "r1"], ["check"], ["recover"], ["prune"]])
def test_where_there_is_no_journal_none_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    state = tmp_path / "never"
    assert run(["journal", *command, "--state", str(state)]) == 2
    assert f"there is no journal {state}/journal.sqlite; look at --state" in capsys.readouterr().err
    assert not state.exists()


def test_a_run_nobody_knows_is_not_exported(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["journal", "export", "r2", "--out", str(out), "--state", str(state)]) == 2
    assert "the journal has no run 'r2'" in capsys.readouterr().err
    assert run(["journal", "export", "../r2", "--state", str(state)]) == 2
    assert "is no name of a run" in capsys.readouterr().err
    assert not out.exists()
