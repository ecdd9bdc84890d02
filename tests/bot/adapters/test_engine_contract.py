"""What every engine does with the targets of a campaign, whatever it runs them on.

To add an engine: give `ENGINES` a function that makes one for a journal.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.sqlite_journal.journal import SqliteJournal
from workflows.campaign import Campaign, EngineLimits, Target, TargetResult
from workflows.ports import Engine, Journal, JournalRefusal
from workflows.run import Fence

ENGINES: dict[str, Callable[[Journal], Engine]] = {
    "local": lambda journal: LocalEngine(journal, "me"),
}
PATIENCE_S = 120.0


def campaign(*names: str) -> Campaign:
    targets = tuple(Target(name, "repo", (f"{name}.py",)) for name in names)
    return Campaign("c1", "Run x", ("x",), ("*.py",), "c" * 40, targets)


def gated(_: Campaign, target: Target, fence: Fence) -> TargetResult:
    return TargetResult(target.key, "gated", fence.run)


@dataclass
class Clock:
    """What leases go by: it stands still, however long anything takes, until it is moved."""

    seconds: float = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", lambda: "t", clock)
    yield journal
    journal.close()


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, journal: SqliteJournal) -> Engine:
    return ENGINES[request.param](journal)


def expires(journal: SqliteJournal, run: str) -> float:
    found: float = journal.database.rows("SELECT expires FROM runs WHERE run = ?", (run,))[0][0]
    return found


def states(results: Iterator[TargetResult]) -> dict[str, str]:
    return {result.target: result.state for result in results}


def test_every_target_is_run_once_under_a_lease_that_is_given_back(
    engine: Engine, journal: SqliteJournal
) -> None:
    ran: list[str] = []

    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        with pytest.raises(JournalRefusal):
            journal.lease(fence.run, "another")
        ran.append(target.key)
        return gated(one, target, fence)

    results = list(engine.execute(campaign("a", "b", "c"), run, EngineLimits(workers=2)))

    assert sorted(ran) == ["a", "b", "c"]
    assert {result.state for result in results} == {"gated"}
    for result in results:
        journal.lease(result.run, "another")


def test_a_campaign_without_targets_ends_at_once(engine: Engine) -> None:
    assert list(engine.execute(campaign(), gated, EngineLimits())) == []


def test_no_more_targets_run_at_once_than_there_are_workers(engine: Engine) -> None:
    lock = threading.Lock()
    running, most = 0, 0
    both = threading.Barrier(2, timeout=PATIENCE_S)

    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1
        return gated(one, target, fence)

    names = ("a", "b", "c", "d")
    assert set(states(engine.execute(campaign(*names), run, EngineLimits(workers=2)))) == {*names}
    assert most == 2


def test_one_targets_failure_never_ends_the_rest(engine: Engine) -> None:
    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        if target.key == "a":
            return TargetResult(target.key, "failed", cause="its tests fail")
        return gated(one, target, fence)

    results = engine.execute(campaign("a", "b"), run, EngineLimits(workers=1))

    assert states(results) == {"a": "failed", "b": "gated"}


def test_a_bug_is_raised_after_the_others_finished(engine: Engine, journal: SqliteJournal) -> None:
    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        if target.key == "a":
            raise ZeroDivisionError
        return gated(one, target, fence)

    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        seen.extend(
            result.target
            for result in engine.execute(campaign("a", "b", "c"), run, EngineLimits(workers=1))
        )

    assert seen == ["b", "c"]
    journal.lease("target-a", "another")


def test_a_target_leased_elsewhere_stays_pending(engine: Engine, journal: SqliteJournal) -> None:
    journal.lease("target-a", "another worker")

    results = list(engine.execute(campaign("a", "b"), gated, EngineLimits()))

    pending = next(result for result in results if result.target == "a")
    assert (pending.state, pending.run) == ("pending", "")
    assert pending.cause.startswith(
        "not started: run target-a is being written by another worker (this very process)"
    )
    assert states(iter(results))["b"] == "gated"


def test_a_target_that_takes_longer_than_a_lease_keeps_its_own(
    engine: Engine, journal: SqliteJournal, clock: Clock
) -> None:
    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        for _ in range(3):
            clock.seconds += 0.8 * lease_s
            until = time.monotonic() + PATIENCE_S
            while expires(journal, fence.run) < clock.seconds + 0.9 * lease_s:
                assert time.monotonic() < until, "nobody renews it"
                time.sleep(0.01)
            with pytest.raises(JournalRefusal):
                journal.lease(fence.run, "another")
        return gated(one, target, fence)

    lease_s = 1.0
    results = engine.execute(campaign("a"), run, EngineLimits(lease_s=lease_s))

    assert states(results) == {"a": "gated"}


def test_a_lease_that_was_taken_over_is_not_fought_for(
    engine: Engine, journal: SqliteJournal
) -> None:
    taken: list[Fence] = []

    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        # The same owner may always take its own lease over: another process of this worker.
        taken.append(journal.lease(fence.run, fence.owner))
        time.sleep(0.5)
        return gated(one, target, fence)

    results = engine.execute(campaign("a"), run, EngineLimits(lease_s=0.3))

    assert states(results) == {"a": "gated"}
    journal.renew(taken[0])


def test_a_paused_campaign_starts_nothing_until_it_is_resumed(engine: Engine) -> None:
    ran: list[str] = []
    resumed: list[float] = []

    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        ran.append(target.key)
        if target.key == "a":
            engine.pause("c1")
        else:
            assert resumed
        return gated(one, target, fence)

    def resume() -> None:
        until = time.monotonic() + PATIENCE_S
        while ran != ["a"] and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)
        resumed.append(time.monotonic())
        engine.resume("c1")

    helper = threading.Thread(target=resume)
    helper.start()
    found = states(engine.execute(campaign("a", "b"), run, EngineLimits(workers=1)))
    helper.join()

    assert found == {"a": "gated", "b": "gated"}
    assert ran == ["a", "b"]


def test_a_cancelled_campaign_finishes_what_runs_and_starts_nothing_ever(engine: Engine) -> None:
    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        engine.cancel("c1")
        return gated(one, target, fence)

    assert states(engine.execute(campaign("a", "b"), run, EngineLimits(workers=1))) == {
        "a": "gated"
    }
    engine.resume("c1")
    assert list(engine.execute(campaign("b"), gated, EngineLimits())) == []


def test_a_campaign_may_be_cancelled_while_it_is_paused(engine: Engine) -> None:
    engine.pause("c1")
    helper = threading.Timer(0.3, engine.cancel, ("c1",))
    helper.start()

    assert list(engine.execute(campaign("a"), gated, EngineLimits())) == []
    helper.join()


def test_another_campaigns_pause_is_not_ours(engine: Engine) -> None:
    engine.pause("c2")

    assert states(engine.execute(campaign("a"), gated, EngineLimits())) == {"a": "gated"}


def test_who_stops_listening_stops_the_campaign(engine: Engine) -> None:
    ran: list[str] = []

    def run(one: Campaign, target: Target, fence: Fence) -> TargetResult:
        ran.append(target.key)
        return gated(one, target, fence)

    for _ in engine.execute(campaign("a", "b", "c"), run, EngineLimits(workers=1)):
        break

    assert ran == ["a"]
