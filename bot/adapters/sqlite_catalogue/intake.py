"""What a catalogue keeps of each stream of a journal, written again when that has grown."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Protocol

from validators.encoding import EncodingRefusal, decode, encode
from workflows.campaign import Campaign
from workflows.campaign_streams import CampaignStreams
from workflows.ports import JournalRefusal
from workflows.run import Entry, RunSummary, state_in_words, summarise
from workflows.run_facts import FactsRefusal, RunFacts, facts_of
from workflows.search_words import words_of

_BEGINS = frozenset({"target.started", "author.started"})
_CAMPAIGN = "campaign-"


class Blobs(Protocol):
    """Where a campaign's plan is kept."""

    def get_blob(self, sha256: str) -> bytes:
        """Return a blob; JournalRefusal when it is missing."""
        ...


def take_in(
    connection: sqlite3.Connection, run: str, entries: Sequence[Entry], blobs: Blobs
) -> None:
    """Keep what ``entries``, all of one stream and oldest first, say."""
    known = connection.execute("SELECT steps, owner FROM streams WHERE run = ?", (run,)).fetchone()
    steps, owner = known or (0, "")
    base = run.partition(".")[0]
    if not owner and base != run:
        found = connection.execute("SELECT owner FROM streams WHERE run = ?", (base,)).fetchone()
        owner = found[0] if found else ""
    connection.execute(
        "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?)",
        (run, entries[-1].position, len(entries), owner),
    )
    # A step never changes, so what was found in it once stays true.
    connection.executemany(
        "INSERT INTO words (run, step, kind, text) VALUES (?, ?, ?, ?)",
        [(run, one.step, one.kind, _storable(one.words)) for one in words_of(entries, steps)],
    )
    for entry in entries[steps:]:
        if entry.event.kind in _BEGINS:
            _own(connection, str(entry.event.data["run"]), run)
        elif entry.event.kind == "campaign.started":
            _take_campaign(connection, entry, blobs)
    _take_run(connection, run, entries)


def _own(connection: sqlite3.Connection, run: str, owner: str) -> None:
    connection.execute(
        "INSERT INTO streams VALUES (?1, 0, 0, ?2) ON CONFLICT (run) DO UPDATE SET owner = ?2",
        (run, owner),
    )


def _take_run(connection: sqlite3.Connection, run: str, entries: Sequence[Entry]) -> None:
    """Keep a run's line and figures; one that an odd event makes unreadable is left as it was."""
    read = read_run(entries)
    if read is None:
        return
    summary, facts, campaign = read
    state = state_in_words(summary.state, summary.verdict)
    row = (entries[0].position, run, state, summary.started, facts.number)
    connection.execute(
        "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, facts.revises, campaign, encode(summary), encode(facts)),
    )


def read_run(entries: Sequence[Entry]) -> tuple[RunSummary, RunFacts, str] | None:
    """Return the line, the figures and the campaign of a run; None of what is none, or odd."""
    begun = [one.event.data for one in entries if one.event.kind == "run.started"]
    if not begun:
        return None
    try:
        summary = summarise(entries)
        facts = facts_of(entries)[summary.id]
        return summary, facts, _text_of(begun[0], "campaign")
    except (FactsRefusal, AttributeError, KeyError, TypeError, ValueError):
        return None


def _take_campaign(connection: sqlite3.Connection, entry: Entry, blobs: Blobs) -> None:
    """Keep which streams a campaign is told by, as far as its plan can still be read."""
    key = entry.run.removeprefix(_CAMPAIGN)
    try:
        campaign = decode(blobs.get_blob(str(entry.event.data["plan"])), Campaign)
    except (JournalRefusal, EncodingRefusal):
        return
    streams = {entry.run, *(f"target-{one.key}" for one in campaign.targets)}
    author = CampaignStreams(campaign).author
    connection.executemany(
        "INSERT OR IGNORE INTO campaign_streams VALUES (?, ?)",
        [(key, stream) for stream in (*streams, author) if stream],
    )
    title = _storable(campaign.template.title)
    connection.execute(
        "INSERT INTO campaigns VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (campaign)"
        " DO UPDATE SET name = ?3, title = ?4, targets = ?5",
        (entry.position, key, campaign.name, title, len(campaign.targets)),
    )


def _text_of(data: Mapping[str, object], name: str) -> str:
    return str(data.get(name) or "")


def _storable(text: str) -> str:
    """Return text that SQLite takes: a path that is not UTF-8 holds what it does not."""
    return text.encode("utf-8", "backslashreplace").decode()
