"""A journal is read from end to end, and each thing wrong with it is said with what to do."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.adapters.sqlite_journal.database import Database, is_undamaged
from validators.encoding import EncodingRefusal, decode, digest, encode
from workflows.budget import spent
from workflows.history import history_of
from workflows.ports import JournalRefusal
from workflows.run import Entry, Event, RunSummary, effects, summarise

_RECOVER = "save what can be read with `changewright journal recover`, or restore a copy"
_RESTORE = "restore a copy of the journal, or import the run from one; the run cannot be replayed"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing wrong with a journal. ``run`` is empty when no one run is concerned."""

    run: str
    what: str
    advice: str


def check(database: Database) -> Iterator[Damage]:
    """Yield what is wrong: the file, its references, each blob's hash, each event and its blobs.

    JournalRefusal where it is not the file that keeps it from being read.
    """
    try:
        yield from _file(database)
        yield from _events(database)
        yield from _blobs(database)
    except (JournalRefusal, sqlite3.DatabaseError) as error:
        if is_undamaged(error):
            raise
        yield Damage("", f"the journal cannot be read to its end: {error}", _RECOVER)


def content_of(sha256: str, compressed: bytes) -> bytes | None:
    """Return what a blob holds; None when it is damaged."""
    try:
        content = zlib.decompress(compressed)
    except zlib.error:
        return None
    return content if digest(content) == sha256 else None


def _file(database: Database) -> Iterator[Damage]:
    for (line,) in database.rows(f"PRAGMA integrity_check({_SHOWN})", ()):
        if line != "ok":
            yield Damage("", f"the file is damaged: {line}", _RECOVER)
    for table, row, parent, _ in database.rows("PRAGMA foreign_key_check", ())[:_SHOWN]:
        yield Damage("", f"row {row} of {table} belongs to no row of {parent}", _RECOVER)


def _events(database: Database) -> Iterator[Damage]:
    here = {row[0] for row in database.rows("SELECT sha256 FROM blobs", ())}
    pruned = {row[0] for row in database.rows("SELECT sha256 FROM blob_times WHERE pruned", ())}
    histories: dict[str, list[Entry]] = {}
    for run, position, document in database.rows(
        "SELECT run, position, event FROM events ORDER BY position", ()
    ):
        trouble = unreadable(document)
        if trouble:
            yield Damage(run, f"entry {position} cannot be read: {trouble}", _RECOVER)
            continue
        for name in dict.fromkeys(kept_by(json.loads(document)["data"])):
            if name not in here and name not in pruned:
                yield Damage(run, f"entry {position} speaks of blob {name}, not here", _RESTORE)
        entry = Entry(position, run, "", decode(document, Event))
        histories.setdefault(run, []).append(entry)
    for run, entries in histories.items():
        if not fits_together(entries):
            yield Damage(run, "its events do not fit together: some are missing", _RECOVER)


def fits_together(entries: Sequence[Entry]) -> bool:
    """Whether the events of a run make a history: what reads one would stumble over another."""
    try:
        effects(entries)
        history_of(entries)
        spent(entries)
        if any(entry.event.kind == "run.started" for entry in entries):
            decode(encode(summarise(entries)), RunSummary)
    except (ArithmeticError, AttributeError, EncodingRefusal, LookupError, TypeError, ValueError):
        return False
    return True


def unreadable(document: bytes) -> str:
    """Return why an event cannot be read; empty when it can."""
    try:
        decode(document, Event)
    except EncodingRefusal as error:
        return str(error)
    return ""


def _blobs(database: Database) -> Iterator[Damage]:
    owners: dict[str, str] | None = None
    for (name,) in database.rows("SELECT sha256 FROM blobs ORDER BY rowid", ()):
        rows = database.rows("SELECT content FROM blobs WHERE sha256 = ?", (name,))
        if rows and content_of(name, rows[0][0]) is None:
            owners = _owners(database) if owners is None else owners
            yield Damage(owners.get(name, ""), f"blob {name} is damaged", _RESTORE)


def _owners(database: Database) -> dict[str, str]:
    """Return which run speaks of which blob; the last one of several."""
    rows = database.rows("SELECT run, event FROM events", ())
    readable = ((run, document) for run, document in rows if not unreadable(document))
    return {name: run for run, event in readable for name in kept_by(json.loads(event)["data"])}
