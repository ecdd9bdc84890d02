"""The tables of a catalogue, and how its file is opened: one that cannot be used is made anew.

Nothing in it is kept nowhere else, so a file that is damaged, of another version, or made from
another journal is removed without asking.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from scoping.refusal import Refusal

_VERSION = 2
# "Chwc": tells a catalogue from another program's database, which is never removed.
_APPLICATION = 0x43687763
_BUSY_S = 30.0
_TABLES = """
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL,
    run TEXT NOT NULL, at TEXT NOT NULL);
INSERT INTO progress VALUES (1, 0, '', '');
CREATE TABLE streams (run TEXT PRIMARY KEY, last INTEGER NOT NULL, steps INTEGER NOT NULL,
    owner TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX streams_of ON streams (owner, last) WHERE owner != '';
CREATE TABLE runs (first INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    started TEXT NOT NULL, number INTEGER NOT NULL, revises INTEGER NOT NULL,
    campaign TEXT NOT NULL, summary BLOB NOT NULL, facts BLOB NOT NULL);
CREATE INDEX runs_by_state ON runs (state, first);
CREATE INDEX runs_by_number ON runs (number, first) WHERE number != 0;
CREATE INDEX runs_by_revised ON runs (revises, first) WHERE revises != 0;
CREATE INDEX runs_by_start ON runs (started);
CREATE TABLE campaigns (first INTEGER PRIMARY KEY, campaign TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, title TEXT NOT NULL, targets INTEGER NOT NULL);
CREATE TABLE campaign_streams (campaign TEXT NOT NULL, stream TEXT NOT NULL,
    PRIMARY KEY (campaign, stream)) WITHOUT ROWID;
CREATE INDEX campaign_of ON campaign_streams (stream);
CREATE VIRTUAL TABLE words USING fts5 (run UNINDEXED, step UNINDEXED, kind UNINDEXED, text,
    tokenize = "unicode61 remove_diacritics 2", prefix = '3');
"""


class CatalogueRefusal(Refusal):
    """A catalogue cannot be made, read or written: which file, why, and what to do."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into words; a wrong statement of ours flies."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        if isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError):
            raise
        raise CatalogueRefusal(
            f"{path}: {error}; it is made from the journal, so end the server, see that the folder"
            " can be written and has room, delete that file, and start again"
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to the catalogue at ``path``; OSError where nothing can be written."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    # What a power cut takes is made again.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def begin(path: Path) -> None:
    """Make an empty catalogue at ``path`` unless a usable one is there."""
    if path.exists():
        if _is_usable(path):
            return
        remove(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES}")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")


def remove(path: Path) -> None:
    """Remove a catalogue and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _is_usable(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
            known = connection.execute(
                "SELECT application_id, user_version, (SELECT count(*) FROM progress)"
                " FROM pragma_application_id, pragma_user_version"
            ).fetchone()
            return bool(known == (_APPLICATION, _VERSION, 1))
    except sqlite3.DatabaseError:
        return False
