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
from bot.adapters.sqlite_journal.heartbeat import Heartbeat
from bot.adapters.sqlite_journal.integrity import content_of
from bot.adapters.sqlite_journal.process_identity import identity, life_of, pid_of
from validators.encoding import EncodingRefusal, decode, digest, encode
from workflows.ports import Held, JournalRefusal, StaleFence, Withheld
from workflows.run import Entry, Event, Fence

_POLL_S = 0.05
_PAGE = 500
# The longest lease that is given. One that would end later was written by a clock that was wrong.
_LONGEST_S = 3600.0
# Clocks are set back by this much without anybody meaning it.
_SLACK_S = 60.0
_LEASE_OF = """SELECT token, owner, expires, coalesce((SELECT identity FROM holders
    WHERE run = ?1 AND token = runs.token), '') FROM runs WHERE run = ?1"""


class SqliteJournal:
    """One file. ``now`` is the clock of leases (epoch seconds), ``now_iso`` that of entries.

    Opens the file on first use, once per thread and process; `close` ends those of this process.
    """

    def __init__(self, path: Path, now_iso: Callable[[], str], now: Callable[[], float]) -> None:
        self._path = path
        self.now_iso = now_iso
        self._now = now
        self._database = Database(path)
        self._heartbeat = Heartbeat(self._extend, self._database.close_thread)

    @property
    def database(self) -> Database:
        """The file itself, for its care: `integrity`, `retention`, and runs carried elsewhere."""
        return self._database

    def close(self) -> None:
        """End this process's connections and let its leases run out; a later call opens new ones.

        A lease that is not given back can be taken over as soon as this process has ended.
        """
        self._heartbeat.stop()
        self._database.close()

    def lease(self, run: str, owner: str, ttl_s: float = 60.0) -> Fence:
        """Take the right to write ``run``, and keep it until it is given back or this process ends.

        An owner takes its own lease over without waiting, in one process; another process is
        another owner whatever it calls itself. A lease whose process is certainly dead is free.
        """
        now, ttl_s = self._now(), min(ttl_s, _LONGEST_S)
        # A lease tells living processes apart, and none outlives the machine: the first event under
        # it has it on the disk.
        with self._database.writing(is_synced=False) as connection:
            token = self.require_free(connection, run, owner) + 1
            connection.execute(
                "INSERT INTO runs (run, number, token, owner, expires) VALUES (?1, (SELECT"
                " coalesce(max(number), 0) + 1 FROM runs), ?2, ?3, ?4)"
                " ON CONFLICT (run) DO UPDATE SET token = ?2, owner = ?3, expires = ?4",
                (run, token, owner, now + ttl_s),
            )
            connection.execute(
                "INSERT OR REPLACE INTO holders VALUES (?, ?, ?)", (run, token, identity())
            )
        fence = Fence(run, token, owner)
        self._heartbeat.hold(fence, ttl_s)
        return fence

    def holder(self, run: str) -> str:
        """Return who would make `lease` refuse ``run`` now, or "" when nobody would."""
        for _, holder, expires, theirs in self._database.rows(_LEASE_OF, (run,)):
            return holder if self._is_held(holder, expires, theirs) else ""
        return ""

    def require_free(self, connection: sqlite3.Connection, run: str, owner: str = "") -> int:
        """Return the token of the last lease of ``run``; Held while another has it."""
        found = connection.execute(_LEASE_OF, (run,)).fetchone()
        token, holder, expires, theirs = found or (0, "", 0.0, "")
        own = (holder, theirs) == (owner, identity())
        if not own and self._is_held(holder, expires, theirs):
            raise Held(self._held_by(run, holder, theirs, expires - self._now()))
        return int(token)

    def renew(self, fence: Fence, ttl_s: float = 60.0) -> None:
        """Keep a lease alive; one that ran out but was not taken over may still be renewed."""
        self._extend(fence, ttl_s)
        self._heartbeat.hold(fence, min(ttl_s, _LONGEST_S))

    def release(self, fence: Fence) -> None:
        """Give the lease back; a stale one is none to give back."""
        self._heartbeat.drop(fence)
        with self._database.writing(is_synced=False) as connection:
            connection.execute(
                "UPDATE runs SET owner = '', expires = 0 WHERE run = ? AND token = ?",
                (fence.run, fence.token),
            )

    def append(self, fence: Fence, event: Event, unless: Callable[[], str] | None = None) -> Entry:
        """Write one event, on the disk before this returns, unless a reason under the lock is."""
        content, at = encode(event), self.now_iso()
        with self._database.writing() as connection:
            self._check(connection, fence)
            # Read by the same connection, so within the transaction that holds the lock.
            if why := unless() if unless else "":
                raise Withheld(why)
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
        """Keep ``content`` and return its SHA-256; keeping it twice is keeping it once.

        It is on the disk as soon as an event after it is; nobody finds it without one.
        """
        name = digest(content)
        with self._database.writing(is_synced=False) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO blobs (sha256, content) VALUES (?, ?)",
                (name, zlib.compress(content)),
            )
            # Also for one that is kept already: pruning leaves alone what was put a moment ago.
            connection.execute(
                "INSERT OR REPLACE INTO blob_times (sha256, kept) VALUES (?, ?)",
                (name, self.now_iso()),
            )
        return name

    def has_blob(self, sha256: str) -> bool:
        """Whether a blob is kept here, damaged or not."""
        query = "SELECT 1 FROM blobs WHERE sha256 = ?"
        return bool(self._database.rows(query, (sha256,)))

    def get_blob(self, sha256: str) -> bytes:
        """Return a blob; JournalRefusal when it is missing or no longer matches its hash."""
        rows = self._database.rows("SELECT content FROM blobs WHERE sha256 = ?", (sha256,))
        if not rows:
            raise JournalRefusal(f"{self._path}: no blob {sha256} is kept here; was it pruned?")
        content = content_of(sha256, rows[0][0])
        if content is None:
            raise JournalRefusal(
                f"{self._path}: blob {sha256} is damaged; look what else is with"
                " `changewright journal check`, and restore the journal from a copy"
            )
        return content

    def _extend(self, fence: Fence, ttl_s: float) -> None:
        with self._database.writing(is_synced=False) as connection:
            self._check(connection, fence)
            expires = self._now() + min(ttl_s, _LONGEST_S)
            connection.execute("UPDATE runs SET expires = ? WHERE run = ?", (expires, fence.run))

    def _is_held(self, holder: str, expires: float, theirs: str) -> bool:
        is_running = 0 < expires - self._now() <= _LONGEST_S + _SLACK_S
        return bool(holder) and is_running and life_of(theirs) != "dead"

    def _held_by(self, run: str, holder: str, theirs: str, seconds: float) -> str:
        process = pid_of(theirs)
        where, end = "a process of another machine or container", "or end it there"
        if theirs == identity():
            where, end = "this very process", "or give it back first"
        elif process:
            where, end = f"process {process}", f"or end it with `kill {process}`"
        return (
            f"run {run} is being written by {holder} ({where}) for another {seconds:.0f} s, and"
            f" longer while it lives (journal {self._path}); wait for it to end, {end}"
        )

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
