"""What can be read of a damaged journal is saved into a new one; the damaged file is kept.

A damaged page loses the records on it and no others: each record is asked for by its number, and
one that cannot be read, or does not match its hash, is left out and counted.
"""

import os
import shutil
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.adapters.sqlite_journal.database import Database, is_undamaged
from bot.adapters.sqlite_journal.integrity import (
    check,
    content_of,
    fits_together,
    unreadable,
)
from bot.adapters.sqlite_journal.migration import synced
from bot.adapters.sqlite_journal.schema import make
from validators.encoding import decode, encode
from workflows.ports import JournalRefusal
from workflows.run import Entry, Event

_CHUNK = 32
_PAGE = 4096
# More records than these do not stand on one page.
_RECORDS_PER_PAGE = 128
_SUFFIXES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was saved, what was lost, and where the damaged file is now."""

    events: int
    lost_events: int
    blobs: int
    lost_blobs: int
    runs: int
    damaged: str


def recover(path: Path, at: str) -> Recovered | None:
    """Replace a damaged journal by what can be read of it; None when nothing is wrong with it.

    ``at`` (UTC ISO 8601) goes into the name under which the damaged file is kept. No other process
    need end: one that is at work finds its journal replaced, and stops. This one must have it open
    nowhere: copying the file gives up every lock of SQLite on it.
    """
    if not path.exists():
        raise JournalRefusal(f"there is no journal {path}; look at --state")
    if _is_whole(path):
        return None
    damaged = path.with_name(f"{path.name}.damaged-{at.replace('-', '').replace(':', '')}")
    room = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        room.mkdir(mode=0o700)
        _copy(path, room / "old")
        make(room / "new", path)
        with closing(_opened(room, path)) as old, closing(sqlite3.connect(room / "new")) as new:
            new.execute("PRAGMA synchronous = OFF")  # the whole file is synced below
            counts = _save(old, new, at)
        synced(room / "new")
        _replace(path, room / "new", damaged)
    except OSError as error:
        raise JournalRefusal(
            f"{path}: cannot save what is left of the journal: {error.strerror}; the damaged file"
            " stays where it is. Make room beside it, as much as it takes twice, and try again"
        ) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return Recovered(*counts, str(damaged))


def _is_whole(path: Path) -> bool:
    """Whether nothing is wrong; JournalRefusal for what is no journal, or a newer program's."""
    if path.stat().st_size < _PAGE:
        return False
    with closing(Database(path)) as database:
        try:
            database.rows("SELECT 1", ())
        except JournalRefusal as refusal:
            # Of damage SQLite complains; that the file is not ours to touch is our own word.
            if refusal.__cause__ is None or is_undamaged(refusal):
                raise
            return False
        return next(check(database), None) is None


def _copy(path: Path, copy: Path) -> None:
    """Copy the file and what was last written to it; the rest is made anew by SQLite."""
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))


def _replace(path: Path, new: Path, damaged: Path) -> None:
    """Put ``new`` in the place of the damaged files, which get other names and are never lost."""
    damaged.hardlink_to(path)
    for suffix in _SUFFIXES[1:]:
        beside = path.with_name(path.name + suffix)
        # It must be gone before the new file is there: SQLite would take it for that one's.
        if beside.exists():
            beside.rename(damaged.with_name(damaged.name + suffix))
    new.replace(path)
    synced(path.parent)


def _opened(room: Path, path: Path) -> sqlite3.Connection:
    """Open the copy of the damaged file, with a first page of ours where its own is unreadable."""
    old = room / "old"
    connection = _reader(old)
    try:
        connection.execute("SELECT 1 FROM runs, events, blobs LIMIT 0")
        return connection
    except sqlite3.DatabaseError:
        connection.close()
    first = room / "first"
    make(first, path)
    page = bytearray(first.read_bytes()[:_PAGE])
    page[28:32] = bytes(4)  # the number of pages: SQLite then asks the file's size
    with old.open("r+b") as file:
        file.write(page)
    return _reader(old)


def _reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    # Without it SQLite refuses a file that is shorter than it should be.
    with suppress(sqlite3.DatabaseError):
        connection.execute("PRAGMA writable_schema = ON")
    return connection


