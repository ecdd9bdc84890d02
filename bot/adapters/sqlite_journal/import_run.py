"""A run from another machine is taken into this journal: all of it, its new end, or nothing.

The file is a stranger's. Each record is checked by itself and the events as a whole before any of
it counts, in one transaction.
"""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.adapters.sqlite_journal.import_bundle import place_of, write_bundle
from bot.adapters.sqlite_journal.integrity import fits_together
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.run_file import (
    MAX_CONTENT_BYTES,
    RUN_FORMAT,
    ContentLine,
    Damaged,
    EntryLine,
    Header,
    Line,
    RunFileRefusal,
    lines_of,
    opened,
    require_run_name,
    unpacked,
)
from validators.encoding import encode
from workflows.run import Entry

_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
# All contents of a file together, unpacked: a small file must not fill a disk either.
_MAX_TOTAL_BYTES = 4 * MAX_CONTENT_BYTES


@dataclass(frozen=True, slots=True)
class Imported:
    """What was new. ``damage`` says where a file that was salvaged stopped being readable."""

    run: str
    entries: int
    blobs: int
    bundle: bool
    damage: str = ""


def import_run(path: Path, journal: SqliteJournal, bundles: Path, *, salvage: bool) -> Imported:
    """Take in the run of a file; the same file twice is the same as once.

    A run that is here already gets only the events after those it has. RunFileRefusal for a history
    that is another than the one here, and for a damaged file, unless ``salvage`` takes what stands
    before the damage.
    """
    try:
        taking, place, damage = _import(path, journal, bundles, salvage=salvage)
        if place is not None:
            write_bundle(place, taking.bundle)
    except RunFileRefusal as refusal:
        raise RunFileRefusal(f"{path}: {refusal}") from refusal
    has_bundle = place is not None
    return Imported(taking.run, taking.new_entries, taking.new_blobs, has_bundle, damage)


def _import(
    path: Path, journal: SqliteJournal, bundles: Path, *, salvage: bool
) -> tuple["_Taking", Path | None, str]:
    """Take a file into the journal; return where its bundle is to be written, and any damage."""
    with opened(path) as file, journal.database.writing() as connection:
        taking = _Taking(journal, connection)
        damage = taking.take(lines_of(file)) or ("" if taking.entries else "it holds no event")
        if damage and not (salvage and taking.entries):
            raise RunFileRefusal(
                f"the file is damaged: {damage}. Nothing was taken from it; export the run once"
                " more, or take what stands before that with --salvage"
            )
        if not fits_together(taking.entries):
            raise RunFileRefusal(
                "its events do not fit together: this is no history of a run; export it once more"
            )
        entries = journal.read(taking.run)
        place = place_of(taking.bundle, entries, bundles) if taking.bundle else None
        return taking, place, damage


class _Taking:
    """What is read of one file, in the transaction that keeps or forgets it."""

    def __init__(self, journal: SqliteJournal, connection: sqlite3.Connection) -> None:
        self._journal = journal
        self._connection = connection
        self._known: list[tuple[str, bytes]] = []
        self._named: set[str] = set()
        self._unpacked_bytes = 0
        self.run = ""
        self.entries: list[Entry] = []
        self.new_entries = 0
        self.new_blobs = 0
        self.bundle = b""

    def take(self, lines: Iterator[Line]) -> str:
        """Take every line up to the first that is damaged; return what is wrong with that one."""
        taken = 0
        try:
            for line in lines:
                self._take(line)
                taken += 1
        except Damaged as why:
            return f"line {taken + 1} {why}"
        return ""

    def _take(self, line: Line) -> None:
        if (line.header is None) != bool(self.run):
            raise Damaged("is no record that belongs there")
        if line.header is not None:
            self._begin(line.header)
        elif line.entry is not None:
            self._entry(line.entry)
        elif line.blob is not None:
            self._blob(line.blob)
        elif line.pruned is not None:
            self._pruned(line.pruned)
        elif line.bundle is not None:
            self.bundle = self._content(line.bundle)[1]

    def _begin(self, header: Header) -> None:
        if header.format != RUN_FORMAT:
            raise RunFileRefusal(
                f"its format is {header.format[:100]!r}, not {RUN_FORMAT!r}; import it with the"
                " version of changewright that wrote it, or upgrade"
            )
        self.run = require_run_name(header.run)
        self._journal.require_free(self._connection, self.run)
        query = "SELECT at, event FROM events WHERE run = ? ORDER BY position"
        self._known = self._connection.execute(query, (self.run,)).fetchall()

    def _entry(self, line: EntryLine) -> None:
        if _AT.fullmatch(line.at) is None:
            raise Damaged("has no time")
        number, event = len(self.entries), encode(line.event)
        if number < len(self._known):
            if self._known[number] != (line.at, event):
                raise RunFileRefusal(
                    f"run {self.run} has another history here: they differ from event"
                    f" {number + 1} on ({line.event.kind}). Both were written on; keep the one you"
                    " want, and import the other with another --state"
                )
        else:
            self._append(line.at, event)
        self.entries.append(Entry(line.position, self.run, line.at, line.event))
        self._named.update(kept_by(line.event.data))

    def _append(self, at: str, event: bytes) -> None:
        if not self.new_entries:
            # Whoever had a lease that ran out must not write on after the new end.
            self._connection.execute(
                "INSERT INTO runs SELECT ?1, coalesce(max(number), 0) + 1, 0, '', 0 FROM runs"
                " WHERE true ON CONFLICT (run) DO UPDATE SET token = token + 1, owner = ''",
                (self.run,),
            )
        self._connection.execute(
            "INSERT INTO events (run, at, event) VALUES (?, ?, ?)", (self.run, at, event)
        )
        self.new_entries += 1

    def _blob(self, line: ContentLine) -> None:
        if line.sha256 not in self._named:
            raise Damaged("holds a blob that no event speaks of")
        compressed, _ = self._content(line)
        self.new_blobs += self._connection.execute(
            "INSERT OR IGNORE INTO blobs (sha256, content) VALUES (?, ?)", (line.sha256, compressed)
        ).rowcount
        self._connection.execute(
            "INSERT OR REPLACE INTO blob_times (sha256, kept) VALUES (?, ?)",
            (line.sha256, self._journal.now_iso()),
        )

    def _pruned(self, name: str) -> None:
        if name not in self._named:
            raise Damaged("names a blob that no event speaks of")
        if not self._connection.execute("SELECT 1 FROM blobs WHERE sha256 = ?", (name,)).fetchone():
            self._connection.execute(
                "INSERT OR IGNORE INTO blob_times VALUES (?, ?, 1)", (name, self._journal.now_iso())
            )

    def _content(self, line: ContentLine) -> tuple[bytes, bytes]:
        compressed, content = unpacked(line)
        self._unpacked_bytes += len(content)
        if self._unpacked_bytes > _MAX_TOTAL_BYTES:
            raise RunFileRefusal(f"it unpacks to more than {_MAX_TOTAL_BYTES} bytes")
        return compressed, content
