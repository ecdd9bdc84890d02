"""What a campaign's engine costs and holds: ten thousand targets with a step that does nothing.

First how fast several worker processes get through them, and what memory they take. Then the same
engine under what happens to processes: killed at random moments, paused, cancelled, stopped by a
bound, their clock set forward and back, their disk full. A target is *lost* when it has no result
in the end, and an effect is *doubled* when the outside saw it twice.

The disk is filled in a file system of its own, in a mount namespace of its own. `--targets N` makes
all of it smaller.
"""

import argparse
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from bot.adapters.local_engine import LocalEngine
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.wiring import now_iso
from tests.ending import exit_code
from workflows.board import Board
from workflows.campaign import (
    Campaign,
    EngineLimits,
    PauseAt,
    Rollout,
    Target,
    TargetResult,
    Template,
)
from workflows.ports import JournalRefusal, RunTarget
from workflows.recorder import Recorder
from workflows.run import Effect, Fence

TARGETS = 10_000
KILLS = 50
LEASE_S = 2.0
LIMIT_S = 3600.0
# A file system, and what fills it but for two MiB until there is room again.
SMALL_DISK = "12m"
DONE = 0


def campaign(count: int, rollout: Rollout | None = None) -> Campaign:
    targets = tuple(Target(f"t{number:05}", "repo", (f"{number}.py",)) for number in range(count))
    return Campaign("bench", "bench", (), Template("x"), targets, rollout=rollout or Rollout())


def opened(folder: Path, clock: Callable[[], float] = time.time) -> SqliteJournal:
    return SqliteJournal(folder / "journal.sqlite", now_iso, clock)


def null_step(journal: SqliteJournal, fails: frozenset[str] = frozenset()) -> RunTarget:
    """Return a step that finds nothing to change, and records that as every step is."""

    def run(_: Campaign, target: Target, fence: Fence) -> TargetResult:
        pen = Recorder(journal, fence)
        state = "failed" if target.key in fails else "unchanged"
        result = TargetResult(target.key, state, f"run-{target.key}")  # type: ignore[arg-type]
        pen.record("target.finished", result=result)
        return result

    return run


def outside_step(journal: SqliteJournal, outside: Path) -> RunTarget:
    """Return a step with one effect: a file named by its key, and a line each time it is made."""

    def run(_: Campaign, target: Target, fence: Fence) -> TargetResult:
        pen = Recorder(journal, fence)

        def make() -> dict[str, str]:
            if not (outside / target.key).exists():
                with suppress(FileExistsError):
                    os.close(os.open(outside / target.key, os.O_CREAT | os.O_EXCL))
                    with (outside / "made").open("a") as made:
                        made.write(f"{target.key}\n")
            return {}

        pen.perform(Effect(f"push {target.key}", "push", {}), make)
        result = TargetResult(target.key, "gated", f"run-{target.key}")
        pen.record("target.finished", result=result)
        return result

    return run


