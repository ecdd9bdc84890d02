"""Who holds a run: told apart by process, kept while that lives, and free once it is dead."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal import process_identity
from bot.adapters.sqlite_journal.heartbeat import Heartbeat
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.process_identity import identity, life_of, pid_of
from scoping.threads import Future, begin
from tests.ending import LIMIT_S, all_ended, ended, exit_code
from tests.interruptions import places
from workflows.ports import Held, JournalRefusal, StaleFence
from workflows.run import Event, Fence

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120.0
HOLDER = """
import sys, time
from pathlib import Path
from bot.adapters.sqlite_journal.journal import SqliteJournal
journal = SqliteJournal(Path(sys.argv[1]), lambda: "now", time.time)
journal.lease("run-1", "me", ttl_s=float(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""
IDENTITY = "from bot.adapters.sqlite_journal.process_identity import identity; print(identity())"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@dataclass
class Clock:
    """The time of the machine, and what a test adds to it."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(path: Path, clock: Clock) -> Iterator[SqliteJournal]:
    with closing(SqliteJournal(path, lambda: "now", clock)) as opened:
        yield opened


@pytest.fixture
def hold(path: Path) -> Iterator[Callable[[float], "subprocess.Popen[str]"]]:
    """Start another process that leases run-1 and waits."""
    with ExitStack() as stack:

        def start(ttl_s: float) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-c", HOLDER, str(path), str(ttl_s)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            stack.enter_context(ended(process))
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            return process

        yield start


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def expires(journal: SqliteJournal, run: str = "run-1") -> float:
    found: float = journal.database.rows("SELECT expires FROM runs WHERE run = ?", (run,))[0][0]
    return found


# --- which process --------------------------------------------------------------------------------


def test_this_process_is_alive_and_has_one_name() -> None:
    assert identity() == identity()
    assert life_of(identity()) == "alive"
    assert pid_of(identity()) == str(os.getpid())


def test_a_process_that_ended_is_dead_though_nobody_waited_for_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{IDENTITY}; import sys; sys.stdout.flush(); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with ended(process):
        assert process.stdout is not None
        other = process.stdout.readline().strip()
        assert other != identity()
        assert life_of(other) == "alive"
        process.kill()
        until(lambda: life_of(other) == "dead")  # a zombie
    assert life_of(other) == "dead"


def test_a_pid_that_was_given_to_another_process_is_not_taken_for_the_first() -> None:
    boot, namespace, process, started = identity().split("/")
    assert life_of(f"{boot}/{namespace}/{process}/{int(started) - 1}") == "dead"


def test_of_another_boot_or_container_nothing_is_known() -> None:
    boot, namespace, process, started = identity().split("/")
    gone = "999999999"
    assert life_of(f"{boot}/{namespace}/{gone}/{started}") == "dead"
    assert life_of(f"{boot}/{namespace}/{'9' * 30}/{started}") == "dead"
    for unknown in (
        f"another/{namespace}/{gone}/{started}",
        f"{boot}/[1]/{gone}/{started}",
        f"{boot}/{namespace}/{process}/x",
        f"{boot}/{namespace}/-1/{started}",
        "",
        "nonsense",
    ):
        assert life_of(unknown) == "unknown"
    assert pid_of(f"another/{namespace}/{process}/{started}") == ""


def test_without_proc_a_process_still_has_a_name_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_identity, "_BOOT", Path("/nowhere"))
    process_identity._identity_of.cache_clear()
    try:
        name = identity()
        assert name == identity()
        assert life_of(name) == "unknown"
        assert pid_of(name) == ""
        process_identity._identity_of.cache_clear()
        assert identity() != name
    finally:
        monkeypatch.undo()
        process_identity._identity_of.cache_clear()


# --- who may take a lease -------------------------------------------------------------------------


def test_another_process_of_the_same_name_is_another_owner(
    journal: SqliteJournal, hold: Callable[[float], "subprocess.Popen[str]"]
) -> None:
    process = hold(60.0)
    words = rf"run-1 is being written by me \(process {process.pid}\).*`kill {process.pid}`"
    with pytest.raises(Held, match=words):
        journal.lease("run-1", "me")
    assert journal.holder("run-1") == "me"


def test_the_lease_of_a_killed_process_is_free_at_once(
    journal: SqliteJournal, hold: Callable[[float], "subprocess.Popen[str]"]
) -> None:
    process = hold(3_600.0)
    process.send_signal(signal.SIGKILL)
    until(lambda: journal.holder("run-1") == "")
    fence = journal.lease("run-1", "you")
    assert fence.token == 2
    journal.append(fence, Event("run.started"))


def test_of_a_process_elsewhere_only_the_end_of_its_lease_is_waited_for(
    journal: SqliteJournal,
) -> None:
    journal.lease("run-1", "me")
    with journal.database.writing() as connection:
        connection.execute("UPDATE holders SET identity = 'another/[1]/1/1'")
    with pytest.raises(Held, match=r"a process of another machine or container.*end it there"):
        journal.lease("run-1", "me")
    with journal.database.writing() as connection:
        connection.execute("UPDATE runs SET expires = ?", (time.time() - 1,))
    assert journal.lease("run-1", "me").token == 2


def test_of_eight_processes_that_want_one_run_at_once_one_gets_it(
    path: Path, journal: SqliteJournal
) -> None:
    program = HOLDER.replace("journal.lease(", "sys.stdin.readline(); journal.lease(")

    def holder() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", program, str(path), "60"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    with all_ended(holder() for _ in range(8)) as processes:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        # Whoever got it keeps it until its input ends: only the others end by themselves.
        until(lambda: sum(process.poll() is not None for process in processes) == 7)
        (winner,) = [process for process in processes if process.poll() is None]
        for process in processes:
            out, complaint = process.communicate(timeout=LIMIT_S)
            is_winner = process is winner
            assert out == ("held\n" if is_winner else "")
            assert ("Held: run run-1 is being written by me" in complaint) != is_winner
    assert journal.lease("run-1", "me").token == 2


def test_within_one_process_the_message_says_so(journal: SqliteJournal) -> None:
    journal.lease("run-1", "me")
    with pytest.raises(Held, match=r"by me \(this very process\)"):
        journal.lease("run-1", "you")


# --- the heartbeat --------------------------------------------------------------------------------


def test_a_lease_outlives_its_time_while_its_process_lives(
    path: Path,
) -> None:
    now = 1_000_000.0  # which stands still, however long a beat takes on a busy machine
    with ExitStack() as stack:
        ours, other = (
            stack.enter_context(closing(SqliteJournal(path, lambda: "now", lambda: now)))
            for _ in range(2)
        )

        def is_renewed() -> bool:
            return expires(ours) == now + 0.3

        fence = ours.lease("run-1", "me", ttl_s=0.3)
        for _ in range(2):
            now += 0.2
            until(is_renewed)
            with pytest.raises(Held):
                other.lease("run-1", "you")
        ours.append(fence, Event("run.started"))


def test_a_living_process_that_does_not_come_to_beat_loses_its_lease(
    journal: SqliteJournal, clock: Clock, hold: Callable[[float], "subprocess.Popen[str]"]
) -> None:
    process = hold(600.0)  # stopped long before it beats, so never while it writes
    process.send_signal(signal.SIGSTOP)
    assert journal.holder("run-1") == "me"
    clock.ahead = 601.0
    assert journal.holder("run-1") == ""
    assert journal.lease("run-1", "you").token == 2
    process.send_signal(signal.SIGCONT)


def beating(journal: SqliteJournal) -> Future[None]:
    future = journal._heartbeat._beating
    assert future is not None
    assert not future.is_done
    return future


def test_the_heartbeat_ends_when_nothing_is_held_and_begins_again(journal: SqliteJournal) -> None:
    for _ in range(2):
        fence = journal.lease("run-1", "me", ttl_s=0.1)
        future = beating(journal)
        journal.release(fence)
        assert future.wait(PATIENCE_S)
        assert journal._heartbeat._beating is None
        assert len(journal.database._connections) == 1


def test_a_closed_journal_beats_no_more(journal: SqliteJournal) -> None:
    journal.lease("run-1", "me", ttl_s=0.1)
    future = beating(journal)
    journal.close()
    assert future.is_done
    assert journal.database._connections == {}


def test_leases_that_end_at_once_are_not_kept_alive(journal: SqliteJournal) -> None:
    journal.lease("run-1", "me", ttl_s=0)
    assert journal._heartbeat._beating is None


def test_a_lease_that_was_taken_over_is_not_fought_for(journal: SqliteJournal) -> None:
    journal.lease("run-1", "me", ttl_s=0.1)
    with journal.database.writing() as connection:
        connection.execute("UPDATE runs SET token = 7, owner = 'you', expires = 5.0")
    until(lambda: not journal._heartbeat._held)
    assert expires(journal) == 5.0


def test_a_journal_that_refuses_is_tried_again_without_a_word() -> None:
    told: list[Fence] = []

    def renew(fence: Fence, _: float) -> None:
        told.append(fence)
        if len(told) < 3:
            raise JournalRefusal("the disk is full")
        raise StaleFence("taken over")

    heartbeat = Heartbeat(renew, lambda: None)
    heartbeat.hold(Fence("run-1", 1, "me"), 0.03)
    until(lambda: not heartbeat._held)
    heartbeat.stop()
    assert told == [Fence("run-1", 1, "me")] * 3


def test_each_lease_beats_in_its_own_time() -> None:
    told: list[str] = []
    heartbeat = Heartbeat(lambda fence, _: told.append(fence.run), lambda: None)
    heartbeat.hold(Fence("slow", 1, "me"), 3_600.0)
    heartbeat.hold(Fence("quick", 1, "me"), 0.03)
    until(lambda: len(told) >= 3)
    heartbeat.drop(Fence("quick", 1, "me"))
    heartbeat.stop()
    assert set(told) == {"quick"}


def test_wherever_it_is_interrupted_the_heartbeat_can_be_stopped() -> None:
    begun: list[Heartbeat] = []

    def story() -> None:
        begun.append(Heartbeat(lambda _fence, _ttl: None, lambda: None))
        for number in range(2):
            begun[-1].hold(Fence(f"run-{number}", 1, "me"), 3_600.0)
        begun[-1].drop(Fence("run-0", 1, "me"))
        begun[-1].stop()

    for place in places(story):
        if begun:
            assert begin(begun[-1].stop, "stopping").wait(PATIENCE_S), place


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_made_by_fork_neither_beats_for_its_parent_nor_stops_it(
    journal: SqliteJournal,
) -> None:
    fence = journal.lease("run-1", "me", ttl_s=0.3)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            mine = not journal._heartbeat._held and journal._heartbeat._beating is None
            journal.append(fence, Event("run.started"))
            own = journal.lease("run-2", "me", ttl_s=0.3)
            journal.release(own)
            journal.close()
            code = 0 if mine else 2
        finally:
            os._exit(code)
    assert exit_code(child) == 0
    first = expires(journal)
    until(lambda: expires(journal) > first)
    assert len(journal.read("run-1")) == 1


def test_a_short_lease_costs_the_heartbeat_next_to_nothing() -> None:
    heartbeat = Heartbeat(lambda _fence, _ttl: None, lambda: None)
    heartbeat.hold(Fence("run-0", 1, "me"), 60.0)
    started = time.thread_time()
    for number in range(1_000):
        fence = Fence(f"run-{number}", 2, "me")
        heartbeat.hold(fence, 60.0)
        heartbeat.drop(fence)
    spent = time.thread_time() - started
    heartbeat.stop()
    assert spent / 1_000 < 1e-3
