"""What every engine does with the targets of a campaign, whatever it runs them on.

To add an engine: give `ENGINES` a function that makes one worker for a journal.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import beside, exit_code, joined
from validators.encoding import builtins
from workflows.board import Board
from workflows.campaign import (
    Campaign,
    CampaignBudget,
    EngineLimits,
    FailureReason,
    PauseAt,
    Rollout,
    Speaker,
    Target,
    TargetResult,
    Template,
)
from workflows.ports import (
    Engine,
    Held,
    Journal,
    JournalRefusal,
    RunTarget,
    StaleFence,
    Withheld,
)
from workflows.recorder import Recorder, leased
from workflows.run import Effect, Entry, Event, Fence

ENGINES: dict[str, Callable[[Journal, str], Engine]] = {
    "local": LocalEngine,
}
PATIENCE_S = 60.0


def campaign(*names: str, **more: Any) -> Campaign:
    targets = tuple(Target(name, "repo", (f"{name}.py",)) for name in names)
    return Campaign("c1", "", (), Template("x"), targets, **more)


def many(count: int, **more: Any) -> Campaign:
    return campaign(*(f"t{number:03}" for number in range(count)), **more)


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
def make(request: pytest.FixtureRequest) -> Callable[[Journal, str], Engine]:
    return ENGINES[request.param]


@pytest.fixture
def engine(make: Callable[[Journal, str], Engine], journal: SqliteJournal) -> Engine:
    return make(journal, "me")


@dataclass
class Work:
    """A step that records its result as a workflow does; ``states`` says which, else `gated`."""

    journal: Journal
    states: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Callable[[Fence], object]] = field(default_factory=dict)
    usd: float = 0.0
    ran: list[str] = field(default_factory=list)

    def __call__(self, _: Campaign, target: Target, fence: Fence) -> TargetResult:
        self.ran.append(target.key)
        run = f"run-{target.key}"
        pen = Recorder(self.journal, fence)
        pen.record("target.started", run=run)
        if before := self.before.get(target.key):
            before(fence)
        if self.usd:
            with leased(self.journal, run, "me") as own:
                spent = {"reservation": "1", "usd": self.usd, "tokens": 10, "lost": False}
                self.journal.append(own, Event("budget.reserved", spent))
        state = self.states.get(target.key, "gated")
        reason: FailureReason = "refused" if state == "failed" else ""
        result = TargetResult(target.key, state, run, reason=reason)
        pen.record("target.finished", result=result)
        return result


@pytest.fixture
def work(journal: SqliteJournal) -> Work:
    return Work(journal)


def states(results: Iterator[TargetResult]) -> dict[str, str]:
    return {result.target: result.state for result in results}


def board(journal: Journal, of: Campaign) -> Board:
    found = Board(journal, of)
    found.refresh()
    return found


def standing(journal: Journal, of: Campaign) -> dict[str, str]:
    return {key: one.state for key, one in board(journal, of).standings.items()}


def claims(journal: Journal, key: str) -> int:
    return sum(1 for one in journal.read(f"target-{key}") if one.event.kind == "target.claimed")


def until(is_so: Callable[[], bool], why: str = "it never came to that") -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, why
        time.sleep(0.005)


def at_once(*acts: Callable[[], object]) -> None:
    with beside(*acts):
        pass


# --- one worker -----------------------------------------------------------------------------------


def test_every_target_is_run_once_under_a_lease_that_is_given_back(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    def held(fence: Fence) -> None:
        with pytest.raises(JournalRefusal):
            journal.lease(fence.run, "another")

    work.before = dict.fromkeys("abc", held)

    found = states(engine.execute(campaign("a", "b", "c"), work, EngineLimits()))

    assert work.ran == ["a", "b", "c"]
    assert found == dict.fromkeys("abc", "gated") == standing(journal, campaign("a", "b", "c"))
    for name in "abc":
        journal.lease(f"target-{name}", "another")


def test_a_campaign_without_targets_ends_at_once(engine: Engine, work: Work) -> None:
    assert list(engine.execute(campaign(), work, EngineLimits())) == []


def test_what_is_done_is_not_done_again(engine: Engine, work: Work) -> None:
    work.states = {"b": "failed"}
    first = states(engine.execute(campaign("a", "b"), work, EngineLimits()))

    assert first == {"a": "gated", "b": "failed"}
    assert list(engine.execute(campaign("a", "b"), work, EngineLimits())) == []


def test_what_is_asked_for_again_is_and_nothing_beside_it(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    work.states = {"b": "failed"}
    list(engine.execute(campaign("a", "b", "c"), work, EngineLimits()))
    with leased(journal, "campaign-c1", "me") as fence:
        journal.append(fence, Event("campaign.swept", {"only": None, "again": ["b"]}))
    work.states = {}

    assert states(engine.execute(campaign("a", "b", "c"), work, EngineLimits())) == {"b": "gated"}


def test_a_sample_leaves_the_rest_pending(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    with leased(journal, "campaign-c1", "me") as fence:
        journal.append(fence, Event("campaign.swept", {"only": ["b"], "again": []}))

    assert states(engine.execute(campaign("a", "b"), work, EngineLimits())) == {"b": "gated"}
    assert standing(journal, campaign("a", "b")) == {"a": "pending", "b": "gated"}


def test_one_targets_failure_never_ends_the_rest(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    work.states = {"a": "failed"}

    found = states(engine.execute(campaign("a", "b"), work, EngineLimits()))

    assert found == {"a": "failed", "b": "gated"}
    kinds = [one.event.kind for one in journal.read("target-a")]
    assert kinds == ["target.claimed", "target.started", "target.finished"]


def test_a_run_that_somebody_writes_for_ever_fails_its_target(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    def written(_: Fence) -> None:
        raise Held("run r is being written by somebody")

    work.before = {"a": written}

    (result,) = engine.execute(campaign("a"), work, EngineLimits(lease_s=0.1))

    assert (result.state, result.reason) == ("failed", "refused")
    assert [one.event.kind for one in journal.read("target-a")][-1] == "target.finished"


def test_a_bug_is_recorded_and_raised_after_the_others_finished(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    def broken(_: Fence) -> None:
        raise ZeroDivisionError("no number")

    work.before = {"a": broken}
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        seen.extend(
            result.target
            for result in engine.execute(campaign("a", "b", "c"), work, EngineLimits())
        )

    assert seen == ["b", "c"]
    found = board(journal, campaign("a", "b", "c")).standings["a"]
    assert (found.state, found.result and found.result.reason) == ("failed", "fault")
    assert found.cause == "a fault of changewright: ZeroDivisionError: no number"
    journal.lease("target-a", "another")


def test_an_interruption_gives_the_target_back(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    def interrupted(_: Fence) -> None:
        work.before = {}
        raise KeyboardInterrupt

    work.before = {"a": interrupted}
    with pytest.raises(KeyboardInterrupt):
        list(engine.execute(campaign("a"), work, EngineLimits()))
    assert standing(journal, campaign("a")) == {"a": "pending"}

    list(engine.execute(campaign("a"), work, EngineLimits()))

    found = board(journal, campaign("a")).standings["a"]
    assert (found.state, found.takeovers) == ("gated", 0)


def test_a_journal_that_cannot_be_written_ends_the_worker_and_loses_nothing(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    def full(_: Fence) -> None:
        work.before = {}
        raise JournalRefusal("the disk is full")

    work.before = {"a": full}
    with pytest.raises(JournalRefusal, match="the disk is full"):
        list(engine.execute(campaign("a", "b"), work, EngineLimits()))
    assert work.ran == ["a"]

    found = states(engine.execute(campaign("a", "b"), work, EngineLimits()))
    assert found == {"a": "gated", "b": "gated"}


def test_a_target_that_takes_longer_than_a_lease_keeps_its_own(
    engine: Engine, journal: SqliteJournal, clock: Clock, work: Work
) -> None:
    lease_s = 1.0

    def expires(run: str) -> float:
        query = "SELECT expires FROM runs WHERE run = ?"
        found: float = journal.database.rows(query, (run,))[0][0]
        return found

    def last(fence: Fence) -> None:
        for _ in range(2):
            clock.seconds += 0.8 * lease_s
            until(lambda: expires(fence.run) >= clock.seconds + 0.9 * lease_s, "nobody renews it")
            with pytest.raises(JournalRefusal):
                journal.lease(fence.run, "another")

    work.before = {"a": last}

    assert states(engine.execute(campaign("a"), work, EngineLimits(lease_s=lease_s))) == {
        "a": "gated"
    }


def test_who_stops_listening_stops_working(engine: Engine, work: Work) -> None:
    for _ in engine.execute(campaign("a", "b", "c"), work, EngineLimits()):
        break

    assert work.ran == ["a"]


# --- several workers ------------------------------------------------------------------------------


def test_a_target_that_is_leased_elsewhere_is_waited_for(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    elsewhere = journal.lease("target-a", "another worker")
    work.before = {"b": lambda _: journal.release(elsewhere)}

    assert states(engine.execute(campaign("a", "b"), work, EngineLimits())) == {
        "a": "gated",
        "b": "gated",
    }
    assert work.ran == ["b", "a"]


def test_no_more_targets_run_at_once_than_the_limit_however_many_workers_there_are(
    make: Callable[[Journal, str], Engine], journal: SqliteJournal, work: Work
) -> None:
    of = many(12)
    both = threading.Barrier(2, timeout=PATIENCE_S)
    work.before = {target.key: lambda _: both.wait(PATIENCE_S) for target in of.targets}

    def act(name: str) -> None:
        list(make(journal, name).execute(of, work, EngineLimits(workers=2)))

    at_once(*(partial(act, name) for name in "abcd"))

    assert sorted(work.ran) == sorted(standing(journal, of))
    running = most = 0
    for entry in journal.follow():
        running += {"target.claimed": 1, "target.finished": -1}.get(entry.event.kind, 0)
        most = max(most, running)
    assert most == 2


def test_a_result_of_a_lease_that_was_taken_over_is_refused(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    taken: list[Fence] = []

    def lose(fence: Fence) -> None:
        # The same owner may always take its own lease over.
        taken.append(journal.lease(fence.run, fence.owner))

    work.before = {"a": lose}
    seen = []
    for result in engine.execute(campaign("a", "b"), work, EngineLimits()):
        seen.append(result.target)
        if work.before:
            journal.append(taken[0], Event("target.released", {"worker": "x"}))
            journal.release(taken[0])
            work.before = {}

    assert seen == ["b", "a"]
    assert [one.event.kind for one in journal.read("target-a")].count("target.finished") == 1


def test_when_the_clock_jumps_a_living_workers_target_is_done_once(
    make: Callable[[Journal, str], Engine], journal: SqliteJournal, clock: Clock, work: Work
) -> None:
    of, limits = campaign("a"), EngineLimits(lease_s=30.0)
    finished: list[str] = []

    def jump(fence: Fence) -> None:
        work.before = {}
        clock.seconds += 3_600
        finished.extend(states(make(journal, "other").execute(of, work, limits)))
        with pytest.raises(StaleFence):
            journal.append(fence, Event("target.released", {"worker": "x"}))

    work.before = {"a": jump}

    assert list(make(journal, "first").execute(of, work, limits)) == []
    assert finished == ["a"]
    assert [one.event.kind for one in journal.read("target-a")].count("target.finished") == 1


def test_when_the_clock_is_set_back_nobody_waits_for_it(
    engine: Engine, journal: SqliteJournal, clock: Clock, work: Work
) -> None:
    fence = journal.lease("target-a", "another", 30.0)
    journal._heartbeat.drop(fence)
    clock.seconds -= 7_200

    assert states(engine.execute(campaign("a"), work, EngineLimits())) == {"a": "gated"}


# --- pause, cancel, brake -------------------------------------------------------------------------


def test_a_paused_campaign_starts_nothing_until_it_is_resumed(engine: Engine, work: Work) -> None:
    resumed: list[float] = []

    def resume() -> None:
        until(lambda: work.ran == ["a"])
        time.sleep(0.3)
        resumed.append(time.monotonic())
        engine.resume("c1")

    def was_resumed(_: Fence) -> None:
        assert resumed

    work.before = {"a": lambda _: engine.pause("c1"), "b": was_resumed}
    with beside(resume):
        found = states(engine.execute(campaign("a", "b"), work, EngineLimits()))

    assert found == {"a": "gated", "b": "gated"}


def test_a_cancelled_campaign_finishes_what_runs_and_starts_nothing_ever(
    engine: Engine, work: Work
) -> None:
    work.before = {"a": lambda _: engine.cancel("c1")}

    assert states(engine.execute(campaign("a", "b"), work, EngineLimits())) == {"a": "gated"}
    engine.resume("c1")
    engine.pause("c1")
    engine.resume("c1")
    assert list(engine.execute(campaign("a", "b"), work, EngineLimits())) == []


def test_a_campaign_may_be_cancelled_while_it_is_paused(engine: Engine, work: Work) -> None:
    engine.pause("c1")
    helper = threading.Timer(0.3, engine.cancel, ("c1",))
    helper.start()

    assert list(engine.execute(campaign("a"), work, EngineLimits())) == []
    joined(helper)


def test_another_campaigns_pause_is_not_ours(engine: Engine, work: Work) -> None:
    engine.pause("c2")

    assert states(engine.execute(campaign("a"), work, EngineLimits())) == {"a": "gated"}


@pytest.mark.parametrize("workers", [1, 4])
def test_the_brake_holds_from_the_very_target_that_reaches_it(
    make: Callable[[Journal, str], Engine], journal: SqliteJournal, work: Work, workers: int
) -> None:
    of = many(30, rollout=Rollout(pause_at=PauseAt(failure_rate=0.3)))
    work.states = dict.fromkeys((f"t{number:03}" for number in (2, 5, 11, 12, 13, 14)), "failed")

    def act(name: str) -> None:
        list(make(journal, name).execute(of, work, EngineLimits(workers=workers)))

    at_once(*(partial(act, name) for name in "abcd"[:workers]))

    entries = list(journal.follow())
    reached, rate_is = reaching(entries)
    assert rate_is >= 0.3
    after = [one for one in entries if one.position > reached]
    assert "target.claimed" not in [one.event.kind for one in after]
    (paused,) = [one.event.data for one in entries if one.event.kind == "campaign.paused"]
    assert paused["by"] == "brake"
    assert "targets failed, and rollout.pause_at.failure_rate is 0.3" in paused["why"]


def reaching(entries: list[Entry]) -> tuple[int, float]:
    """Return where a failure rate of 0.3 over ten or more is first reached, and the rate there."""
    failed = ended = 0
    for entry in entries:
        if entry.event.kind == "target.finished":
            ended += 1
            failed += entry.event.data["result"]["state"] == "failed"
            if ended >= 10 and failed / ended >= 0.3:
                return entry.position, failed / ended
    raise AssertionError("never reached")


def test_after_a_brake_a_person_has_to_say_go_on_and_rates_begin_anew(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    of = many(25, rollout=Rollout(pause_at=PauseAt(failure_rate=0.5)))
    work.states = {f"t{number:03}": "failed" for number in range(10)}
    assert len(list(engine.execute(of, work, EngineLimits()))) == 10
    assert list(engine.execute(of, work, EngineLimits())) == []

    engine.resume("c1")

    assert len(list(engine.execute(of, work, EngineLimits()))) == 15


def test_a_budget_that_is_spent_stops_the_campaign_at_that_target(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    work.usd = 0.25
    of = many(10, budget=CampaignBudget(usd=1.0))

    assert len(list(engine.execute(of, work, EngineLimits()))) == 4
    hold = board(journal, of).hold()
    assert (hold and hold.kind, hold and hold.why) == ("budget", "$1.0000 of $1.00 are spent")
    engine.resume("c1")
    assert list(engine.execute(of, work, EngineLimits())) == []
    more = many(10, budget=CampaignBudget(usd=1.5))
    assert len(list(engine.execute(more, work, EngineLimits()))) == 2


def test_the_first_targets_end_before_any_other_begins(
    engine: Engine, journal: SqliteJournal, work: Work
) -> None:
    of = many(5, rollout=Rollout(first=2))
    work.states = {"t001": "failed"}

    assert len(list(engine.execute(of, work, EngineLimits()))) == 2
    hold = board(journal, of).hold()
    assert hold
    assert (hold.kind, hold.why) == ("brake", "1 of the first 2 targets failed")

    engine.resume("c1")
    assert len(list(engine.execute(of, work, EngineLimits()))) == 3


# --- workers that die, and workers that stand still -----------------------------------------------


@dataclass(frozen=True)
class Outside:
    """What effects are made on: a file for each key, and a line for each time one was made.

    The effect ``awaited`` is not made before `release`: until then nobody is done.
    """

    folder: Path
    awaited: str = ""

    def perform(self, key: str, pause_s: float) -> dict[str, Any]:
        """Look the effect up by its key, and make it if nobody has."""
        place, busy = self.folder / key, self.busy(os.getpid())
        if not place.exists():
            busy.touch()
            time.sleep(pause_s)
            while key == self.awaited and not (self.folder / "released").exists():
                time.sleep(0.005)
            busy.unlink()
            with suppress(FileExistsError):
                os.close(os.open(place, os.O_CREAT | os.O_EXCL))
                with (self.folder / "made").open("a") as made:
                    made.write(f"{key}\n")
        return {"made": key}

    def release(self) -> None:
        """Let the workers come to their end."""
        (self.folder / "released").touch()

    def busy(self, worker: int) -> Path:
        """Return what is there while a worker is about to make an effect, and writes nothing."""
        return self.folder / f"busy-{worker}"

    def made(self) -> Counter[str]:
        path = self.folder / "made"
        return Counter(path.read_text().split() if path.exists() else [])


def effectful(journal: Journal, outside: Outside, pause_s: float) -> RunTarget:
    def run(_: Campaign, target: Target, fence: Fence) -> TargetResult:
        pen = Recorder(journal, fence)
        pen.record("target.started", run=f"run-{target.key}")
        effect = Effect(f"push-{target.key}", "push", {"target": target.key})
        pen.perform(effect, lambda: outside.perform(effect.key, pause_s))
        result = TargetResult(target.key, "gated", f"run-{target.key}")
        pen.record("target.finished", result=builtins(result))
        return result

    return run


@dataclass
class Crew:
    """Worker processes over one journal, each forked from here."""

    folder: Path
    make: Callable[[Journal, str], Engine]
    of: Campaign
    limits: EngineLimits
    pause_s: float = 0.01
    deadly: str = ""
    awaited: str = ""
    alive: set[int] = field(default_factory=set)

    @property
    def outside(self) -> Outside:
        place = self.folder / "outside"
        place.mkdir(exist_ok=True)
        return Outside(place, self.awaited)

    def journal(self) -> SqliteJournal:
        return SqliteJournal(self.folder / "journal.sqlite", lambda: "t", time.time)

    def start(self) -> int:
        child = os.fork()
        if child == 0:
            try:
                journal = self.journal()
                run = effectful(journal, self.outside, self.pause_s)

                def mortal(one: Campaign, target: Target, fence: Fence) -> TargetResult:
                    if target.key == self.deadly:
                        os.kill(os.getpid(), signal.SIGKILL)
                    return run(one, target, fence)

                engine = self.make(journal, f"worker-{os.getpid()}")
                for _ in engine.execute(self.of, mortal, self.limits):
                    pass
                journal.close()
                os._exit(0)
            finally:
                os._exit(1)
        self.alive.add(child)
        return child

    def kill(self, child: int) -> None:
        os.kill(child, signal.SIGKILL)
        self.wait(child)

    def freeze_one(self) -> int:
        """Stop a worker in the middle of an effect: in a transaction it would stop all of them."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for child in sorted(self.alive):
                busy = self.outside.busy(child)
                if busy.exists() and not self.is_ended(child):
                    os.kill(child, signal.SIGSTOP)
                    if busy.exists():
                        self.alive.discard(child)
                        return child
                    os.kill(child, signal.SIGCONT)
            assert self.alive
            time.sleep(0.001)
        raise AssertionError("no worker was seen in the middle of an effect")

    def wait(self, child: int) -> int:
        self.alive.discard(child)
        return exit_code(child)

    def is_ended(self, child: int) -> bool:
        found, status = os.waitpid(child, os.WNOHANG)
        if not found:
            return False
        self.alive.discard(child)
        code = os.waitstatus_to_exitcode(status)
        assert code in {0, -signal.SIGKILL}, f"a worker ended with {code}"
        return True


