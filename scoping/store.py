"""Facts of blobs in one SQLite file, shared by runs and processes.

It is a cache: nothing in it is the only copy, so no write waits for the disk, and whatever goes
wrong with it (damage, a full disk, a lock that does not come free) costs time and never a run. Each
row carries a checksum, and a key that changes with our own code and the grammar's version.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from zlib import crc32

from scoping.objects import PastCommit
from scoping.scan import Scan
from scoping.store_file import PAGE_BYTES, lay_out, make, shrink, size, trim
from scoping.store_rows import (
    TABLES,
    BlobRows,
    change_version,
    is_as_written,
    past_of_row,
    past_version,
    row_of,
    row_of_past,
    scan_of,
    scan_version,
    syntax_of,
    syntax_version,
    told_of,
)
from scoping.syntax import Syntax

FILE_NAME = "index-3.sqlite"
MOST_BYTES = 512 * 1024**2
_BUSY_S = 2.0
_MOST_KEYS = 10_000
_DAY_S = 86_400
_MOST_DAYS = 30
_SCAN_COLUMNS = ("sum", "lines", "whole", "refused", "counts", "told")
_SYNTAX_COLUMNS = ("sum", "symbols", "refused", "told")

Rows = Sequence[tuple[object, ...]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds: files of which words, and of which symbols are known, and its size."""

    scans: int
    syntaxes: int
    size_bytes: int


