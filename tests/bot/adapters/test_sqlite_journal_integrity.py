"""Damage is found, named with its run, and all that can still be read is saved."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.integrity import Damage, check
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.recovery import Recovered, recover
from bot.adapters.sqlite_journal.schema import SCHEMA_VERSION
from tests.ending import LIMIT_S
from workflows.ports import JournalRefusal, StaleFence
from workflows.run import Event

AT = "2026-11-21T09:00:00Z"
PAGE = 4096
RUNS, EVENTS = 3, 40


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A journal with three runs of forty events, and a blob for each event."""
    place = tmp_path_factory.mktemp("whole") / "journal.sqlite"
    with closing(opened(place)) as journal:
        for run in range(RUNS):
            fence = journal.lease(f"run-{run}", "me")
            for number in range(EVENTS):
                blob = journal.put_blob(f"{run} {number} ".encode() * 400 + os.urandom(4_000))
                data = {"n": number, "words": "word " * 40, "conversation": blob}
                journal.append(fence, Event("prompt.sent", data))
            journal.release(fence)
    return place.read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    place = tmp_path / "journal.sqlite"
    place.write_bytes(whole)
    return place


def opened(path: Path) -> SqliteJournal:
    return SqliteJournal(path, lambda: AT, time.time)


def alter(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement, values)


def damages(path: Path) -> list[Damage]:
    with closing(opened(path)) as journal:
        return list(check(journal.database))


def recovered(path: Path) -> Recovered:
    done = recover(path, AT)
    assert done is not None
    assert done.damaged == f"{path}.damaged-20261121T090000Z"
    assert damages(path) == []
    return done


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


# --- what is found --------------------------------------------------------------------------------


def test_nothing_is_wrong_with_a_whole_journal(path: Path) -> None:
    before = path.read_bytes()
    assert damages(path) == []
    assert recover(path, AT) is None
    assert path.read_bytes() == before
    assert names(path) == ["journal.sqlite"]


def test_a_damaged_blob_is_found_with_its_run(path: Path) -> None:
    alter(path, "UPDATE blobs SET content = x'00' WHERE rowid = ?", EVENTS + 1)
    (found,) = damages(path)
    assert found.run == "run-1"
    assert re.fullmatch("blob [0-9a-f]{64} is damaged", found.what)
    assert "restore a copy" in found.advice


def test_a_blob_that_is_missing_is_found_and_a_pruned_one_is_none(path: Path) -> None:
    with closing(opened(path)) as journal:
        blob = journal.read("run-2")[4].event.data["conversation"]
    alter(path, "DELETE FROM blobs WHERE sha256 = ?", blob)
    (found,) = damages(path)
    assert (found.run, blob in found.what) == ("run-2", True)
    alter(path, "UPDATE blob_times SET pruned = 1 WHERE sha256 = ?", blob)
    assert damages(path) == []


def test_an_event_that_cannot_be_read_is_found(path: Path) -> None:
    alter(path, "UPDATE events SET event = x'7b' WHERE position = 5")
    (found,) = damages(path)
    assert (found.run, found.what.partition(":")[0]) == ("run-0", "entry 5 cannot be read")


def test_an_event_of_no_run_is_found(path: Path) -> None:
    alter(path, "DELETE FROM runs WHERE run = 'run-1'")
    found = damages(path)
    assert len(found) == 20
    assert {damage.what.split(" ", 2)[2] for damage in found} == {
        "of events belongs to no row of runs"
    }