@pytest.fixture
def crew(tmp_path: Path, make: Callable[[Journal, str], Engine]) -> Iterator[Crew]:
    crew = Crew(tmp_path, make, many(12), EngineLimits(workers=3, lease_s=0.6))
    journal = crew.journal()
    journal.runs()
    journal.close()
    yield crew
    for child in tuple(crew.alive):
        crew.kill(child)


def test_a_dead_workers_target_is_taken_over_at_once(crew: Crew) -> None:
    crew.of, crew.pause_s = campaign("a"), 30.0
    journal = crew.journal()
    crew.limits = EngineLimits(lease_s=600.0)
    first = crew.start()
    until(lambda: claims(journal, "a") == 1)
    crew.kill(first)
    crew.pause_s = 0.0
    assert crew.wait(crew.start()) == 0

    found = board(journal, crew.of).standings["a"]
    assert (found.state, found.takeovers) == ("gated", 1)
    assert crew.outside.made() == {"push-a": 1}
    journal.close()


def test_a_frozen_workers_target_is_taken_over_and_its_own_result_refused(crew: Crew) -> None:
    crew.of, crew.pause_s = campaign("a"), 1.5
    journal = crew.journal()
    crew.start()
    first = crew.freeze_one()
    crew.pause_s = 0.0
    assert crew.wait(crew.start()) == 0
    os.kill(first, signal.SIGCONT)
    assert crew.wait(first) == 0

    kinds = [one.event.kind for one in journal.read("target-a")]
    assert (kinds.count("target.claimed"), kinds.count("target.finished")) == (2, 1)
    assert crew.outside.made() == {"push-a": 1}
    journal.close()


