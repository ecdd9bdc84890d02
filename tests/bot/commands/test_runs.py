"""The list of runs shows runs, whatever else the journal holds."""

import time
from pathlib import Path

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso


def test_a_paused_campaign_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite", now_iso, time.time)
    LocalEngine(journal, "me").pause("abc")
    journal.close()

    assert run(["runs", "--state", str(tmp_path)]) == 0

    assert capsys.readouterr().out.startswith("no runs yet")