def _save(
    old: sqlite3.Connection, new: sqlite3.Connection, at: str
) -> tuple[int, int, int, int, int]:
    """Copy every record that can be read, and return how many were saved and lost."""
    for run, number, token in _records(old, "runs", "run, number, token"):
        # A higher token: what was leased from the damaged file writes nothing here.
        if isinstance(run, str) and isinstance(number, int) and isinstance(token, int):
            values = (run, number, token + 1)
            new.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, '', 0)", values)
    events, named = _save_events(old, new)
    blobs = 0
    for name, content in _records(old, "blobs", "sha256, content"):
        if isinstance(content, bytes) and content_of(name, content) is not None:
            new.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (name, content))
            blobs += 1
    new.execute("INSERT INTO blob_times (sha256, kept) SELECT sha256, ? FROM blobs", (at,))
    gone = [(name, at) for name in _pruned(old)]
    new.executemany("INSERT OR IGNORE INTO blob_times VALUES (?, ?, 1)", gone)
    last = max(_one_number(new, "SELECT coalesce(max(position), 0) FROM events"), _last(old))
    new.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (last,))
    known = {row[0] for row in new.execute("SELECT sha256 FROM blob_times")}
    # Known to be gone from now on, and no damage a second time.
    lost = [(name, at) for name in sorted(named - known)]
    new.executemany("INSERT INTO blob_times VALUES (?, ?, 1)", lost)
    new.commit()
    runs = _one_number(new, "SELECT count(*) FROM runs")
    return events, last - events, blobs, len(lost), runs


def _save_events(old: sqlite3.Connection, new: sqlite3.Connection) -> tuple[int, set[str]]:
    """Copy the events, and return how many they were and which blobs they speak of."""
    histories: dict[str, list[Entry]] = {}
    for position, run, at, event in _records(old, "events", "position, run, at, event"):
        is_whole = isinstance(run, str) and isinstance(at, str) and isinstance(event, bytes)
        if is_whole and not unreadable(event):
            entry = Entry(position, run, at, decode(event, Event))
            histories.setdefault(run, []).append(entry)
    for run, entries in histories.items():
        # Where one was lost, what followed on it may mean nothing any more.
        if not fits_together(entries):
            lengths = range(1, len(entries))
            del entries[bisect_left(lengths, 1, key=lambda n: not fits_together(entries[:n])) :]
        new.execute(
            "INSERT OR IGNORE INTO runs SELECT ?, coalesce(max(number), 0) + 1, 0, '', 0 FROM runs",
            (run,),
        )
    saved = [entry for entries in histories.values() for entry in entries]
    rows = [(entry.position, entry.run, entry.at, encode(entry.event)) for entry in saved]
    new.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", sorted(rows))
    return len(rows), {name for entry in saved for name in kept_by(entry.event.data)}


def _pruned(old: sqlite3.Connection) -> list[str]:
    try:
        rows = old.execute("SELECT sha256 FROM blob_times WHERE pruned").fetchall()
    except sqlite3.DatabaseError:
        return []
    return [row[0] for row in rows]


def _last(old: sqlite3.Connection) -> int:
    """Return the last position that was ever given, as far as that can be read."""
    try:
        return _one_number(old, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence")
    except sqlite3.DatabaseError:
        return 0


def _one_number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _records(old: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the records of a table that can be read, by number, a few at once where that works."""
    try:
        last = _one_number(old, f"SELECT coalesce(max(rowid), 0) FROM {table}")  # noqa: S608 - ours
    except sqlite3.DatabaseError:
        last = _pages(old) * _RECORDS_PER_PAGE
    query = f"SELECT {columns} FROM {table} WHERE rowid BETWEEN ? AND ?"  # noqa: S608 - the same
    for first in range(1, last + 1, _CHUNK):
        try:
            yield from old.execute(query, (first, first + _CHUNK - 1)).fetchall()
        except sqlite3.DatabaseError:
            for number in range(first, first + _CHUNK):
                with suppress(sqlite3.DatabaseError):
                    yield from old.execute(query, (number, number)).fetchall()


def _pages(old: sqlite3.Connection) -> int:
    try:
        return _one_number(old, "PRAGMA page_count")
    except sqlite3.DatabaseError:
        return 0