def test_a_target_that_ends_its_workers_is_parked(crew: Crew) -> None:
    crew.of, crew.deadly = campaign("a", "b", "c"), "b"
    crew.limits = EngineLimits(lease_s=600.0, takeovers=2)
    journal = crew.journal()

    codes = []
    while 0 not in codes:
        codes.append(crew.wait(crew.start()))

    assert codes == [-signal.SIGKILL] * 3 + [0]
    found = board(journal, crew.of).standings
    assert {key: one.state for key, one in found.items()} == {
        "a": "gated",
        "b": "failed",
        "c": "gated",
    }
    result = found["b"].result
    assert result
    assert (result.reason, result.cause.partition(",")[0]) == (
        "poison",
        "3 workers died or stood still over it",
    )
    crew.make(journal, "me").resume("c1")
    assert crew.wait(crew.start()) == 0
    assert claims(journal, "b") == 4
    journal.close()


@pytest.mark.parametrize("word", ["pause", "cancel"])
def test_a_takeover_is_no_way_around_a_pause_or_a_cancel(crew: Crew, word: str) -> None:
    crew.of, crew.pause_s = campaign("a", "b"), 30.0
    journal = crew.journal()
    engine = crew.make(journal, "me")
    first = crew.start()
    until(lambda: claims(journal, "a") == 1)
    getattr(engine, word)("c1")
    crew.kill(first)
    crew.pause_s = 0.0
    second = crew.start()
    if word == "cancel":
        assert crew.wait(second) == 0
    else:
        time.sleep(0.5)
        assert not crew.is_ended(second)
    assert (claims(journal, "a"), claims(journal, "b")) == (1, 0)
    engine.resume("c1")
    if word == "pause":
        assert crew.wait(second) == 0
        assert set(standing(journal, crew.of).values()) == {"gated"}
    else:
        assert crew.wait(crew.start()) == 0
        assert (claims(journal, "a"), claims(journal, "b")) == (1, 0)
    journal.close()


