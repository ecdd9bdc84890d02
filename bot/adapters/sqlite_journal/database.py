"""One SQLite file, opened once per thread and process, its complaints turned into words."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.migration import migrate
from bot.adapters.sqlite_journal.schema import SCHEMA_VERSION, begin, check
from scoping.threads import whole
from workflows.ports import JournalRefusal

_BUSY_S = 30.0
_LONG = "another process has been writing for long; wait, or end that process"
_WRITABLE = "make the file and its folder writable for you, or use another --state"
_ADVICE = {
    sqlite3.SQLITE_BUSY: _LONG,
    sqlite3.SQLITE_LOCKED: _LONG,
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _WRITABLE,
    sqlite3.SQLITE_PERM: _WRITABLE,
    sqlite3.SQLITE_FULL: "free some space on its disk and start again",
    sqlite3.SQLITE_IOERR: "look at its disk (full, failing, a network share?) and start again",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; save what can be read of it with"
    " `changewright journal recover`, or restore it from a copy",
    sqlite3.SQLITE_NOTADB: "this is no journal; `changewright journal recover` moves it away",
    sqlite3.SQLITE_TOOBIG: "what was to be stored is larger than SQLite can hold",
}
_ELSEWHERE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    }
)
# Of what a disk can fail in, this is about bytes of the file that are lost.
_LOST = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ})
# One page of SQLite: no journal was ever smaller.
_SMALLEST = 4096


def is_undamaged(refusal: Exception) -> bool:
    """Whether what kept a journal from being read is not in its file: rights, room, a lock."""
    code = getattr(refusal.__cause__, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _ELSEWHERE and code not in _LOST


class Database:
    """Connections to the file at ``path``, which is begun on first use where there is none.

    Once it was opened it must stay: where it is gone, nothing more is written, and no new file
    takes its place, or a run would go on without what it has recorded so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None
        # By process too: a connection must not be used, nor closed, by a child that inherited it.
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}

    def close(self) -> None:
        """End this process's connections; a later call opens new ones."""
        for process, thread in list(self._connections):
            if process == os.getpid():
                self._connections.pop((process, thread)).close()

    def close_thread(self) -> None:
        """End the calling thread's connection, if it has one."""
        connection = self._connections.pop((os.getpid(), threading.get_ident()), None)
        if connection is not None:
            connection.close()

    def rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._explained():
            return self._connection().execute(query, values).fetchall()

    @contextmanager
    def writing(self, *, is_synced: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction with the write lock from its first statement on, whole or not at all.

        One that is not synced is on the disk with the next that is: both go through one log.
        """
        with whole, self._explained():
            connection = self._connection()
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                # What was written to a file that nobody will find was not written.
                self._require_file()
            except BaseException:
                # A full disk has rolled back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite says into words; a wrong statement of ours is a bug, and flies."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
            otherwise = sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_CANTOPEN
            code = getattr(error, "sqlite_errorcode", otherwise) & 0xFF
            if code not in _ADVICE:
                raise
            raise JournalRefusal(f"{self.path}: {error}; {_ADVICE[code]}") from error

    def _connection(self) -> sqlite3.Connection:
        key = (os.getpid(), threading.get_ident())
        if self._file is not None:
            self._require_file()
        if key not in self._connections:
            self._connections[key] = _open(self.path)
            self._file = self._file or _identity(self.path)
        return self._connections[key]

    def _require_file(self) -> None:
        """Refuse to go on when the file is not the one that was opened."""
        if _identity(self.path) != self._file:
            raise JournalRefusal(
                f"{self.path}: the journal was removed, replaced or cut short while it was in use;"
                " nothing more is done without it. Put it back (or save what is left with"
                " `changewright journal recover`) and start again"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None where there is no journal."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (found.st_dev, found.st_ino) if found.st_size >= _SMALLEST else None


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        begin(path)
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {setting}")
        if check(connection, path) < SCHEMA_VERSION:
            with whole:
                migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection
