"""The tables of a journal file, how an empty one is made, and which ones this program can read."""

import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from workflows.ports import JournalRefusal

SCHEMA_VERSION = 2
# "Chwt": tells a journal from another program's database.
APPLICATION = 0x43687774
_FIRST = """
CREATE TABLE runs (run TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    token INTEGER NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (run), at TEXT NOT NULL, event BLOB NOT NULL);
CREATE INDEX events_of_run ON events (run, position);
CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
"""
# What schema 2 adds stands in tables of its own: a program of schema 1 that is at work on the file
# while another brings it up to date finds its own tables as they were. ``holders`` counts only for
# the token it was written with; ``kept`` is when a blob was last put, and outlives what was pruned.
_HOLDERS = """CREATE TABLE holders (run TEXT PRIMARY KEY, token INTEGER NOT NULL,
    identity TEXT NOT NULL) WITHOUT ROWID"""
_BLOB_TIMES = """CREATE TABLE blob_times (sha256 TEXT PRIMARY KEY, kept TEXT NOT NULL,
    pruned INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID"""
SECOND = (_HOLDERS, _BLOB_TIMES)
_TABLES = {"runs", "events", "blobs"}
_TABLES_OF = {1: _TABLES, 2: _TABLES | {"holders", "blob_times"}}


def begin(path: Path) -> None:
    """Make an empty journal beside ``path`` and link it there: it is whole, or not there at all.

    Done in place, two processes would meet in the change to write-ahead logging, for which SQLite
    does not wait.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    rest = path.with_name(f"{path.name}-wal")
    # In this order: another process that begins one makes the journal first, and then the rest.
    if rest.exists() and not path.exists():
        raise JournalRefusal(
            f"{path} is gone, but {rest.name} beside it holds what was last written to it, and"
            " would become part of a new journal; put the journal back, or move that away too"
        )
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.unfinished")
    try:
        make(draft, path)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def make(draft: Path, path: Path) -> None:
    """Make an empty journal as the file ``draft``, which is to become ``path``."""
    # SQLite gives the files it puts beside this one the same mode.
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        connection.executescript(_FIRST + ";\n".join(SECOND))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    if mode != "wal":
        raise JournalRefusal(
            f"{path} would lie on a file system that processes cannot share;"
            " use a --state on a local disk"
        )


def check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema of the file; refuse what is not a journal, or one of a newer program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        raise JournalRefusal(
            f"{path} is empty, which no journal is: it was cut short. Put a copy in its place, or"
            " have `changewright journal recover` move it away"
        )
    if application != APPLICATION:
        raise JournalRefusal(f"{path} is not a journal of changewright; use another --state")
    if version > SCHEMA_VERSION:
        raise JournalRefusal(
            f"{path} was written by a newer changewright (its schema is {version}, this one knows"
            f" {SCHEMA_VERSION}); upgrade, or use another --state"
        )
    return _whole_version(connection)


def _whole_version(connection: sqlite3.Connection) -> int:
    """Return the schema whose tables are there; raise as SQLite does for a damaged file."""
    # One statement, or another process might bring the file up to date between the two halves.
    rows = connection.execute(
        "SELECT user_version, name FROM pragma_user_version, sqlite_schema"
    ).fetchall()
    version: int = rows[0][0] if rows else 0
    ours = {name for _, name in rows} & _TABLES_OF[SCHEMA_VERSION]
    if ours != _TABLES_OF.get(version):
        damage = sqlite3.DatabaseError(f"its tables are not those of schema {version}")
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage
    return version
