"""How long `changewright resume` takes, beside the same run undisturbed.

A run of two attempts is killed after its first reply, its first attempt and its last. Each is
measured with gates that take no time, which shows what resuming costs in itself, and with gates of
one second, which shows what it saves. The gate on the base is run again.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.kills import PROPOSE
from tests.e2e.stage import Stage

REPEATS = 3
GATES_S = (0.0, 1.0)
# The point at which the process dies, and which of those of that name.
MOMENTS = {
    "first reply": ("after SqliteJournal.append budget.settled", 1),
    "first attempt": ("after SqliteJournal.append attempt.finished", 1),
    "last attempt": ("after SqliteJournal.append attempt.finished", 2),
}


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def point(passed: list[str], name: str, count: int) -> int:
    """Return the number of the ``count``-th point of a name."""
    return [n for n, one in enumerate(passed, 1) if one.strip() == name][count - 1]


def main() -> None:
    print("| gate, s | killed after | undisturbed, s | resume, s | ratio |\n|--|--|--|--|--|")
    for pause in GATES_S:
        folder = Path(tempfile.mkdtemp(prefix="bench-resume-"))
        try:
            measure(Stage(folder, pause=pause), pause)
        finally:
            shutil.rmtree(folder)


def measure(stage: Stage, pause: float) -> None:
    words = PROPOSE.words(stage)
    stage.keep()
    stage.run(*words)
    passed = stage.passed()
    (run,) = {run for run, _ in stage.events()}
    for moment, (name, count) in MOMENTS.items():
        whole, resumed = [], []
        for _ in range(REPEATS):
            stage.begin()
            whole.append(seconds(lambda: stage.run(*words)))
            stage.begin()
            stage.run(*words, at=point(passed, name, count))
            resumed.append(seconds(lambda: stage.run("resume", run)))
            if set(stage.truth().trees) != {f"{run}.json"}:
                sys.exit(f"killed after {moment}, the run was not finished by resume")
        ratio = statistics.median(b / a for a, b in zip(whole, resumed, strict=True))
        figures = f"{statistics.median(whole):.2f} | {statistics.median(resumed):.2f}"
        print(f"| {pause:.0f} | {moment} | {figures} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
