"""An older journal is brought up to date, once, and only after a copy of it was put beside it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite_journal.schema import SCHEMA_VERSION, SECOND


def backup_of(path: Path, version: int) -> Path:
    """Return where the copy of a journal of an older schema is kept."""
    return path.with_name(f"{path.name}.v{version}.backup")


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file up to `SCHEMA_VERSION`; on any failure it stays as it was.

    Processes that start at once wait for one another here: the first migrates, the others find it
    done.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version < SCHEMA_VERSION:
            _back_up(path, backup_of(path, version))
            for statement in SECOND:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO blob_times (sha256, kept)"
                " SELECT sha256, strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM blobs"
            )
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _back_up(path: Path, backup: Path) -> None:
    """Copy what is committed; whoever calls holds the write lock, so that nothing is missed."""
    draft = backup.with_name(f"{backup.name}.{os.getpid()}.unfinished")
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with (
            closing(sqlite3.connect(path)) as source,
            closing(sqlite3.connect(draft)) as target,
        ):
            source.backup(target)
        synced(draft)
        draft.replace(backup)
        synced(backup.parent)
    finally:
        draft.unlink(missing_ok=True)


def synced(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before this returns."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
