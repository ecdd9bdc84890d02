"""The Journal port over one SQLite file: every process of one machine writes and reads it at once.

Write-ahead logging lets readers go on while one writes, and each write takes the lock first and
checks its fence under it. Blobs lie in the same file, so that there is one thing to keep or delete.
"""

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.database import Database
from validators.encoding import EncodingRefusal, decode, digest, encode
from workflows.ports import JournalRefusal, StaleFence
from workflows.run import Entry, Event, Fence

_POLL_S = 0.05
_PAGE = 500


class SqliteJournal:
    """One file. ``now`` is the clock of leases (epoch seconds), ``now_iso`` that of entries.

    Opens the file on first use, once per thread and process; `close` ends those of this process.
    """

    def __init__(self, path: Path, now_iso: Callable[[], str], now: Callable[[], float]) -> None:
        self._path = path
        self._now_iso = now_iso
        self._now = now
        self._database = Database(path)

    def close(self) -> None:
        """End this process's connections; a later call opens new ones."""
        self._database.close()

    def lease(self, run: str, owner: str, ttl_s: float = 60.0) -> Fence:
        """Take the right to write ``run``; an owner takes its own lease over without waiting."""
        now = self._now()
        with self._database.writing() as connection:
            held = connection.execute(
                "SELECT token, owner, expires FROM runs WHERE run = ?", (run,)
            ).fetchone()
            token, holder, expires = held or (0, "", 0.0)
            if holder not in {"", owner} and expires > now:
                raise JournalRefusal(
                    f"run {run} is being written by {holder} for another {expires - now:.0f} s"
                    f" (journal {self._path}); wait for it to end"
                )
            connection.execute(
                "INSERT INTO runs VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM runs),"
                " ?2, ?3, ?4) ON CONFLICT (run) DO UPDATE SET token = ?2, owner = ?3, expires = ?4",
                (run, token + 1, owner, now + ttl_s),
            )
        return Fence(run, token + 1, owner)

    def renew(self, fence: Fence, ttl_s: float = 60.0) -> None:
        """Keep a lease alive; one that ran out but was not taken over may still be renewed."""
        with self._database.writing() as connection:
            self._check(connection, fence)
            expires = self._now() + ttl_s
            connection.execute("UPDATE runs SET expires = ? WHERE run = ?", (expires, fence.run))

    def release(self, fence: Fence) -> None:
        """Give the lease back; a stale one is none to give back."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE runs SET owner = '', expires = 0 WHERE run = ? AND token = ?",
                (fence.run, fence.token),
            )

    def append(self, fence: Fence, event: Event) -> Entry:
        """Write one event, on the disk before this returns."""
        content, at = encode(event), self._now_iso()
        with self._database.writing() as connection:
            self._check(connection, fence)
            position = connection.execute(
                "INSERT INTO events (run, at, event) VALUES (?, ?, ?)", (fence.run, at, content)
            ).lastrowid
        return self._entry((position, fence.run, at, content))

    def read(self, run: str) -> Sequence[Entry]:
        """Return all events of one run, oldest first; empty when there is no such run."""
        query = "SELECT position, run, at, event FROM events WHERE run = ? ORDER BY position"
        return [self._entry(row) for row in self._database.rows(query, (run,))]

    def follow(self, after: int = 0, *, wait_s: float = 0.0) -> Iterator[Entry]:
        """Yield events of all runs past a position; then wait for more, up to ``wait_s`` idle."""
        query = "SELECT position, run, at, event FROM events WHERE position > ? ORDER BY position"
        until = time.monotonic() + wait_s
        while True:
            rows = self._database.rows(f"{query} LIMIT {_PAGE}", (after,))
            for row in rows:
                yield self._entry(row)
                after = row[0]
            if rows:
                until = time.monotonic() + wait_s
            elif time.monotonic() >= until:
                return
            else:
                time.sleep(min(_POLL_S, max(0.0, until - time.monotonic())))

    def runs(self, limit: int = 0) -> Sequence[str]:
        """Return the names of runs that have events, the last begun first."""
        query = (
            "SELECT run FROM runs WHERE run IN (SELECT run FROM events)"
            " ORDER BY number DESC LIMIT ?"
        )
        return [row[0] for row in self._database.rows(query, (limit or -1,))]

    def put_blob(self, content: bytes) -> str:
        """Keep ``content`` and return its SHA-256; keeping it twice is keeping it once."""
        name = digest(content)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO blobs VALUES (?, ?)", (name, zlib.compress(content))
            )
        return name

    def get_blob(self, sha256: str) -> bytes:
        """Return a blob; JournalRefusal when it is missing or no longer matches its hash."""
        rows = self._database.rows("SELECT content FROM blobs WHERE sha256 = ?", (sha256,))
        if not rows:
            raise JournalRefusal(f"{self._path}: no blob {sha256} is kept here; was it pruned?")
        try:
            content = zlib.decompress(rows[0][0])
        except zlib.error:
            content = b""
        if digest(content) != sha256:
            raise JournalRefusal(
                f"{self._path}: blob {sha256} is damaged; restore the journal from a copy"
            )
        return content

    def _check(self, connection: sqlite3.Connection, fence: Fence) -> None:
        held = connection.execute(
            "SELECT token, owner FROM runs WHERE run = ?", (fence.run,)
        ).fetchone()
        if held != (fence.token, fence.owner):
            holder = held[1] if held and held[1] else "nobody"
            raise StaleFence(
                f"run {fence.run} is no longer {fence.owner}'s to write: its lease {fence.token}"
                f" was given back or taken over, and {holder} holds it now ({self._path})"
            )

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        position, run, at, content = row
        try:
            event = decode(content, Event)
        except EncodingRefusal as error:
            raise JournalRefusal(
                f"{self._path}: entry {position} of run {run} cannot be read ({error}); it is"
                " damaged or was written by a newer changewright: restore a copy, or upgrade"
            ) from error
        return Entry(position, run, at, event)