@pytest.mark.parametrize(
    ("kills", "freezes", "targets"),
    [(4, 1, 24), pytest.param(30, 4, 240, marks=pytest.mark.long)],
)
def test_whatever_dies_or_stands_still_nothing_is_lost_and_nothing_done_twice(
    crew: Crew, kills: int, freezes: int, targets: int
) -> None:
    random = Random(kills)  # noqa: S311 - no secret
    crew.of = many(targets)
    crew.awaited = f"push-{crew.of.targets[-1].key}"
    crew.limits = EngineLimits(workers=3, lease_s=0.6, takeovers=kills + freezes)
    frozen = []
    for _ in range(3):
        crew.start()
    for number in range(kills + freezes):
        time.sleep(random.uniform(0.03, 0.12))
        victims = [child for child in sorted(crew.alive) if not crew.is_ended(child)]
        if number % ((kills + freezes) // freezes) == 1:
            frozen.append(crew.freeze_one())
        else:
            crew.kill(random.choice(victims))
        crew.start()
    crew.outside.release()
    until(lambda: all(crew.is_ended(child) for child in tuple(crew.alive)))
    for child in frozen:
        os.kill(child, signal.SIGCONT)
        assert crew.wait(child) == 0

    journal = crew.journal()
    assert set(standing(journal, crew.of).values()) == {"gated"}
    assert set(crew.outside.made().values()) == {1}
    assert len(crew.outside.made()) == targets
    ends = Counter(one.run for one in journal.follow() if one.event.kind == "target.finished")
    assert set(ends.values()) == {1}
    journal.close()


def test_who_has_not_seen_the_newest_word_undoes_nothing(
    engine: Engine, journal: SqliteJournal
) -> None:
    engine.pause("c1", "flaky", Speaker("ada"))
    (paused,) = journal.read("campaign-c1")
    assert (paused.event.data["who"], paused.event.data["by"]) == ("ada", "person")
    engine.resume("c1", Speaker("grace", paused.position))
    with pytest.raises(Withheld):
        engine.resume("c1", Speaker("late", paused.position))
    with pytest.raises(Withheld):
        engine.pause("c1", by=Speaker("late", paused.position))
    said = [entry.event for entry in journal.read("campaign-c1")]
    assert [(one.kind, one.data["who"]) for one in said] == [
        ("campaign.paused", "ada"),
        ("campaign.resumed", "grace"),
    ]
