"""What a snippet costs in each interpreter, and how near its limits they stop it.

    python tests/bench/interpreters.py [--repeats N]

The baseline of each figure is plain CPython: a new process for a cold start, `exec` in this process
for a snippet, a function for a call. The quickest of all repeats counts, because a busy machine
only adds to it. *Begun ahead* is a first snippet that comes three cold starts after the session was
opened, as one does from a model that thinks. A limit's row says when a snippet was stopped that had
0.2 s, or the most memory that could be held under a limit of 64 MiB in lists of a megabyte.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from pydantic_monty import Monty

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.interpreting.sandboxed import SandboxedInterpreter
from tests.interpreter_makers import QUICK, SLOW, made
from validators.sandbox import REQUIRED_BY_DEFAULT
from workflows.snippet import SnippetLimits

STUBS = "def length(text: str) -> int: ...\n"
WORK = "total = sum([number * number for number in range(1_000)])"
CALLS = "for _ in range(100):\n    length('abc')"
ENDLESS = "while True:\n    pass"
MIB = 1024**2
HOARD = (
    "hoard = []\nwhile True:\n    hoard.append('z' * 1_048_576 + str(len(hoard)))\n"
    "    length(str(len(hoard)))"
)
LIMITS = SnippetLimits(timeout_s=0.2, memory_bytes=64 * MIB, host_calls=10**9)
ROOMY = SnippetLimits(timeout_s=60.0, memory_bytes=64 * MIB, host_calls=10**9)


def quickest(act: Callable[[], object], repeats: int) -> float:
    """Return the least milliseconds of some repeats."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken) * 1000


def plain(repeats: int) -> dict[str, float]:
    """Return the figures of the baseline."""
    names: dict[str, object] = {"length": len}
    return {
        "cold start, ms": quickest(
            lambda: subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True), repeats
        ),
        "a snippet, ms": quickest(lambda: exec(WORK, names), 10 * repeats),  # noqa: S102 - ours
        "100 calls, ms": quickest(lambda: exec(CALLS, names), 10 * repeats),  # noqa: S102 - ours
    }


def monty_alone(repeats: int) -> dict[str, float]:
    """Return the figures of Monty without our process and sandbox around it."""

    def cold() -> None:
        with Monty() as pool, pool.checkout() as session:
            session.feed_run("1")

    found = {"cold start, ms": quickest(cold, repeats)}
    with Monty() as pool, pool.checkout(limits={"max_suspensions": 2**31}) as session:
        lookup = {"length": len}
        found["an empty snippet, ms"] = quickest(lambda: session.feed_run("1"), 10 * repeats)
        found["a snippet, ms"] = quickest(lambda: session.feed_run(WORK), 10 * repeats)
        found["100 calls, ms"] = quickest(
            lambda: session.feed_run(CALLS, external_lookup=lookup), repeats
        )
    return found


def sandboxed(interpreter: SandboxedInterpreter, repeats: int) -> dict[str, float]:
    """Return the figures of one interpreter as a run uses it."""
    seen: list[str] = []

    def length(text: str) -> int:
        seen.append(text)
        return len(text)

    functions = {"length": length}

    def begun(think_s: float = 0.0) -> float:
        """Return the milliseconds of a first snippet, asked for while it starts or later."""
        began = time.perf_counter()
        with closing(interpreter.open(functions, STUBS, ROOMY)) as session:
            if think_s:
                time.sleep(think_s)
                began = time.perf_counter()
            session.run("1")
            return (time.perf_counter() - began) * 1000

    cold_ms = min(begun() for _ in range(repeats))
    found = {"cold start, ms": cold_ms}
    think_s = 3 * cold_ms / 1000
    found["first snippet, begun ahead, ms"] = min(begun(think_s) for _ in range(repeats))
    session = interpreter.open(functions, STUBS, ROOMY)
    session.run("1")
    found["an empty snippet, ms"] = quickest(lambda: session.run("1"), 10 * repeats)
    found["a snippet, ms"] = quickest(lambda: session.run(WORK), 10 * repeats)
    found["100 calls, ms"] = quickest(lambda: session.run(CALLS), repeats)
    kept = session.run("names = [str(number) for number in range(1_000)]").snapshot or b""
    found["snapshot of 1,000 texts, kB"] = len(kept) / 1000
    session.run(HOARD)
    found["stopped under 64 MiB at, MiB"] = float(seen[-1])
    session.close()
    stopped = interpreter.open(functions, STUBS, LIMITS)
    stopped.run("1")
    found["stopped under 0.2 s at, s"] = statistics.median(
        stopped.run(ENDLESS).wall_s for _ in range(3)
    )
    stopped.close()
    return found


def table(rows: dict[str, dict[str, float]]) -> None:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    base = rows["plain"]
    print(f"| figure | {' | '.join(rows)} |\n|--|{'--|' * len(rows)}")
    for name in names:
        print(f"| {name} | {' | '.join(_cell(row, base, name) for row in rows.values())} |")
    print("\nin brackets: times the figure of plain CPython; the quickest of all repeats")


def _cell(row: dict[str, float], base: dict[str, float], name: str) -> str:
    if name not in row:
        return ""
    ratio = f" ({row[name] / base[name]:.1f})" if name in base else ""
    return f"{row[name]:.3g}{ratio}"


def main(arguments: Sequence[str] | None = None) -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--repeats", type=int, default=5)
    repeats = words.parse_args(arguments).repeats
    with tempfile.TemporaryDirectory(prefix="bench-interpreters-") as folder:
        place = Path(folder)
        sandbox = BwrapSandbox(place)
        if not sandbox.probe().usable:
            print(f"skipped: {sandbox.probe().why_not}")
            return
        required = frozenset(REQUIRED_BY_DEFAULT)
        rows = {"plain": plain(repeats), "monty alone": monty_alone(repeats)}
        for name in (*QUICK, *SLOW):
            try:
                rows[name] = sandboxed(made(name, sandbox, place, required), repeats)
            except pytest.skip.Exception as missing:
                print(f"{name} is left out: {missing}")
    table(rows)


if __name__ == "__main__":
    main()
