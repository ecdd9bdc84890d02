"""Old blobs go, and nothing that a run still needs; what happened stays known."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.integrity import check
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.retention import Pruned, ended, iso, prune
from workflows.ports import JournalRefusal
from workflows.run import Event

DAY = 86_400.0
START = 1_800_000_000.0
LARGE = 1024**3
KIB = 1024


class Clock:
    """The time of leases and of entries, moved by hand."""

    def __init__(self) -> None:
        self.seconds = START

    def now(self) -> float:
        return self.seconds

    def now_iso(self) -> str:
        return iso(self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[SqliteJournal]:
    path = tmp_path / "journal.sqlite"
    with closing(SqliteJournal(path, clock.now_iso, clock.now)) as opened:
        yield opened


def work(
    journal: SqliteJournal, run: str, *contents: bytes, then: tuple[Event, ...] = ()
) -> list[str]:
    """Write a run that keeps ``contents``, and return their names."""
    fence = journal.lease(run, "me")
    names = [journal.put_blob(content) for content in contents]
    for name in names:
        journal.append(fence, Event("prompt.sent", {"conversation": name}))
    for event in then:
        journal.append(fence, event)
    journal.release(fence)
    return names


FINISHED = Event("run.finished", {"state": "nothing", "verdict": "fail", "why": ""})
INTENDED = Event("effect.intended", {"key": "push:b", "kind": "push", "request": {}})
SETTLED = Event("effect.settled", {"key": "push:b", "outcome": {}})


def size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.iterdir())


def test_blobs_of_runs_that_ended_long_ago_are_dropped_and_their_events_kept(
    journal: SqliteJournal, clock: Clock
) -> None:
    old = work(journal, "old", os.urandom(KIB), os.urandom(KIB), then=(FINISHED,))
    clock.seconds += 60 * DAY
    young = work(journal, "young", os.urandom(KIB), then=(FINISHED,))
    clock.seconds += 31 * DAY
    done = prune(journal, 90, LARGE, clock.seconds)
    assert (done.runs, done.blobs, done.blob_bytes > 2 * KIB) == (1, 2, True)
    assert len(journal.read("old")) == 3
    assert [journal.has_blob(name) for name in old + young] == [False, False, True]
    with pytest.raises(JournalRefusal, match="was it pruned"):
        journal.get_blob(old[0])
    assert list(check(journal.database)) == []
    assert prune(journal, 90, LARGE, clock.seconds) == Pruned()


def test_a_run_that_has_not_ended_keeps_its_blobs_however_old(
    journal: SqliteJournal, clock: Clock
) -> None:
    resumed = (FINISHED, Event("run.resumed"))
    half_published = (FINISHED, INTENDED)
    names = [
        *work(journal, "open", b"open"),
        *work(journal, "resumed", b"resumed", then=resumed),
        *work(journal, "half-published", b"half", then=half_published),
    ]
    published = (FINISHED, INTENDED, SETTLED, Event("review.recorded"))
    over = work(journal, "published", b"published", then=published)
    clock.seconds += 1_000 * DAY
    assert prune(journal, 90, 0, clock.seconds).runs == 1
    assert all(journal.has_blob(name) for name in names)
    assert not journal.has_blob(over[0])
    assert ended(journal, 90, clock.seconds) == {"published"}


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("run.finished", "run.tomorrow"),
        ('{"data":{"state"', "{"),
        ("run.finished", "effect.settled"),
    ],
)
def test_a_run_that_cannot_be_read_keeps_its_blobs(
    journal: SqliteJournal, clock: Clock, there: str, instead: str
) -> None:
    (name,) = work(journal, "newer", b"words", then=(FINISHED, FINISHED))
    with journal.database.writing() as connection:
        connection.execute(
            "UPDATE events SET event = CAST(replace(event, ?, ?) AS BLOB) WHERE position = 3",
            (there, instead),
        )
    clock.seconds += 1_000 * DAY
    assert prune(journal, 90, 0, clock.seconds) == Pruned()
    assert journal.has_blob(name)


def test_what_a_living_run_shares_stays(journal: SqliteJournal, clock: Clock) -> None:
    work(journal, "over-1", b"shared", b"of two that ended", then=(FINISHED,))
    work(journal, "over-2", b"of two that ended", then=(FINISHED,))
    shared = work(journal, "open", b"shared")
    clock.seconds += 100 * DAY
    done = prune(journal, 90, LARGE, clock.seconds)
    assert done.blobs == 1
    assert journal.get_blob(shared[0]) == b"shared"


def test_the_oldest_go_first_until_the_rest_is_small_enough(
    journal: SqliteJournal, clock: Clock
) -> None:
    names = []
    for number in range(5):
        names += work(journal, f"run-{number}", os.urandom(100 * KIB), then=(FINISHED,))
        clock.seconds += DAY
    assert prune(journal, 90, 250 * KIB, clock.seconds).runs == 3
    assert [journal.has_blob(name) for name in names] == [False, False, False, True, True]


def test_a_run_that_is_being_written_is_left_alone(journal: SqliteJournal, clock: Clock) -> None:
    (name,) = work(journal, "run-1", b"words", then=(FINISHED,))
    clock.seconds += 1_000 * DAY
    fence = journal.lease("run-1", "somebody who resumes it")
    assert prune(journal, 90, 0, clock.seconds) == Pruned()
    journal.release(fence)
    assert prune(journal, 90, 0, clock.seconds).blobs == 1
    assert not journal.has_blob(name)


def test_what_was_put_a_moment_ago_is_left_for_the_event_that_will_speak_of_it(
    journal: SqliteJournal, clock: Clock
) -> None:
    (name,) = work(journal, "over", b"words", then=(FINISHED,))
    clock.seconds += 1_000 * DAY
    assert journal.put_blob(b"words") == name
    alone = journal.put_blob(b"of a run that is just beginning")
    assert prune(journal, 90, 0, clock.seconds) == Pruned()
    clock.seconds += DAY + 1
    assert prune(journal, 90, 0, clock.seconds).blobs == 2
    assert not journal.has_blob(alone)


def test_space_is_given_back_to_the_disk(
    journal: SqliteJournal, clock: Clock, tmp_path: Path
) -> None:
    for number in range(30):
        work(journal, f"run-{number}", os.urandom(512 * KIB), then=(FINISHED,))
    path = tmp_path / "journal.sqlite"
    before = size(path)
    clock.seconds += 100 * DAY
    done = prune(journal, 90, LARGE, clock.seconds)
    assert done.blob_bytes > 15 * KIB**2
    assert size(path) < before / 10
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # The file is the same one still: whoever has it open goes on.
    work(journal, "run-30", b"words")


def test_a_reader_in_the_way_does_not_stop_it(
    journal: SqliteJournal, clock: Clock, tmp_path: Path
) -> None:
    work(journal, "run-1", os.urandom(KIB), then=(FINISHED,))
    clock.seconds += 100 * DAY
    with closing(sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM blobs").fetchone()
        journal.database._connection().execute("PRAGMA busy_timeout = 50")
        assert prune(journal, 90, LARGE, clock.seconds).blobs == 1