def test_damaged_pages_are_found(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[PAGE * 20 : PAGE * 30] = os.urandom(PAGE * 10)
    path.write_bytes(content)
    found = damages(path)
    assert found
    assert "changewright journal recover" in found[0].advice


# --- what is saved --------------------------------------------------------------------------------


def test_all_but_what_a_damaged_page_held_is_saved(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[PAGE * 30 : PAGE * 31] = os.urandom(PAGE)
    path.write_bytes(content)
    done = recovered(path)
    total = RUNS * EVENTS
    assert (done.events + done.lost_events, done.runs) == (total, RUNS)
    assert done.lost_events + done.lost_blobs > 0
    assert done.events > total - 20
    assert done.blobs > total - 20
    assert Path(done.damaged).read_bytes() == content
    assert names(path) == ["journal.sqlite", Path(done.damaged).name]


@pytest.mark.parametrize("cut", [0, 777])
def test_of_a_truncated_file_each_complete_record_is_saved(path: Path, cut: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + cut])
    done = recovered(path)
    assert done.events + done.lost_events == RUNS * EVENTS
    assert done.events >= EVENTS
    with closing(opened(path)) as journal:
        # A position that was ever given is not given again.
        entry = journal.append(journal.lease("run-9", "me"), Event("run.started"))
        assert entry.position == RUNS * EVENTS + 1


def test_a_file_without_its_first_page_is_read_all_the_same(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(os.urandom(PAGE) + content[PAGE:])
    done = recovered(path)
    assert (done.events, done.blobs, done.lost_events) == (RUNS * EVENTS, RUNS * EVENTS, 0)


@pytest.mark.parametrize("content", [b"", b"words " * 2_000])
def test_of_what_never_was_a_journal_nothing_is_saved_and_nothing_destroyed(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    done = recovered(path)
    assert (done.events, done.blobs, done.runs) == (0, 0, 0)
    assert Path(done.damaged).read_bytes() == content


@pytest.mark.parametrize("page", [0, 30])
def test_what_was_not_yet_moved_into_the_file_is_saved_too(path: Path, page: int) -> None:
    writer = (
        "import os, sys, time; from pathlib import Path\n"
        "from bot.adapters.sqlite_journal.journal import SqliteJournal\n"
        "from workflows.run import Event\n"
        "journal = SqliteJournal(Path(sys.argv[1]), lambda: 'now', time.time)\n"
        "journal.append(journal.lease('run-8', 'me'), Event('campaign.paused'))\n"
        "os._exit(9)\n"
    )
    argv = [sys.executable, "-c", writer, str(path)]
    subprocess.run(argv, check=False, cwd=Path(__file__).parents[3], timeout=LIMIT_S)
    assert path.with_name("journal.sqlite-wal").stat().st_size > 0
    content = bytearray(path.read_bytes())
    content[PAGE * page : PAGE * (page + 1)] = os.urandom(PAGE)
    path.write_bytes(content)
    recovered(path)
    with closing(opened(path)) as journal:
        assert len(journal.read("run-8")) == 1


def test_lost_blobs_and_events_are_left_out_and_counted_once(path: Path) -> None:
    alter(path, "UPDATE blobs SET content = x'00' WHERE rowid IN (3, 4)")
    alter(path, "UPDATE events SET event = x'7b' WHERE position = 80")
    done = recovered(path)
    assert (done.lost_events, done.lost_blobs) == (1, 2)
    assert recover(path, AT) is None


def test_what_followed_on_a_lost_event_and_means_nothing_without_it_is_left_out(path: Path) -> None:
    with closing(opened(path)) as journal:
        fence = journal.lease("run-1", "me")
        effect = {"key": "push:b", "kind": "push", "request": {}}
        lost = journal.append(fence, Event("effect.intended", effect))
        journal.append(fence, Event("effect.settled", {"key": "push:b", "outcome": {}}))
    alter(path, "DELETE FROM events WHERE position = ?", lost.position)
    (found,) = damages(path)
    assert (found.run, found.what) == ("run-1", "its events do not fit together: some are missing")
    done = recovered(path)
    assert (done.events, done.lost_events) == (RUNS * EVENTS, 2)


def test_who_was_at_work_on_the_damaged_file_stops(path: Path) -> None:
    alter(path, "UPDATE blobs SET content = x'00' WHERE rowid = 1")
    with closing(opened(path)) as journal:
        fence = journal.lease("run-0", "me")
        recovered(path)
        with pytest.raises(JournalRefusal, match="was removed, replaced or cut short"):
            journal.append(fence, Event("run.finished"))
    with closing(opened(path)) as journal, pytest.raises(StaleFence):
        journal.append(fence, Event("run.finished"))


def test_a_newer_or_foreign_file_is_not_recovered(path: Path) -> None:
    alter(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(JournalRefusal, match="written by a newer changewright"):
        recover(path, AT)
    alter(path, "PRAGMA application_id = 7")
    with pytest.raises(JournalRefusal, match="is not a journal of changewright"):
        recover(path, AT)
    assert len(path.read_bytes()) == len(before)
    with pytest.raises(JournalRefusal, match="there is no journal"):
        recover(path.with_name("another"), AT)


def test_a_recovery_that_cannot_be_written_leaves_everything(path: Path) -> None:
    alter(path, "UPDATE blobs SET content = x'00' WHERE rowid = 1")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from bot.adapters.sqlite_journal.recovery import recover\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "recover(Path(sys.argv[1]), 'now')\n"
    )
    argv = [sys.executable, "-c", program, str(path)]
    cwd = Path(__file__).parents[3]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=cwd, timeout=LIMIT_S
    )
    assert "JournalRefusal" in done.stderr
    assert "the damaged file stays where it is. Make room beside it" in done.stderr
    assert names(path) == ["journal.sqlite"]


@pytest.fixture(autouse=True)
def nothing_left(path: Path) -> Iterator[None]:
    yield
    assert [name for name in names(path) if "unfinished" in name] == []


def test_what_stands_beside_the_file_is_no_damage_of_it(path: Path) -> None:
    (path.parent / "journal.sqlite-wal").mkdir()  # as on a full disk: it cannot be made
    before = path.read_bytes()

    with pytest.raises(JournalRefusal, match="unable to open database file; make the file"):
        damages(path)
    with pytest.raises(JournalRefusal, match="unable to open database file; make the file"):
        recover(path, AT)

    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, f"{path.name}-wal"]


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version = 0",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = -1",
        "DROP TABLE holders",
        "DROP TABLE events",
    ],
)
def test_a_file_without_the_tables_of_its_schema_is_damaged_and_recovered(
    path: Path, statement: str
) -> None:
    alter(path, statement)

    with pytest.raises(JournalRefusal, match="its tables are not those of schema"):
        read_a_run(path)
    (found,) = damages(path)
    assert "its tables are not those of schema" in found.what
    saved = recover(path, AT)

    assert saved is not None
    assert saved.events == (0 if "events" in statement else RUNS * EVENTS)
    assert damages(path) == []


def read_a_run(path: Path) -> None:
    with closing(opened(path)) as journal:
        journal.read("run-0")
