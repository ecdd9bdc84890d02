"""The list of runs shows runs, whatever else the journal holds."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


def test_a_paused_campaign_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite", now_iso, time.time)
    LocalEngine(journal, "me").pause("abc")
    journal.close()

    assert run(["runs", "--state", str(tmp_path)]) == 0

    assert capsys.readouterr().out.startswith("no runs yet")


def test_a_run_that_was_cut_off_is_told_with_how_to_finish_it(desk: "Desk") -> None:
    _, document = desk.propose("bad", "good")
    name = document["run"]
    desk.cut_off(name, "attempt.finished")

    assert desk.run("runs") == 0
    assert f"{name}  cut off    -              attempts 1" in desk.said
    assert f"finish what was cut off with: changewright resume {name}" in desk.noted
    _, listed = desk.ask("runs")
    assert (listed["cut_off"], listed["runs"][0]["state"]) == ([name], "running")
    with desk.journal() as journal:
        journal.lease(name, "somebody")
        assert desk.run("runs") == 0
        assert f"{name}  running " in desk.said
        assert "finish what" not in desk.noted


def test_a_bundle_is_named_while_it_is_there(desk: "Desk") -> None:
    _, document = desk.propose("good")

    assert desk.ask("runs")[1]["runs"][0]["bundle"] == document["bundle"]
    Path(document["bundle"]).unlink()
    assert desk.ask("runs")[1]["runs"][0]["bundle"] == ""


def test_replies_that_were_lost_are_counted(desk: "Desk") -> None:
    _, document = desk.propose("good")
    desk.cut_off(document["run"], "budget.reserved")
    desk.propose("good")

    (listed,) = desk.ask("runs")[1]["runs"]
    assert (listed["state"], listed["lost_replies"]) == ("proposed", 1)


def test_streams_of_a_migration_are_no_runs(desk: "Desk") -> None:
    words = ("--rule", "sed -i s/$/!/", "--on", "*.txt", "--shard", "directory")
    _, made = desk.ask("migrate", *words, "--unsafe-no-sandbox")

    listed = {run["id"] for run in desk.ask("runs")[1]["runs"]}

    assert listed == {target["run"] for target in made["targets"]}
    assert len(desk.ask("runs", "--limit", "2")[1]["runs"]) == 2
    assert len(desk.ask("runs", "--limit", "1")[1]["runs"]) == 1
    assert len(desk.ask("runs", "--limit", "0")[1]["runs"]) == 2
