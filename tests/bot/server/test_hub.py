"""One reader of the journal for all who watch, whatever they do."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.server import hub as hub_module
from bot.server.hub import MOST_VIEWERS, Hub, HubRefusal, Viewer
from tests.bot.server.watching import AT, PATIENCE_S, started, tell
from workflows.recorder import leased
from workflows.run import Event


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", lambda: AT, lambda: 1_000_000.0)
    tell(journal, "r1", started())
    yield journal
    journal.close()


@pytest.fixture
def hub(journal: SqliteJournal) -> Iterator[Hub]:
    hub = Hub(journal, leases_s=0.05)
    yield hub
    hub.close()


def readers() -> int:
    return sum(one.name == "journal-reader" for one in threading.enumerate())


async def until_end(viewer: Viewer) -> list[int]:
    """Return the positions that a viewer is handed until it is told that nobody writes."""
    found: list[int] = []
    async with asyncio.timeout(PATIENCE_S):
        while not (viewer.is_abandoned or viewer.trouble):
            found += [entry.position for entry in await viewer.next(1.0)]
    return found + [entry.position for entry in await viewer.next(0.0)]


async def at_least(viewer: Viewer, count: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            found += [entry.position for entry in await viewer.next(1.0)]
    return found


def test_many_viewers_are_handed_each_event_by_one_reader(journal: SqliteJournal, hub: Hub) -> None:
    before = readers()

    async def watch() -> list[list[int]]:
        with ExitStack() as stack:
            pen = stack.enter_context(leased(journal, "r1", "me"))
            viewers = [stack.enter_context(hub.watching("r1", 1)) for _ in range(20)]
            other = stack.enter_context(hub.watching("r2", 1))
            assert readers() == before + 1
            for _ in range(3):
                await asyncio.to_thread(journal.append, pen, Event("run.resumed"))
            found = [await at_least(viewer, 3) for viewer in viewers]
            assert await other.next(0.0) == ()
            return found

    assert asyncio.run(watch()) == [[2, 3, 4]] * 20


def test_the_reader_ends_with_the_last_viewer_and_begins_with_the_next(
    journal: SqliteJournal, hub: Hub
) -> None:
    async def watch() -> list[int]:
        with leased(journal, "r1", "me") as pen:
            with hub.watching("r1", 1):
                pass
            await asyncio.to_thread(journal.append, pen, Event("run.resumed"))
            with hub.watching("r1", 1) as viewer:
                return await at_least(viewer, 1)

    assert asyncio.run(watch()) == [2]
    assert hub.viewers == 0


def test_a_run_whose_writer_died_is_told_after_all_that_it_wrote(
    journal: SqliteJournal, hub: Hub
) -> None:
    async def watch() -> list[int]:
        with hub.watching("r1", 1) as viewer:
            with leased(journal, "r1", "me") as pen:
                for _ in range(5):
                    journal.append(pen, Event("run.resumed"))
            return await until_end(viewer)

    found = asyncio.run(watch())
    assert sorted(set(found)) == [2, 3, 4, 5, 6]


def test_a_viewer_that_takes_nothing_is_dropped_and_slows_nobody(
    journal: SqliteJournal, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "_MOST_WAITING", 3)

    async def watch() -> tuple[bool, list[int], tuple[object, ...]]:
        with (
            leased(journal, "r1", "me") as pen,
            hub.watching("r1", 1) as slow,
            hub.watching("r1", 1) as quick,
        ):
            found: list[int] = []
            for _ in range(6):
                await asyncio.to_thread(journal.append, pen, Event("run.resumed"))
                found += await at_least(quick, 1)
            return slow.is_dropped, found, await slow.next(0.0)

    assert asyncio.run(watch()) == (True, [2, 3, 4, 5, 6, 7], ())


def test_no_more_can_watch_than_there_is_room_for(journal: SqliteJournal, hub: Hub) -> None:
    async def watch() -> None:
        with ExitStack() as stack:
            for _ in range(MOST_VIEWERS):
                stack.enter_context(hub.watching("r1", 1))
            with pytest.raises(HubRefusal, match="close one of"):
                stack.enter_context(hub.watching("r1", 1))

    asyncio.run(watch())
    assert hub.viewers == 0


def test_a_journal_that_is_gone_is_told_to_who_watches(
    tmp_path: Path, journal: SqliteJournal, hub: Hub
) -> None:
    async def watch() -> str:
        with leased(journal, "r1", "me"), hub.watching("r1", 1) as viewer:
            (tmp_path / "journal.sqlite").rename(tmp_path / "elsewhere.sqlite")
            await until_end(viewer)
            (tmp_path / "elsewhere.sqlite").rename(tmp_path / "journal.sqlite")
            return viewer.trouble

    assert "the journal was removed" in asyncio.run(watch())


def test_a_hub_that_was_closed_lets_nobody_watch(journal: SqliteJournal) -> None:
    hub = Hub(journal)
    hub.close()

    async def watch() -> None:
        with hub.watching("r1", 1):
            pass

    with pytest.raises(HubRefusal):
        asyncio.run(watch())


def test_what_comes_for_a_loop_that_was_closed_is_nobodys(journal: SqliteJournal) -> None:
    async def made() -> Viewer:
        return Viewer("r1")

    viewer = asyncio.run(made())
    viewer.hand(journal.read("r1")[0])
    viewer.tell(trouble="late")
    assert viewer.trouble == ""
