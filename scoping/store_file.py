"""The file behind the store of facts: how it comes to be whole, and how it gives room back."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from scoping.store_rows import SCHEMA, TABLES

PAGE_BYTES = 4_096
_KEPT_SHARE = 0.75


def make(path: Path) -> None:
    """Put a file with its tables in place at once.

    SQLite changes to a write-ahead log only where nobody else has the file open, and does not wait
    for that: of several processes that made it together some would find it locked.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{path.name}-", dir=path.parent) as aside:
        made = Path(aside) / path.name
        made.touch(mode=0o600)
        with closing(sqlite3.connect(made)) as connection:
            lay_out(connection)
        # Another was first; or there are no links here, and it is made where it belongs.
        with suppress(OSError):
            os.link(made, path)


def lay_out(connection: sqlite3.Connection) -> None:
    """Make the tables of a file that has none."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SCHEMA)


def size(connection: sqlite3.Connection) -> int:
    """Return the size of the file in bytes."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return int(pages) * PAGE_BYTES


def trim(connection: sqlite3.Connection, most: int) -> None:
    """Delete what was longest unused where the file has more than ``most`` bytes."""
    before = size(connection)
    if before <= most:
        return
    share = 1 - most * _KEPT_SHARE / before
    for table in TABLES:
        connection.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY day, rowid"  # noqa: S608 - ours
            f" LIMIT (SELECT 1 + CAST(count(*) * ? AS INTEGER) FROM {table}))",
            (share,),
        )
    connection.commit()
    shrink(connection)


def shrink(connection: sqlite3.Connection) -> None:
    """Give the room of what was deleted back to the disk."""
    # As a script, since a statement by itself would free one page.
    connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
