"""An older journal is brought up to date once, with a copy kept, or stays as it was."""

import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.integrity import check
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import LIMIT_S, all_ended
from validators.encoding import digest, encode
from workflows.ports import Held, JournalRefusal
from workflows.run import Event

ROOT = Path(__file__).parents[3]
APPLICATION = 0x43687774
# As the first released journal was made.
FIRST = """
PRAGMA journal_mode = WAL;
CREATE TABLE runs (run TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    token INTEGER NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (run), at TEXT NOT NULL, event BLOB NOT NULL);
CREATE INDEX events_of_run ON events (run, position);
CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
PRAGMA user_version = 1;
"""
WORDS = b"words of a conversation " * 1000
OPENER = """
import sys
from pathlib import Path
from bot.adapters.sqlite_journal.journal import SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]), lambda: "now", lambda: 0.0)
sys.stdin.readline()
print(len(journal.read("run-1")))
journal.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of schema 1 with one run in it."""
    import zlib  # noqa: PLC0415

    place = tmp_path / "state" / "journal.sqlite"
    place.parent.mkdir()
    event = encode(Event("prompt.sent", {"conversation": digest(WORDS)}))
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(FIRST)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("INSERT INTO runs VALUES ('run-1', 1, 3, 'me', 1000.0)")
        rows = [("run-1", "2026-11-01T00:00:00Z", event)] * 200
        connection.executemany("INSERT INTO events (run, at, event) VALUES (?, ?, ?)", rows)
        values = (digest(WORDS), zlib.compress(WORDS))
        connection.execute("INSERT INTO blobs VALUES (?, ?)", values)
        connection.commit()
    return place


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found


def test_an_older_journal_is_migrated_and_its_copy_kept(path: Path) -> None:
    with closing(SqliteJournal(path, lambda: "now", lambda: 500.0)) as journal:
        assert len(journal.read("run-1")) == 200
        assert journal.get_blob(digest(WORDS)) == WORDS
        assert list(check(journal.database)) == []
        # Of a lease of that time nobody knows the process: it is waited for.
        with pytest.raises(Held, match="a process of another machine or container"):
            journal.lease("run-1", "me")
    with closing(SqliteJournal(path, lambda: "now", lambda: 1000.0)) as journal:
        journal.append(journal.lease("run-1", "me"), Event("run.finished"))
    backup = path.with_name("journal.sqlite.v1.backup")
    assert (version(path), version(backup)) == (2, 1)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (200,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [file.name for file in path.parent.iterdir() if "unfinished" in file.name] == []


def test_processes_that_start_at_once_migrate_once(path: Path) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    with all_ended(openers):
        for process in openers:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in openers:
            out, _ = process.communicate(timeout=LIMIT_S)
            assert (process.returncode, out) == (0, "200\n")
    assert version(path) == 2
    assert version(path.with_name("journal.sqlite.v1.backup")) == 1


def test_a_program_of_that_time_goes_on_while_another_migrates(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as older:
        older.execute("SELECT count(*) FROM runs").fetchone()
        with closing(SqliteJournal(path, lambda: "now", time.time)) as journal:
            fence = journal.lease("run-2", "me")
            # Its statements, word for word.
            older.execute(
                "INSERT INTO runs VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM runs),"
                " ?2, ?3, ?4) ON CONFLICT (run) DO UPDATE SET token = ?2, owner = ?3, expires = ?4",
                ("run-2", fence.token + 1, "older", time.time() + 60),
            )
            older.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", ("0" * 64, b""))
            # This process's name stands beside another's token: it says nothing of that lease.
            with pytest.raises(Held, match="older"):
                journal.lease("run-2", "older")


def test_a_migration_that_fails_leaves_the_journal_as_it_was(path: Path) -> None:
    size = path.stat().st_size
    limited = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size // 2},) * 2)\n{OPENER}"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(path)],
        input="go\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=LIMIT_S,
    )
    assert "JournalRefusal" in done.stderr
    assert "look at its disk (full" in done.stderr or "free some space" in done.stderr
    assert version(path) == 1
    assert [f.name for f in path.parent.iterdir() if "backup" in f.name] == []
    with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal:
        assert len(journal.read("run-1")) == 200


def test_a_backup_that_cannot_be_put_in_its_place_stops_the_migration(path: Path) -> None:
    (path.with_name("journal.sqlite.v1.backup") / "in the way").mkdir(parents=True)
    with (
        closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal,
        pytest.raises(JournalRefusal, match="make the file and its folder writable"),
    ):
        journal.runs()
    assert version(path) == 1
    assert [file.name for file in path.parent.iterdir() if "unfinished" in file.name] == []
