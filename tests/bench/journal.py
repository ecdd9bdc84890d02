"""What the journal costs: an event beside a plain durable write of the same bytes, eight writers at
once, and the room that a run takes.

Event and plain write are done in turn, so that a busy disk slows both; the median of the paired
ratios is printed. With a state folder as argument, the room of its runs is measured instead of that
of simulated ones.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import LIMIT_S
from validators.encoding import encode
from workflows.run import Event

PAIRS = 300
WRITERS = 8
EVENTS = 100
RUNS = 20
TURNS = 8
EVENT = Event(
    "budget.settled", {"reservation": "1.1", "usd": 0.01, "tokens": 900, "note": "x" * 80}
)
# What a model reads and writes compresses as source code does.
SOURCE = "".join(
    path.read_text("utf-8")
    for path in sorted(Path(__file__).resolve().parents[2].glob("workflows/*.py"))
)
OPENING, TURN, REPLY = 40_000, 6_000, 2_500


def opened(state: Path) -> SqliteJournal:
    return SqliteJournal(state / "journal.sqlite", lambda: "2026-11-21T09:00:00Z", time.time)


def timed_us(act: "Sequence[object]") -> float:
    started = time.perf_counter()
    function, *arguments = act
    assert callable(function)
    function(*arguments)
    return (time.perf_counter() - started) * 1e6


def write_plainly(descriptor: int, content: bytes) -> None:
    os.write(descriptor, content)
    os.fsync(descriptor)


def overhead(state: Path) -> dict[str, float]:
    """Time an event, a lease and a plain write, in turn."""
    content = encode(EVENT)
    plain, events, leases = [], [], []
    descriptor = os.open(state / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with closing(opened(state)) as journal:
        fence = journal.lease("bench", "bench")
        for number in range(PAIRS):
            plain.append(timed_us((write_plainly, descriptor, content)))
            events.append(timed_us((journal.append, fence, EVENT)))
            if number % 10 == 0:
                leases.append(timed_us((journal.lease, f"lease-{number}", "bench")))
    os.close(descriptor)
    ratios = [event / bare for event, bare in zip(events, plain, strict=True)]
    return {
        "plain write + fsync, us": statistics.median(plain),
        "event, us": statistics.median(events),
        "event / plain write": statistics.median(ratios),
        "lease, us": statistics.median(leases),
    }


def write_many(state: Path, run: str) -> None:
    with closing(opened(state)) as journal:
        fence = journal.lease(run, run)
        for _ in range(EVENTS):
            journal.append(fence, EVENT)
        journal.release(fence)


def together(state: Path) -> dict[str, float]:
    """Time one writer, and then eight at once; every event must be there afterwards."""
    figures = {}
    spawn = multiprocessing.get_context("spawn")
    for writers in (1, WRITERS):
        names = [f"{writers}-{number}" for number in range(writers)]
        processes = [spawn.Process(target=write_many, args=(state, name)) for name in names]
        started = time.perf_counter()
        for process in processes:
            process.start()
        for process in processes:
            process.join(LIMIT_S)
            process.kill()
        spent = time.perf_counter() - started
        figures[f"{writers} writers, events/s, start of the process included"] = (
            writers * EVENTS / spent
        )
        with closing(opened(state)) as journal:
            lost = sum(EVENTS - len(journal.read(name)) for name in names)
        figures[f"{writers} writers, events lost"] = lost
    return figures


def source_from(place: int, length: int) -> str:
    place %= len(SOURCE)
    return (SOURCE[place:] + SOURCE)[:length]


def simulate(state: Path) -> None:
    """Write runs of eight replies, each request holding all that was said before."""
    with closing(opened(state)) as journal:
        for run in range(RUNS):
            fence = journal.lease(f"run-{run}", "bench")
            journal.append(
                fence, Event("run.started", {"task_key": "k", "task": {"body": "x" * 900}})
            )
            said = f"{run} " + source_from(run * 997, OPENING)
            for turn in range(TURNS):
                said += f"turn {turn} of {run}: " + source_from(run * 991 + turn * 5_003, TURN)
                asked = journal.put_blob(said.encode())
                answer = f"{run} {turn} " + source_from(run * 983 + turn * 3_001, REPLY)
                reply = journal.put_blob(answer.encode())
                journal.append(fence, Event("prompt.sent", {"conversation": asked}))
                journal.append(fence, Event("budget.reserved", EVENT.data))
                journal.append(fence, Event("model.replied", {"reply": reply}))
                journal.append(fence, EVENT)
            journal.append(fence, Event("run.finished", {"state": "proposed", "why": "x" * 80}))
            journal.release(fence)


def room(state: Path) -> dict[str, float]:
    """Return how much of the state folder each kind of thing takes, for each run."""
    with closing(opened(state)) as journal:
        runs = max(1, len(journal.runs()))
        rows = journal.database.rows("SELECT length(event) FROM events", ())
        sizes = Counter({"events": sum(row[0] for row in rows)})
        rows = journal.database.rows("SELECT length(content) FROM blobs", ())
        sizes["blobs, compressed"] = sum(row[0] for row in rows)
    for path in state.rglob("*"):
        if path.is_file() and not path.is_symlink():
            top = path.relative_to(state).parts[0]
            sizes[f"on disk: {top}"] += path.stat().st_blocks * 512
    return {f"KiB per run, {kind}": size / runs / 1024 for kind, size in sorted(sizes.items())}


def main() -> None:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("overhead", "together", "room"):
            (Path(folder) / name).mkdir()
        figures |= overhead(Path(folder) / "overhead")
        figures |= together(Path(folder) / "together")
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        if given is None:
            simulate(Path(folder) / "room")
        figures |= room(given or Path(folder) / "room")
    width = max(map(len, figures))
    for name, figure in figures.items():
        print(f"{name:<{width}}  {figure:12.1f}")


if __name__ == "__main__":
    main()
