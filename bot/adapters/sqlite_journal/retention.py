"""Blobs of runs that ended long ago are dropped, so that a journal does not grow for ever.

Events are never dropped: what happened stays known, only the large texts of it go.
"""

import json
import sqlite3
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.adapters.sqlite_journal.blob_names import mentioned_in
from bot.adapters.sqlite_journal.database import Database
from bot.adapters.sqlite_journal.journal import SqliteJournal
from validators.encoding import EncodingRefusal, decode
from workflows.ports import JournalRefusal
from workflows.run import Entry, Event, effects

_DAY_S = 86_400.0
# What was put this recently may belong to an event that is not written yet.
_FRESH_S = 3_600.0
# What may still follow on the end of a run: it is published and decided on, not worked on.
_AFTERWARDS = frozenset({"effect.intended", "effect.settled", "review.recorded"})
# The file is written anew, to give space back, only when that frees this much of it.
_WORTH_PAGES = 2_048
_WORTH_PART = 4


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was dropped: the blobs of how many runs, how many blobs, and how much they took."""

    runs: int = 0
    blobs: int = 0
    blob_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    name: str
    last_at: str
    last_position: int
    is_over: bool
    blobs: frozenset[str]


def prune(journal: SqliteJournal, keep_days: float, max_blob_bytes: int, now: float) -> Pruned:
    """Drop the blobs of runs that ended more than ``keep_days`` ago, then of the oldest ended ones.

    The second until all blobs take at most ``max_blob_bytes``. A run that has not ended, or is
    being written, keeps its blobs, and so does whatever shares them. ``now`` is epoch seconds.
    """
    database = journal.database
    runs = _runs(database)
    sizes = dict(database.rows("SELECT sha256, length(content) FROM blobs", ()))
    uses = Counter(name for run in runs for name in run.blobs & sizes.keys())
    total = sum(sizes.values())
    dropped = _drop_orphans(database, set(sizes) - set(uses), now)
    total -= dropped.blob_bytes
    for run in sorted((run for run in runs if run.is_over), key=lambda run: run.last_at):
        if run.last_at >= iso(now - keep_days * _DAY_S) and total <= max_blob_bytes:
            break
        alone = [name for name in run.blobs if uses[name] == 1]
        gone = _drop(database, run, alone, now)
        if gone is None:
            continue
        uses.subtract(run.blobs)
        total -= gone.blob_bytes
        dropped = _sum(dropped, gone)
    _give_back(database)
    return dropped


def ended(journal: SqliteJournal, keep_days: float, now: float) -> set[str]:
    """Return the names of the runs that ended more than ``keep_days`` ago."""
    before = iso(now - keep_days * _DAY_S)
    return {run.name for run in _runs(journal.database) if run.is_over and run.last_at < before}


def iso(seconds: float) -> str:
    """Return epoch seconds as the journal writes a time, which sorts as it reads.

    Whatever is before 1970 counts as 1970: a bound of a million days is a bound all the same.
    """
    return datetime.fromtimestamp(max(seconds, 0.0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _runs(database: Database) -> list[_Run]:
    found: dict[str, list[tuple[int, str, bytes]]] = {}
    for position, run, at, event in database.rows(
        "SELECT position, run, at, event FROM events ORDER BY position", ()
    ):
        found.setdefault(run, []).append((position, at, event))
    return [_run(name, rows) for name, rows in found.items()]


def _run(name: str, rows: list[tuple[int, str, bytes]]) -> _Run:
    try:
        entries = [Entry(at[0], name, at[1], decode(at[2], Event)) for at in rows]
    except EncodingRefusal:
        # Written by a newer program, or damaged: nobody can say that it has ended.
        entries = []
    names = mentioned_in(_document(event) for _, _, event in rows)
    return _Run(name, rows[-1][1], rows[-1][0], _is_over(entries), frozenset(names))


def _document(event: bytes) -> dict[str, object]:
    try:
        return {"event": json.loads(event)}
    except (ValueError, RecursionError):
        return {}


def _is_over(entries: list[Entry]) -> bool:
    kinds = [entry.event.kind for entry in entries]
    if "run.finished" not in kinds:
        return False
    last = len(kinds) - 1 - kinds[::-1].index("run.finished")
    try:
        known = effects(entries).values()
    except (KeyError, TypeError):
        return False
    return set(kinds[last + 1 :]) <= _AFTERWARDS and all(e.outcome is not None for e in known)


def _drop(database: Database, run: _Run, names: list[str], now: float) -> Pruned | None:
    """Drop blobs that only ``run`` uses; None when it came to life since it was looked at."""
    with database.writing() as connection:
        position, held = connection.execute(
            "SELECT max(position), (SELECT owner != '' AND expires > ?2 FROM runs WHERE run = ?1)"
            " FROM events WHERE run = ?1",
            (run.name, now),
        ).fetchone()
        if position != run.last_position or held:
            return None
        dropped = _delete(connection, names, iso(now - _FRESH_S))
    return Pruned(int(dropped.blobs > 0), dropped.blobs, dropped.blob_bytes)


def _drop_orphans(database: Database, names: set[str], now: float) -> Pruned:
    """Drop what no event speaks of: left by a process that died between the two."""
    with database.writing() as connection:
        return _delete(connection, sorted(names), iso(now - _DAY_S))


def _delete(connection: sqlite3.Connection, names: list[str], before: str) -> Pruned:
    """Delete those of the blobs that were last put before a moment."""
    blobs = freed = 0
    for name in names:
        row = connection.execute(
            "SELECT length(content) FROM blobs WHERE sha256 = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM blob_times WHERE sha256 = ?1 AND kept >= ?2)",
            (name, before),
        ).fetchone()
        if row is not None:
            connection.execute("DELETE FROM blobs WHERE sha256 = ?", (name,))
            connection.execute("UPDATE blob_times SET pruned = 1 WHERE sha256 = ?", (name,))
            blobs, freed = blobs + 1, freed + row[0]
    return Pruned(0, blobs, freed)


def _sum(one: Pruned, other: Pruned) -> Pruned:
    return Pruned(one.runs + other.runs, one.blobs + other.blobs, one.blob_bytes + other.blob_bytes)


def _give_back(database: Database) -> None:
    """Give freed space back to the disk, where nothing stands in the way."""
    free = database.rows("PRAGMA freelist_count", ())[0][0]
    pages = database.rows("PRAGMA page_count", ())[0][0]
    # Another process that reads or writes for long, or too full a disk: the next time will do.
    with suppress(JournalRefusal):
        if free >= _WORTH_PAGES and free * _WORTH_PART >= pages:
            database.rows("VACUUM", ())
        database.rows("PRAGMA wal_checkpoint(TRUNCATE)", ())
