"""What reading code costs, beside what others take for the same files: one run, one table.

    python -m tests.bench.scoping.cost --repo GIT_DIR --base REV --issue FILE
        [--bm25s "uv run --no-project --with bm25s python"] [--aider AIDER/bin/python]
    python -m tests.bench.scoping.cost --repo GIT_DIR --base REV --steps 200

Each row is a process of its own. Processor time has children in it, since a busy machine stretches
only the other kind; "in all" counts the start of the process too, "the work" does not. ``--repeat``
takes each row so often and prints the medians. With ``--steps`` the index is taken over the last
commits, one after the other.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from scoping.store import FILE_NAME
from tests.bench.scoping.cost_steps import Bench
from tests.ending import ended

_HERE = Path(__file__).parent
_KIB = 1024
_LIMIT_S = 3600.0


@dataclass(frozen=True)
class Took:
    """One process: processor time in all, the work's own, its wall time, the most memory."""

    all_s: float
    work_s: float
    wall_s: float
    most_mib: float
    said: dict[str, Any]


def ran(argv: Sequence[str], *, tells: bool = True) -> Took:
    """Run one process to its end; one that ``tells`` prints, last, what it measured itself."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        environment = {**os.environ, "PYTHONPATH": str(_HERE.parents[2])}
        child = subprocess.Popen(argv, stdout=out, stderr=errors, env=environment)
        # Not `communicate`: it would reap the child, and with it what the child took.
        with ended(child, _LIMIT_S):
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - start
        for stream in (out, errors):
            stream.seek(0)
        if child.returncode:
            raise SystemExit(f"{shlex.join(argv)} failed:\n{errors.read().decode()}")
        said = json.loads(out.read().decode().strip().rpartition("\n")[2]) if tells else {}
    whole = used.ru_utime + used.ru_stime
    return Took(
        whole, said.get("cpu_s", whole), said.get("wall_s", wall), used.ru_maxrss / _KIB, said
    )


class Table:
    """Rows as they are measured, each beside the raw parse."""

    def __init__(self, repeat: int) -> None:
        self._repeat = repeat
        self.raw: Took | None = None
        print(
            f"{'':38s}{'in all':>9s}{'the work':>10s}{'wall':>8s}{'x raw':>7s}"
            f"{'x wall':>7s}{'MiB':>7s}"
        )

    def row(
        self, name: str, argv: Sequence[str], forget: Path | None = None, *, tells: bool = True
    ) -> Took:
        """Measure one row; ``forget`` is removed before each time."""
        times = []
        for _ in range(self._repeat):
            if forget is not None:
                for file in forget.parent.glob(f"{forget.name}*"):
                    file.unlink()
            times.append(ran(argv, tells=tells))
        took = Took(
            statistics.median(one.all_s for one in times),
            statistics.median(one.work_s for one in times),
            statistics.median(one.wall_s for one in times),
            max(one.most_mib for one in times),
            times[-1].said,
        )
        raw = self.raw or took
        ratios = f"{took.work_s / raw.work_s:7.2f}{took.wall_s / raw.wall_s:7.2f}"
        print(
            f"{name:38s}{took.all_s:9.3f}{took.work_s:10.3f}{took.wall_s:8.3f}"
            f"{ratios}{took.most_mib:7.0f}",
            flush=True,
        )
        return took


def ours(table: Table, given: argparse.Namespace, folder: Path) -> None:
    """Measure the raw parse, then each of our own steps."""
    store = folder / "steps" / FILE_NAME
    about = ["--repo", str(given.repo), "--base", given.base]

    def step(name: str) -> list[str]:
        own = [sys.executable, "-m", "tests.bench.scoping.cost_steps", name]
        return [*own, *about, "--store", str(store)]

    table.raw = table.row("a raw parse, one process", step("raw_parse"))
    print(f"  of {table.raw.said['files']} files, {table.raw.said['mib']:.1f} MiB")
    table.row("a raw parse, two processes", step("raw_parse_two"))
    # Right behind it, since the clock of a busy machine drifts.
    table.row("an index, cold, two processes", step("index"), store)
    state = folder / "state"
    command = str(Path(sys.executable).with_name("changewright"))
    scope = [command, "scope", *about, "--issue-file", str(given.issue), "--json=lists"]
    scope += ["--state", str(state)]
    table.row("a scope, cold (the command)", scope, state / "index" / FILE_NAME, tells=False)
    table.row("a scope, of what that left", scope, tells=False)
    table.row("an index, warm", step("index"))
    questions = table.row("the first question", step("questions"))
    later, asked = questions.said["later_ms"], questions.said["asked"]
    print(f"  a later one: {later:.1f} ms of processor, median of {asked}")
    searches = table.row("a search, of words in memory", step("searches"))
    later, asked = searches.said["later_ms"], searches.said["asked"]
    print(f"  a later one: {later:.1f} ms of processor, median of {asked}")
    told = table.row("the histories of lines", step("histories")).said
    print(
        f"  a first one {told['first_ms']:.0f} ms, again {told['later_ms']:.0f}, git's own"
        f" {told['git_ms']:.0f} ms of processor, median of {told['asked']};"
        f" {told['differ']} of them differ"
    )
    # Last, since what it reads is kept too.
    table.row("an index, ten files changed", step("ten_files"))


def peers(table: Table, given: argparse.Namespace, folder: Path) -> None:
    """Measure what others take for the same files, laid out in a folder."""
    laid = folder / "files"
    bench = Bench(given.repo, given.base, folder / FILE_NAME)
    for path, content in bench.contents():
        place = laid / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for name, python in (("bm25s", given.bm25s), ("aider", given.aider)):
        if python:
            argv = [*shlex.split(python), str(_HERE / "cost_peers.py"), name]
            took = table.row(f"{name}: index and answer", [*argv, str(laid), str(given.issue)])
            print(f"  a later one: {took.said['later_ms']:.1f} ms of processor")


def over_commits(given: argparse.Namespace, folder: Path) -> None:
    """Print how the index grew over the last commits."""
    bench = Bench(given.repo, given.base, folder / FILE_NAME)
    rows = list(bench.over_commits(given.steps))
    later = sorted(took for took, _ in rows[1:])
    sizes = [size for _, size in rows]
    grown = sorted(after - before for before, after in pairwise(sizes))
    print(f"{'':10s}{'first':>9s}{'median':>9s}{'p95':>9s}{'last':>9s}")
    for name, first, others, last in (
        ("s CPU", rows[0][0], later, rows[-1][0]),
        ("MiB more", sizes[0], grown, sizes[-1] - sizes[-2]),
    ):
        p95 = others[int(len(others) * 0.95)]
        print(f"{name:10s}{first:9.3f}{statistics.median(others):9.3f}{p95:9.3f}{last:9.3f}")
    print(f"{len(rows)} commits, {sizes[-1]:.1f} MiB in the end")


def _given() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--repo", type=Path, required=True)
    asked.add_argument("--base", required=True)
    asked.add_argument("--issue", type=Path)
    asked.add_argument("--steps", type=int, default=0)
    asked.add_argument("--repeat", type=int, default=1)
    asked.add_argument("--bm25s", default="")
    asked.add_argument("--aider", default="")
    return asked.parse_args()


def main() -> None:
    """Measure one repository."""
    given = _given()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if given.steps:
            over_commits(given, folder)
            return
        if given.issue is None:
            given.issue = folder / "issue.txt"
            given.issue.write_text("an error is raised\n", "utf-8")
        table = Table(given.repeat)
        ours(table, given, folder)
        peers(table, given, folder)


if __name__ == "__main__":
    main()
