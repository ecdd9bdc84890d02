"""One SQLite file, opened once per thread and process, its complaints turned into words."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.schema import begin, check
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
    sqlite3.SQLITE_CORRUPT: "the file is damaged; move it away and restore it from a copy",
    sqlite3.SQLITE_NOTADB: "this is no journal; move it away, and a new one is begun",
    sqlite3.SQLITE_TOOBIG: "what was to be stored is larger than SQLite can hold",
}


class Database:
    """Connections to the file at ``path``, which is begun on first use where there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # By process too: a connection must not be used, nor closed, by a child that inherited it.
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}

    def close(self) -> None:
        """End this process's connections; a later call opens new ones."""
        for process, thread in list(self._connections):
            if process == os.getpid():
                self._connections.pop((process, thread)).close()

    def rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self._explained():
            return self._connection().execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has the write lock from its first statement on."""
        with self._explained():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
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
        if key not in self._connections:
            self._connections[key] = _open(self.path)
        return self._connections[key]


def _open(path: Path) -> sqlite3.Connection:
    if not path.exists():
        begin(path)
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        for setting in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {setting}")
        check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection
