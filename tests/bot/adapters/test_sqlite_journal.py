"""The journal's file: many processes at once, sudden deaths, damage, and disks that say no."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.schema import SCHEMA_VERSION
from tests.ending import LIMIT_S, all_ended, ended, exit_code
from workflows.ports import JournalRefusal
from workflows.run import Event

WRITER = """
import sys
from pathlib import Path
from bot.adapters.sqlite_journal.journal import SqliteJournal
from workflows.run import Event
journal = SqliteJournal(Path(sys.argv[1]), lambda: "now", lambda: 0.0)
run, count = sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
fence = journal.lease(run, run)
for number in range(count):
    blob = journal.put_blob(b"%d of " % number + run.encode())
    position = journal.append(fence, Event("prompt.sent", {"n": number, "blob": blob})).position
    print(position, flush=True)
journal.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as opened:
        yield opened


def writer(path: Path, run: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), run, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def refusal(path: Path) -> str:
    with (
        closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal,
        pytest.raises(JournalRefusal) as caught,
    ):
        journal.append(journal.lease("run-1", "me"), Event("run.started"))
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- many processes -------------------------------------------------------------------------------


def test_eight_processes_begin_one_journal_and_write_it_at_once(
    path: Path, journal: SqliteJournal
) -> None:
    told: list[int] = []
    with all_ended(writer(path, f"run-{n}", 40) for n in range(8)) as writers:
        # All are started before any may write: the file itself is what they race for first.
        for process in writers:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in writers:
            out, _ = process.communicate(timeout=LIMIT_S)
            assert process.returncode == 0
            told += [int(line) for line in out.split()]
    entries = list(journal.follow())
    assert sorted(told) == [entry.position for entry in entries]
    assert len(entries) == 320
    for n in range(8):
        written = [entry.event.data for entry in journal.read(f"run-{n}")]
        assert [data["n"] for data in written] == list(range(40))
        assert journal.get_blob(written[7]["blob"]) == f"7 of run-{n}".encode()
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


def test_who_comes_second_uses_what_the_first_began(path: Path) -> None:
    together = threading.Barrier(8)

    def begin(number: int) -> str:
        with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal:
            together.wait(LIMIT_S)
            return journal.put_blob(b"%d" % number)

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(begin, range(8)))
    with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal:
        assert [journal.get_blob(name) for name in names] == [b"%d" % n for n in range(8)]


def test_a_writer_killed_in_the_act_leaves_all_it_told_of(
    path: Path, journal: SqliteJournal
) -> None:
    told = 0
    for round_number in range(3):
        with ended(writer(path, "run-1", 100_000)) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            for _ in range(20 + 7 * round_number):
                told = int(process.stdout.readline())
        entries = journal.read("run-1")
        assert entries[-1].position >= told
        assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
        assert journal.get_blob(entries[-1].event.data["blob"])
    fence = journal.lease("run-1", "run-1")
    assert journal.append(fence, Event("run.finished")).position == len(entries) + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_child_that_inherits_a_journal_opens_its_own(journal: SqliteJournal) -> None:
    fence = journal.lease("run-1", "me")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            journal.append(fence, Event("run.started"))
            journal.close()
            code = 0
        finally:
            os._exit(code)
    assert exit_code(child) == 0
    journal.append(fence, Event("run.finished"))
    assert len(journal.read("run-1")) == 2


def test_a_closed_journal_opens_again(journal: SqliteJournal) -> None:
    fence = journal.lease("run-1", "me")
    journal.close()
    journal.close()
    journal.append(fence, Event("run.started"))
    assert len(journal.read("run-1")) == 1


# --- whose file -----------------------------------------------------------------------------------


def test_only_its_owner_may_read_it(path: Path, journal: SqliteJournal) -> None:
    before = os.umask(0)
    try:
        journal.put_blob(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}


def test_the_file_is_not_touched_before_it_is_used(path: Path) -> None:
    SqliteJournal(path, lambda: "now", lambda: 0.0).close()
    assert not path.parent.exists()


# --- damage ---------------------------------------------------------------------------------------


def alter(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount in {1, -1}


@pytest.mark.parametrize("content", [b"", b"not compressed", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_blob_is_refused(path: Path, journal: SqliteJournal, content: bytes) -> None:
    name = journal.put_blob(b"words")
    alter(path, "UPDATE blobs SET content = ? WHERE sha256 = ?", content, name)
    with pytest.raises(JournalRefusal, match=f"blob {name} is damaged; look what else"):
        journal.get_blob(name)


def test_a_journal_that_is_removed_in_the_middle_of_a_run_ends_it(
    path: Path, journal: SqliteJournal
) -> None:
    fence = journal.lease("run-1", "me")
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    for attempt in (
        lambda: journal.append(fence, Event("run.started")),
        lambda: journal.read("run-1"),
        lambda: journal.lease("run-2", "me"),
    ):
        with pytest.raises(JournalRefusal, match="was removed, replaced or cut short"):
            attempt()
    with ThreadPoolExecutor(1) as pool, pytest.raises(JournalRefusal, match="was removed"):
        pool.submit(journal.put_blob, b"x").result()
    assert not path.parent.exists()


def test_a_journal_that_is_replaced_or_emptied_in_the_middle_of_a_run_ends_it(
    path: Path, journal: SqliteJournal
) -> None:
    fence = journal.lease("run-1", "me")
    journal.append(fence, Event("run.started"))
    for file in path.parent.iterdir():
        file.rename(file.with_name(file.name.replace("journal", "elsewhere")))
    with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as other:
        other.append(other.lease("run-1", "me"), Event("run.started"))
        with pytest.raises(JournalRefusal, match="was removed, replaced or cut short"):
            journal.append(fence, Event("run.finished"))
        journal.close()
        with pytest.raises(JournalRefusal, match="was removed, replaced or cut short"):
            journal.append(fence, Event("run.finished"))
        assert len(other.read("run-1")) == 1
        os.truncate(path, 0)
        with pytest.raises(JournalRefusal, match="was removed, replaced or cut short"):
            other.put_blob(b"x")


def test_what_a_removed_journal_left_is_no_part_of_a_new_one(
    path: Path, journal: SqliteJournal
) -> None:
    journal.append(journal.lease("run-1", "me"), Event("run.started"))
    path.unlink()
    assert "is gone, but journal.db-wal beside it holds what was last written" in refusal(path)
    assert not path.exists()


@pytest.mark.parametrize("event", [b"{", b'{"kind": "tomorrow.begun", "data": {}}', b"[]"])
def test_an_entry_that_cannot_be_read_is_refused(
    path: Path, journal: SqliteJournal, event: bytes
) -> None:
    journal.append(journal.lease("run-1", "me"), Event("run.started"))
    alter(path, "UPDATE events SET event = ?", event)
    with pytest.raises(JournalRefusal, match="entry 1 of run run-1 cannot be read"):
        journal.read("run-1")


def test_a_newer_journal_is_refused(path: Path, journal: SqliteJournal) -> None:
    journal.put_blob(b"x")
    journal.close()
    alter(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert "written by a newer changewright (its schema is 3, this one knows 2)" in refusal(path)


def test_another_programs_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    alter(path, "CREATE TABLE songs (name TEXT)")
    assert "is not a journal of changewright; use another --state" in refusal(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"words " * 1000)
    assert (
        "file is not a database; this is no journal; `changewright journal recover` moves"
        in refusal(path)
    )


def test_a_file_that_was_cut_to_nothing_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"")
    assert "is empty, which no journal is: it was cut short" in refusal(path)


def test_a_file_with_damaged_pages_is_refused(path: Path, journal: SqliteJournal) -> None:
    fence = journal.lease("run-1", "me")
    for number in range(200):
        journal.append(fence, Event("prompt.sent", {"words": "word " * 50, "n": number}))
    journal.close()
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)
    assert "malformed; the file is damaged; save what can be read of it" in refusal(path)


# --- disks that say no ----------------------------------------------------------------------------


def test_a_full_disk_is_said_and_survived(journal: SqliteJournal) -> None:
    fence = journal.lease("run-1", "me")
    journal.append(fence, Event("run.started"))
    connection = journal._database._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalRefusal, match="full; free some space on its disk"):
        journal.append(fence, Event("prompt.sent", {"words": "word " * 10_000}))
    connection.execute("PRAGMA max_page_count = 100000")
    journal.append(fence, Event("prompt.sent", {"words": "word " * 10_000}))
    assert len(journal.read("run-1")) == 2


def test_a_file_size_limit_is_said(path: Path) -> None:
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
        + WRITER.replace("run.encode()", "run.encode() + __import__('os').urandom(9000)")
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(path), "run-1", "100"],
        input="go\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        timeout=LIMIT_S,
    )
    assert "JournalRefusal" in done.stderr
    assert "look at its disk (full" in done.stderr or "free some space" in done.stderr
    with closing(SqliteJournal(path, lambda: "now", lambda: 0.0)) as journal:
        assert [e.position for e in journal.read("run-1")] == [int(n) for n in done.stdout.split()]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/changewright")):
        assert "make the file and its folder writable for you" in refusal(folder / "journal.db")


def test_a_file_that_another_holds_for_long_is_refused(path: Path, journal: SqliteJournal) -> None:
    journal.put_blob(b"x")
    journal._database._connection().execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalRefusal, match="another process has been writing for long"):
            journal.put_blob(b"y")
        assert journal.runs() == []
        holder.execute("ROLLBACK")
    journal.put_blob(b"y")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where it may not")
def test_a_read_only_folder_is_refused(path: Path, journal: SqliteJournal) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o500)
    assert "make the file and its folder writable for you" in refusal(path)
    path.parent.chmod(0o700)
    journal.put_blob(b"x")
    journal.close()
    path.chmod(0o400)
    assert "readonly database; make the file" in refusal(path)


def test_a_journal_of_another_user_is_refused(path: Path, journal: SqliteJournal) -> None:
    # As root the permissions of a file say nothing: ask as somebody else.
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    journal.put_blob(b"x")
    journal.close()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            refusal(path)
            code = 0
        finally:
            os._exit(code)
    assert exit_code(child) == 0


def test_a_wrong_statement_of_ours_is_a_bug(journal: SqliteJournal) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        journal._database.rows("SELECT * FROM songs", ())
    with (
        pytest.raises(sqlite3.IntegrityError),
        journal._database.writing() as connection,
    ):
        connection.execute("INSERT INTO events (run, at, event) VALUES ('never', '', x'')")
    journal.put_blob(b"the transaction is over")


def test_an_event_is_synced_and_takes_the_blobs_before_it_along(journal: SqliteJournal) -> None:
    fence = journal.lease("run", "me")
    said: list[str] = []
    journal._database._connection().set_trace_callback(said.append)
    journal.put_blob(b"what the event is about")
    journal.append(fence, Event("prompt.sent", {}))
    modes = [one for one in said if one.startswith(("PRAGMA", "COMMIT"))]
    # In one log: SQLite syncs all of it with the commit that it syncs.
    assert modes == ["PRAGMA synchronous = NORMAL", "COMMIT", "PRAGMA synchronous = FULL", "COMMIT"]
    assert journal._database.rows("PRAGMA journal_mode", ()) == [("wal",)]
