"""The tables of a journal file, how an empty one is made, and which ones this program can read."""

import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from workflows.ports import JournalRefusal

SCHEMA_VERSION = 1
# "Chwt": tells a journal from another program's database.
_APPLICATION = 0x43687774
_SCHEMA = """
CREATE TABLE runs (run TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE,
    token INTEGER NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (run), at TEXT NOT NULL, event BLOB NOT NULL);
CREATE INDEX events_of_run ON events (run, position);
CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


def begin(path: Path) -> None:
    """Make an empty journal beside ``path`` and link it there: it is whole, or not there at all.

    Done in place, two processes would meet in the change to write-ahead logging, for which SQLite
    does not wait.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    # SQLite gives the files it puts beside this one the same mode.
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        if mode != "wal":
            raise JournalRefusal(
                f"{path} would lie on a file system that processes cannot share;"
                " use a --state on a local disk"
            )
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not a journal, or one of a newer program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION:
        raise JournalRefusal(f"{path} is not a journal of changewright; use another --state")
    if version > SCHEMA_VERSION:
        raise JournalRefusal(
            f"{path} was written by a newer changewright (its schema is {version}, this one knows"
            f" {SCHEMA_VERSION}); upgrade, or use another --state"
        )