def forked(work: Callable[[], int]) -> int:
    """Run ``work`` in a child and return its process."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work()
        except Exception:  # noqa: BLE001 - told, and then the process ends
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def worker(
    folder: Path, of: Campaign, workers: int, step: Callable[[SqliteJournal], RunTarget]
) -> int:
    journal = opened(folder)
    engine = LocalEngine(journal, f"worker-{os.getpid()}")
    for _ in engine.execute(of, step(journal), EngineLimits(workers, LEASE_S, KILLS)):
        continue
    journal.close()
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (folder / f"memory-{os.getpid()}").write_text(str(peak_kib))
    return DONE


def board_of(folder: Path, of: Campaign) -> Board:
    with closing(opened(folder)) as journal:
        board = Board(journal, of)
        board.refresh()
        return board


def throughput(folder: Path, count: int, workers: int) -> str:
    of = campaign(count)
    started = time.perf_counter()
    crew = [forked(lambda: worker(folder, of, workers, null_step)) for _ in range(workers)]
    for child in crew:
        assert exit_code(child, LIMIT_S) == 0
    seconds = time.perf_counter() - started
    ended = Counter(one.state for one in board_of(folder, of).standings.values())
    assert ended == {"unchanged": count}, ended
    memory = max(int(path.read_text()) for path in folder.glob("memory-*")) / 1024
    size = sum(path.stat().st_size for path in folder.glob("journal.sqlite*")) / 1024**2
    written_ms = durable_write_ms(folder)
    return (
        f"{workers:>7} {count / seconds:>10.0f} {seconds / count * 1000 * workers:>8.1f}"
        f" {memory:>10.0f} {size:>12.1f} {written_ms:>18.1f}"
    )


def durable_write_ms(folder: Path) -> float:
    """Return what one write to the disk takes here and now: a target waits for two of them."""
    times = []
    with (folder / "plain").open("ab") as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"x" * 200)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def kills(folder: Path, count: int, most: int) -> str:
    of, random = campaign(count), Random(most)  # noqa: S311 - no secret
    outside = folder / "outside"
    outside.mkdir()

    def start() -> int:
        return forked(lambda: worker(folder, of, 3, lambda journal: outside_step(journal, outside)))

    crew, killed = {start() for _ in range(3)}, 0
    while crew:
        time.sleep(random.uniform(0.02, 0.1))
        for child in tuple(crew):
            if os.waitpid(child, os.WNOHANG)[0]:
                crew.discard(child)
        if crew and killed < most:
            victim = random.choice(sorted(crew))
            os.kill(victim, signal.SIGKILL)
            exit_code(victim, LIMIT_S)
            crew.discard(victim)
            crew.add(start())
            killed += 1
    standings = board_of(folder, of).standings.values()
    lost = sum(1 for one in standings if one.state != "gated")
    made = Counter((outside / "made").read_text().split())
    doubled = sum(1 for times in made.values() if times > 1)
    again = sum(one.takeovers for one in standings)
    return (
        f"{killed} workers killed, {again} targets taken over; lost {lost}, effects doubled"
        f" {doubled}, effects missing {count - sum(1 for _ in outside.iterdir()) + 1}"
    )


def brake(folder: Path, count: int) -> str:
    of = campaign(count, rollout=Rollout(pause_at=PauseAt(failure_rate=0.1)))
    fails = frozenset(f"t{number:05}" for number in range(20, count, 5))
    crew = [
        forked(lambda: worker(folder, of, 4, lambda journal: null_step(journal, fails)))
        for _ in range(4)
    ]
    for child in crew:
        assert exit_code(child, LIMIT_S) == 0
    with closing(opened(folder)) as journal:
        entries = list(journal.follow())
    ended = failed = reached = 0
    for entry in entries:
        if entry.event.kind == "target.finished" and not reached:
            ended += 1
            failed += entry.event.data["result"]["state"] == "failed"
            reached = entry.position if ended >= 10 and failed / ended >= 0.1 else 0
    after = sum(
        1 for one in entries if one.position > reached and one.event.kind == "target.claimed"
    )
    return f"reached at {failed} of {ended} by 4 workers; {after} targets begun after that"


def pauses(folder: Path, count: int) -> str:
    of = campaign(count)
    crew = [forked(lambda: worker(folder, of, 3, null_step)) for _ in range(3)]
    with closing(opened(folder)) as journal:
        engine, board = LocalEngine(journal, "person"), Board(journal, of)
        while board.claims < count // 10:
            board.refresh()
        begun = []
        for word in (engine.pause, engine.resume, engine.pause, engine.resume, engine.cancel):
            word("bench")
            board.refresh()
            before = board.claims
            time.sleep(1.0)
            board.refresh()
            begun.append(board.claims - before)
        for child in crew:
            exit_code(child, LIMIT_S)
        left = sum(1 for one in board.standings.values() if one.state == "pending")
    assert begun[1], "nothing went on after resume; give it more targets"
    return (
        f"begun within a second after pause {begun[0]}, resume {begun[1]}, pause {begun[2]},"
        f" resume {begun[3]}, cancel {begun[4]}; {left} left pending"
    )


def clocks(folder: Path, count: int) -> str:
    """Two workers, of which one's clock is set forward and back by two hours again and again."""
    of = campaign(count)
    outside = folder / "outside"
    outside.mkdir()

    def jumpy() -> int:
        began = time.monotonic()

        def clock() -> float:
            jump = (0.0, 7_200.0, -7_200.0)[int((time.monotonic() - began) * 5) % 3]
            return time.time() + jump

        journal = opened(folder, clock)
        engine = LocalEngine(journal, f"worker-{os.getpid()}")
        for _ in engine.execute(of, outside_step(journal, outside), EngineLimits(2, LEASE_S, 50)):
            continue
        journal.close()
        return DONE

    steady = forked(lambda: worker(folder, of, 2, lambda journal: outside_step(journal, outside)))
    for child in (forked(jumpy), steady):
        assert exit_code(child, LIMIT_S) == 0
    standings = board_of(folder, of).standings.values()
    lost = sum(1 for one in standings if one.state != "gated")
    made = Counter((outside / "made").read_text().split())
    doubled = sum(1 for times in made.values() if times > 1)
    return f"lost {lost}, effects doubled {doubled}"