class SqliteStore:
    """One file, opened when it is first asked; ``now_s`` (epoch seconds) dates what is used.

    ``trouble`` says what went wrong with it, if anything did: from then on it knows nothing.
    """

    def __init__(self, path: Path, now_s: float, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._day = int(now_s // _DAY_S)
        self._most_bytes = most_bytes
        self._connection: sqlite3.Connection | None = None
        self.trouble = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scans(self, keys: Iterable[str]) -> Mapping[str, Scan]:
        """Return what is known of these blobs; a row that is not what was written is left out."""
        found = {}
        for key, *row in self._rows("scans", _SCAN_COLUMNS, keys, scan_version()):
            scanned = scan_of(row)
            if scanned is not None:
                found[key] = scanned
        return found

    def syntaxes(self, keys: Iterable[str]) -> Mapping[str, Syntax]:
        """Return what a parser told of these blobs; the same holds."""
        found = {}
        for key, *row in self._rows("syntaxes", _SYNTAX_COLUMNS, keys, None):
            told = syntax_of(row)
            if told is not None:
                found[key] = told
        return found

    def known_scans(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return of which blobs a scan is kept, and why it is refused; looks at nothing else."""
        return dict(self._rows("scans", ("refused",), keys, scan_version()))

    def known_syntaxes(self, keys: Iterable[str]) -> Mapping[str, tuple[int, str]]:
        """Return of which blobs a parser's answer is kept: its symbols, and why it is refused."""
        rows = self._rows("syntaxes", ("symbols", "refused"), keys, None)
        return {key: (symbols, refused) for key, symbols, refused in rows}

    def past(self, commits: Iterable[str]) -> Mapping[str, PastCommit]:
        """Return what is known of these commits; the same holds."""
        found = {}
        for key, sum_, *row in self._rows("past", ("sum", "told"), commits, past_version()):
            told = past_of_row(sum_, row)
            if told is not None:
                found[key] = told
        return found

    def keep_past(self, commits: Mapping[str, PastCommit]) -> None:
        """Keep what commits changed."""
        version = past_version()
        rows = [(f"{key}:{version}", self._day, *row_of_past(it)) for key, it in commits.items()]
        if rows:
            self._try(lambda connection: _insert(connection, past=rows), None)

    def changes(self, keys: Iterable[str]) -> Mapping[str, bytes]:
        """Return what is known by these keys of what commits did to a path; the same holds."""
        rows = self._rows("changes", ("sum", "told"), keys, change_version())
        return {key: told for key, sum_, told in rows if is_as_written(sum_, told)}

    def keep_changes(self, told: Mapping[str, bytes]) -> None:
        """Keep what commits did to a path."""
        version = change_version()
        rows = [(f"{key}:{version}", self._day, crc32(text), text) for key, text in told.items()]
        if rows:
            self._try(lambda connection: _insert(connection, changes=rows), None)

    def keep(self, scans: Mapping[str, Scan], syntaxes: Mapping[str, Syntax]) -> None:
        """Keep both, in one transaction."""
        rows = {key: BlobRows(row_of(it)) for key, it in scans.items()}
        for key, told in syntaxes.items():
            rows[key] = BlobRows(rows[key].scan if key in rows else None, told_of(told))
        self.keep_rows(rows)

    def keep_rows(self, rows: Mapping[str, BlobRows]) -> None:
        """Keep what is already written as columns, in one transaction."""
        version, day = scan_version(), self._day
        scans = [(f"{key}:{version}", day, *it.scan) for key, it in rows.items() if it.scan]
        told = [
            (f"{key}:{syntax_version(key)}", day, *it.syntax)
            for key, it in rows.items()
            if it.syntax
        ]
        if scans or told:
            self._try(lambda connection: _insert(connection, scans=scans, syntaxes=told), None)

    def kept(self) -> Kept:
        """Return how much is in it."""

        def count(connection: sqlite3.Connection) -> Kept:
            scans, syntaxes = (
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
                for table in ("scans", "syntaxes")
            )
            return Kept(scans, syntaxes, size(connection))

        return self._try(count, Kept(0, 0, 0))

    def trim(self, most_bytes: int | None = None) -> None:
        """Forget what was longest unused until it fits in its bounds, and give the room back."""
        most = self._most_bytes if most_bytes is None else most_bytes
        self._try(lambda connection: trim(connection, most), None)

    def collect(self) -> None:
        """Forget what no run used for a month, and give the room back."""
        oldest = self._day - _MOST_DAYS

        def forget(connection: sqlite3.Connection) -> None:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table} WHERE day < ?", (oldest,))  # noqa: S608 - ours
            connection.commit()
            shrink(connection)

        self._try(forget, None)
        self.trim()

    def close(self) -> None:
        """Bring it within its bounds, and end the connection."""
        if self._connection is not None:
            self.trim()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(
        self, table: str, columns: Sequence[str], keys: Iterable[str], version: str | None
    ) -> list[Any]:
        """Return the rows of ``keys``, under the names they were asked by; and date their use."""
        asked = {f"{key}:{version or syntax_version(key)}": key for key in keys}
        wanted = list(asked)

        def select(connection: sqlite3.Connection) -> list[Any]:
            found, old = [], []
            for start in range(0, len(wanted), _MOST_KEYS):
                some = wanted[start : start + _MOST_KEYS]
                marks = ",".join("?" * len(some))
                read = f"SELECT key, day, {', '.join(columns)} FROM {table} WHERE key IN ({marks})"  # noqa: S608 - ours
                for key, day, *row in connection.execute(read, some):
                    found.append((asked[key], *row))
                    if day != self._day:
                        old.append((self._day, key))
            if old:
                connection.executemany(f"UPDATE {table} SET day = ? WHERE key = ?", old)  # noqa: S608 - ours
                connection.commit()
            return found

        return self._try(select, [])

    def _try(self, do: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        if self.trouble:
            return otherwise
        try:
            return do(self._connection or self._opened())
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            return otherwise

    def _opened(self) -> sqlite3.Connection:
        if not self._path.exists():
            make(self._path)
        connection = sqlite3.connect(self._path, timeout=_BUSY_S)
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA max_page_count = {2 * self._most_bytes // PAGE_BYTES}")
            # Whoever only reads needs no lock.
            if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                lay_out(connection)
        except sqlite3.Error:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _give_up(self, error: sqlite3.Error | OSError) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError
        )
        self.trouble = f"the index in {self._path} cannot be used ({error})"
        if is_damaged:
            with suppress(OSError):
                for ending in ("", "-wal", "-shm"):
                    self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
                self.trouble += "; it was removed and will be made anew"


def _insert(connection: sqlite3.Connection, **tables: Rows) -> None:
    """Add rows by the names of their tables, all or none; a row of the same key goes."""
    with connection:
        for table, rows in tables.items():
            if rows:
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - ours
