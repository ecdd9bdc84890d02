"""What every Journal does, whatever keeps it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import joined
from validators.encoding import digest
from workflows.ports import Held, Journal, JournalRefusal, StaleFence, Withheld
from workflows.run import Event, Fence

NOW_ISO = "2026-11-21T09:00:00Z"


class Clock:
    """The seconds of leases, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite"])
def connect(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Journal]]:
    """Return what opens the same journal once more, as another process would."""
    opened: list[SqliteJournal] = []

    def open_one() -> Journal:
        opened.append(SqliteJournal(tmp_path / "state" / "journal.db", lambda: NOW_ISO, clock.now))
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(connect: Callable[[], Journal]) -> Journal:
    return connect()


def test_an_event_is_read_as_it_was_written(
    journal: Journal, connect: Callable[[], Journal]
) -> None:
    data = {"words": "ü\n漢字", "counts": [1, 2.5, None, True], "inner": {"b": 1, "a": []}}
    fence = journal.lease("run-1", "me")
    first = journal.append(fence, Event("run.started", data))
    second = journal.append(fence, Event("run.finished"))
    assert first.event == Event("run.started", data)
    assert (first.run, first.at) == ("run-1", NOW_ISO)
    assert second.position > first.position
    assert connect().read("run-1") == [first, second]


def test_what_was_appended_is_what_is_read(journal: Journal) -> None:
    # Tuples and nouns become what JSON knows, at once and not only when read again.
    fence = journal.lease("run-1", "me")
    entry = journal.append(fence, Event("scope.selected", {"files": ("a.py", "b.py")}))
    assert entry.event.data == {"files": ["a.py", "b.py"]}
    assert journal.read("run-1") == [entry]


def test_runs_are_told_apart_and_listed_newest_first(journal: Journal) -> None:
    for run in ("run-b", "run-a", "run-c"):
        journal.append(journal.lease(run, "me"), Event("run.started", {"run": run}))
    journal.lease("run-without-events", "me")
    journal.append(journal.lease("run-b", "me"), Event("run.finished"))
    assert journal.runs() == ["run-c", "run-a", "run-b"]
    assert journal.runs(limit=2) == ["run-c", "run-a"]
    assert [entry.event.kind for entry in journal.read("run-b")] == ["run.started", "run.finished"]
    assert journal.read("run-without-events") == []
    assert journal.read("never") == []


def test_a_living_lease_is_not_taken_by_another(
    journal: Journal, connect: Callable[[], Journal], clock: Clock
) -> None:
    fence = journal.lease("run-1", "me", ttl_s=60)
    with pytest.raises(Held, match=r"run-1 is being written by me \(.*\) for another 60 s"):
        connect().lease("run-1", "you")
    clock.seconds += 59.9
    with pytest.raises(Held):
        connect().lease("run-1", "you")
    assert connect().holder("run-1") == "me"
    journal.append(fence, Event("run.started"))
    assert connect().lease("run-2", "you").token == 1


def test_a_lease_that_ran_out_is_taken_over_and_the_old_one_is_stale(
    journal: Journal, connect: Callable[[], Journal], clock: Clock
) -> None:
    old = journal.lease("run-1", "me", ttl_s=60)
    clock.seconds += 60
    other = connect()
    assert other.holder("run-1") == ""
    new = other.lease("run-1", "you")
    assert new.token > old.token
    for attempt in (
        lambda: journal.append(old, Event("run.started")),
        lambda: journal.renew(old),
    ):
        with pytest.raises(StaleFence, match=r"no longer me's to write.* and you holds it now"):
            attempt()
    journal.release(old)
    other.append(new, Event("run.started"))
    assert len(journal.read("run-1")) == 1


def test_the_same_owner_takes_its_own_lease_over_at_once(journal: Journal) -> None:
    old = journal.lease("run-1", "me")
    new = journal.lease("run-1", "me")
    assert new.token == old.token + 1
    with pytest.raises(StaleFence):
        journal.append(old, Event("run.started"))
    journal.append(new, Event("run.started"))


def test_a_renewed_lease_lives_on(
    journal: Journal, connect: Callable[[], Journal], clock: Clock
) -> None:
    fence = journal.lease("run-1", "me", ttl_s=60)
    clock.seconds += 90
    journal.renew(fence, ttl_s=60)
    clock.seconds += 59
    with pytest.raises(Held):
        connect().lease("run-1", "you")
    journal.append(fence, Event("run.started"))