def on_a_full_disk(folder: Path, count: int) -> int:
    """Be a worker whose disk fills, alone in a file system; then find room and go on."""
    of, codes = campaign(count), list[str]()
    ballast = folder / "ballast"
    ballast.write_bytes(b"\0" * 10 * 1024**2)
    for _ in range(2):
        journal = opened(folder)
        try:
            engine = LocalEngine(journal, f"worker-{len(codes)}")
            for _ in engine.execute(of, null_step(journal), EngineLimits(1, LEASE_S, 50)):
                continue
            codes.append("done")
        except JournalRefusal as refusal:
            codes.append("refused" if "full" in str(refusal) else str(refusal))
        journal.close()
        ballast.unlink(missing_ok=True)
    standings = board_of(folder, of).standings.values()
    ended = sum(1 for one in standings if one.state == "unchanged")
    print(f"first {codes[0]}, then with room {codes[1]}; lost {count - ended}")
    return DONE


def full_disk(count: int) -> str:
    unshare = shutil.which("unshare")
    if unshare is None:
        return "not measured: there is no unshare"
    with tempfile.TemporaryDirectory() as folder:
        own = [unshare, "--mount"] if os.geteuid() == 0 else [unshare, "-Urm"]
        script = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
        argv = [sys.executable, __file__, "--full-disk", folder, "--targets", str(count)]
        done = subprocess.run(
            [*own, "sh", "-c", script, "sh", SMALL_DISK, folder, *argv],
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": os.defpath},
        )
    return done.stdout.strip() or f"not measured: {done.stderr.strip()[-200:]}"


def main() -> None:
    """Print every figure."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--targets", type=int, default=TARGETS)
    reader.add_argument("--full-disk", type=Path)
    given = reader.parse_args()
    if given.full_disk:
        sys.exit(on_a_full_disk(given.full_disk, given.targets))
    count = given.targets
    print(f"{count} targets with a step that does nothing")
    print(
        f"{'workers':>7} {'targets/s':>10} {'ms/step':>8} {'MB/worker':>10} {'journal, MB':>12}"
        f" {'a plain fsync, ms':>18}"
    )
    for workers in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            print(throughput(Path(folder), count, workers))
    parts: dict[str, Callable[[Path], str]] = {
        "kill -9": lambda place: kills(place, max(count, 200), KILLS),
        "brake": lambda place: brake(place, max(count // 10, 100)),
        "pause, resume, cancel": lambda place: pauses(place, count),
        "clock jumps": lambda place: clocks(place, max(count // 10, 100)),
        "disk full": lambda _: full_disk(max(count // 2, 1_500)),
    }
    for name, part in parts.items():
        with tempfile.TemporaryDirectory() as folder:
            print(f"{name}: {part(Path(folder))}")


if __name__ == "__main__":
    main()
