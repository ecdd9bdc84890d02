"""Runs by state, campaigns, words and figures of a journal, each found without reading it all.

It is brought up to date before it is asked, from where it was left: what a page shows is what the
journal held when the page was asked for, unless there is much to read at once.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_catalogue.intake import take_in
from bot.adapters.sqlite_catalogue.query import matching
from bot.adapters.sqlite_catalogue.rows import CampaignRow, Hit, RunRow
from bot.adapters.sqlite_catalogue.schema import begin, connect, explained, remove
from validators.encoding import decode
from workflows.ports import Journal
from workflows.run import Entry, RunSummary
from workflows.run_facts import RunFacts

# Events that are read before a page is answered, and in one transaction.
AT_ONCE = 2_000
_BEHIND_ALL = 1 << 62


class Catalogue:
    """One file beside a journal, read and brought up to date by many threads and processes."""

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        with explained(path):
            begin(path)
            if not self._is_of_this_journal():
                self.close()
                remove(path)
                begin(path)

    def close(self) -> None:
        """End the connections of this process."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._local = threading.local()

    def catch_up(self, most: int = AT_ONCE) -> bool:
        """Read at most ``most`` events that are new; return whether that was all of them."""
        after = self.position
        batch = list(islice(self._journal.follow(after), most))
        if batch:
            with self._writing() as connection:
                # Another process, or thread, may have been here meanwhile.
                if self.position == after:
                    self._take(connection, batch)
        return len(batch) < most

    @property
    def position(self) -> int:
        """The last entry of the journal that was read."""
        return int(self._rows("SELECT position FROM progress")[0][0])

    def runs(self, state: str = "", *, before: int = 0, limit: int = 50) -> tuple[RunRow, ...]:
        """Return runs, the last begun first: of one state, and begun before a place, if asked.

        States are those that people are told (`state_in_words`).
        """
        place = before or _BEHIND_ALL
        if state:
            found = self._rows(
                "SELECT first, summary, number, campaign FROM runs WHERE state = ? AND first < ?"
                " ORDER BY first DESC LIMIT ?",
                (state, place, limit),
            )
        else:
            found = self._rows(
                "SELECT first, summary, number, campaign FROM runs WHERE first < ?"
                " ORDER BY first DESC LIMIT ?",
                (place, limit),
            )
        return tuple(map(_run_row, found))

    def runs_of(self, number: int, limit: int = 20) -> tuple[RunRow, ...]:
        """Return the runs that worked on a pull request, the last begun first."""
        found = self._rows(
            "SELECT first, summary, number, campaign FROM runs WHERE number = ? AND number != 0"
            " ORDER BY first DESC LIMIT ?",
            (number, limit),
        )
        return tuple(map(_run_row, found))

    def revisions_of(self, number: int, limit: int = 100) -> tuple[RunRow, ...]:
        """Return the runs that were to revise a pull request, the last begun first."""
        found = self._rows(
            "SELECT first, summary, number, campaign FROM runs WHERE revises = ? AND revises != 0"
            " ORDER BY first DESC LIMIT ?",
            (number, limit),
        )
        return tuple(map(_run_row, found))

    def run(self, name: str) -> RunRow | None:
        """Return the run of that name, or None."""
        found = self._rows(
            "SELECT first, summary, number, campaign FROM runs WHERE run = ?", (name,)
        )
        return _run_row(found[0]) if found else None

    def counts(self) -> Mapping[str, int]:
        """Return how many runs there are by state, as people are told it."""
        return dict(self._rows("SELECT state, count(*) FROM runs GROUP BY state"))

    def campaigns(self, *, before: int = 0, limit: int = 50) -> tuple[CampaignRow, ...]:
        """Return campaigns, the last begun first."""
        found = self._rows(
            "SELECT first, campaign, name, title, targets FROM campaigns WHERE first < ?"
            " ORDER BY first DESC LIMIT ?",
            (before or _BEHIND_ALL, limit),
        )
        return tuple(CampaignRow(*row) for row in found)

    def streams_of(self, campaign: str, after: int) -> tuple[str, ...]:
        """Return the streams that tell of a campaign and have events past a position."""
        found = self._rows(
            "SELECT s.run FROM campaign_streams c JOIN streams s ON s.run = c.stream"
            " WHERE c.campaign = ?1 AND s.last > ?2 UNION SELECT s.run FROM campaign_streams c"
            " JOIN streams s ON s.owner = c.stream WHERE c.campaign = ?1 AND s.owner != ''"
            " AND s.last > ?2",
            (campaign, after),
        )
        return tuple(row[0] for row in found)

    def search(
        self, query: str, *, before: int = 0, limit: int = 50
    ) -> tuple[tuple[int, Hit], ...]:
        """Return where all words of ``query`` stand in one step, the newest first, by place.

        Whatever else stands in the query is no word, and looked for nowhere. The last word may be
        the beginning of one.
        """
        match = matching(query)
        if not match:
            return ()
        found = self._rows(
            "SELECT rowid, run, step, kind, text FROM words WHERE words MATCH ? AND rowid < ?"
            " ORDER BY rowid DESC LIMIT ?",
            (match, before or _BEHIND_ALL, limit),
        )
        return tuple((row[0], Hit(row[1], int(row[2]), row[3], row[4])) for row in found)

    def titles(self, runs: Sequence[str]) -> Mapping[str, str]:
        """Return the titles of those of ``runs`` that are known, by name."""
        found = self._rows(
            "SELECT run, summary FROM runs WHERE run IN (SELECT value FROM json_each(?))",
            (json.dumps(list(runs)),),
        )
        return {run: decode(summary, RunSummary).title for run, summary in found}

    def campaigns_of(self, streams: Sequence[str]) -> Mapping[str, str]:
        """Return the campaigns that ``streams`` of targets belong to, by the stream's name."""
        found = self._rows(
            "SELECT stream, max(campaign) FROM campaign_streams WHERE stream IN"
            " (SELECT value FROM json_each(?)) GROUP BY stream",
            (json.dumps(list(streams)),),
        )
        return dict(found)

    def facts(self, since: str = "") -> Iterator[RunFacts]:
        """Yield the figures of runs that began at or after a moment (UTC ISO 8601)."""
        query = "SELECT facts FROM runs WHERE started >= ?"
        for row in self._connection().execute(query, (since,)):
            yield decode(row[0], RunFacts)

    def newest_start(self) -> str:
        """Return when the newest run began; "" where there is none."""
        return str(self._rows("SELECT coalesce(max(started), '') FROM runs")[0][0])

    def _take(self, connection: sqlite3.Connection, batch: Sequence[Entry]) -> None:
        by_run: dict[str, list[Entry]] = {}
        for entry in batch:
            by_run.setdefault(entry.run, []).append(entry)
        for run, new in by_run.items():
            known = connection.execute("SELECT steps FROM streams WHERE run = ?", (run,)).fetchone()
            # Of a stream that is new all of its events are.
            entries = self._journal.read(run) if known and known[0] else new
            take_in(connection, run, entries, self._journal)
        last = batch[-1]
        connection.execute(
            "UPDATE progress SET position = ?, run = ?, at = ?", (last.position, last.run, last.at)
        )

    def _is_of_this_journal(self) -> bool:
        """Whether the entry that was read last is still the one that stands there."""
        position, run, at = self._rows("SELECT position, run, at FROM progress")[0]
        if not position:
            return True
        found = next(self._journal.follow(position - 1), None)
        return found is not None and (found.position, found.run, found.at) == (position, run, at)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with explained(self._path):
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

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with explained(self._path):
            return self._connection().execute(query, tuple(values)).fetchall()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path)
            with self._lock:
                self._open.append(connection)
        return connection


def _run_row(row: tuple[Any, ...]) -> RunRow:
    return RunRow(row[0], decode(row[1], RunSummary), row[2], row[3])