def test_a_lease_given_back_is_free_and_no_longer_writes(
    journal: Journal, connect: Callable[[], Journal]
) -> None:
    fence = journal.lease("run-1", "me")
    journal.release(fence)
    journal.release(fence)
    assert (journal.holder("run-1"), journal.holder("never")) == ("", "")
    with pytest.raises(StaleFence, match="nobody holds it now"):
        journal.append(fence, Event("run.started"))
    assert connect().lease("run-1", "you").token == fence.token + 1


def test_a_clock_that_was_wrong_locks_nobody_out(
    journal: Journal, connect: Callable[[], Journal], clock: Clock
) -> None:
    clock.seconds += 30 * 86_400
    old = journal.lease("run-1", "me")
    clock.seconds -= 30 * 86_400
    new = connect().lease("run-1", "you")
    with pytest.raises(StaleFence):
        journal.append(old, Event("run.started"))
    # Nor does a clock that is set back make an old right valid again.
    clock.seconds -= 30 * 86_400
    with pytest.raises(StaleFence):
        journal.renew(old)
    assert connect().append(new, Event("run.started")).run == "run-1"


def test_no_lease_is_longer_than_an_hour(
    journal: Journal, connect: Callable[[], Journal], clock: Clock
) -> None:
    journal.lease("run-1", "me", ttl_s=1e9)
    clock.seconds += 3_600
    assert connect().lease("run-1", "you").token == 2


@pytest.mark.parametrize(
    "fence", [Fence("never", 1, "me"), Fence("run-1", 1, "you"), Fence("run-1", 2, "me")]
)
def test_a_fence_that_was_never_given_writes_nothing(journal: Journal, fence: Fence) -> None:
    journal.lease("run-1", "me")
    with pytest.raises(StaleFence):
        journal.append(fence, Event("run.started"))
    assert journal.runs() == []


def test_followers_see_each_event_once_and_in_order(journal: Journal) -> None:
    fence = journal.lease("run-1", "me")
    # More than one page of whatever pages there are.
    entries = [journal.append(fence, Event("budget.settled", {"n": n})) for n in range(520)]
    assert list(journal.follow()) == entries
    assert list(journal.follow(entries[514].position)) == entries[515:]
    assert list(journal.follow(entries[-1].position)) == []


def test_a_follower_waits_for_what_another_writes(
    journal: Journal, connect: Callable[[], Journal]
) -> None:
    fence = journal.lease("run-1", "me")
    first = journal.append(fence, Event("run.started"))
    follower = connect().follow(wait_s=60)
    assert next(follower) == first

    def write() -> None:
        connect().append(fence, Event("run.finished"))

    thread = threading.Timer(0.1, write)
    thread.start()
    assert next(follower).event.kind == "run.finished"
    joined(thread)


def test_a_follower_gives_up_when_nothing_comes(journal: Journal) -> None:
    fence = journal.lease("run-1", "me")
    entry = journal.append(fence, Event("run.started"))
    assert list(journal.follow(wait_s=0.1)) == [entry]


def test_a_blob_is_kept_once_and_found_by_its_hash(
    journal: Journal, connect: Callable[[], Journal]
) -> None:
    for content in (b"", b"words", bytes(range(256)) * 5000):
        name = journal.put_blob(content)
        assert name == digest(content) == journal.put_blob(content)
        assert connect().get_blob(name) == content
    with pytest.raises(JournalRefusal, match="no blob 0000"):
        journal.get_blob("0" * 64)


def test_threads_share_a_journal(journal: Journal) -> None:
    def write(run: str) -> list[int]:
        fence = journal.lease(run, "me")
        return [journal.append(fence, Event("budget.settled")).position for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        positions = list(pool.map(write, [f"run-{n}" for n in range(8)]))
    flat = sorted(position for written in positions for position in written)
    assert flat == [entry.position for entry in journal.follow()]
    assert len(set(flat)) == 160


def test_an_objection_is_asked_under_the_lock_and_sees_all_that_was_written(
    journal: Journal, connect: Callable[[], Journal]
) -> None:
    """Of many that may write one event more only one does, whoever looks first."""

    def reserve(name: str) -> str:
        mine = connect()
        fence = mine.lease(name, name)

        def objection() -> str:
            return (
                "taken" if any(one.event.kind == "budget.reserved" for one in mine.follow()) else ""
            )

        try:
            mine.append(fence, Event("budget.reserved", {"by": name}), objection)
        except Withheld as withheld:
            return str(withheld)
        return "written"

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(reserve, [f"run-{number}" for number in range(8)]))

    assert sorted(written) == ["taken"] * 7 + ["written"]
    assert len(list(journal.follow())) == 1
