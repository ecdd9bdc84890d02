"""What a sandbox costs: each figure beside the same thing without one, in one run.

Plain subprocesses and sandboxed commands take turns, so that a busy machine slows both; medians of
the paired differences and ratios are printed. Every figure names what it is measured against, and
what it must not exceed where that is agreed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.none_sandbox import NoneSandbox
from tests.bench.other_sandboxes.podman_exec import podman_exec
from tests.bench.other_sandboxes.sandbox_runtime import sandbox_runtime
from tests.bench.other_sandboxes.skipped import Run, Skipped
from tests.found_out import containers
from validators.sandbox import Limits, Phase, Sandbox

PAIRS = 30
FEW_PAIRS = 10  # of what takes tenths of a second or more
GATE_PAIRS = 7
AT_ONCE = 8
MIB = 1024**2
TRUE = ["/bin/true"]
# A gate that computes for a little longer than 150 ms.
GATE = ["/usr/bin/python3", "-I", "-S", "-c", "sum(number * number for number in range(3_000_000))"]
FLOOD = ["/usr/bin/head", "-c", "200M", "/dev/zero"]
# Ends for nobody, and leaves somebody behind who holds its output.
STUBBORN = ["/bin/sh", "-c", "trap '' INT TERM HUP; (setsid sleep 60 &); while :; do sleep 1; done"]
LIMITS = Limits(timeout_s=60)

Row = tuple[str, ...]  # what, plainly, sandboxed, ratio, and what it must not exceed


def plain(argv: Sequence[str]) -> None:
    subprocess.run(argv, env={}, cwd="/", capture_output=True, check=True)


def wall_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def beside(name: str, argv: Sequence[str], run: Run, pairs: int, must: str = "") -> Iterator[Row]:
    """Tell what one command costs more than a plain subprocess of the same."""
    run(argv)
    found = [(wall_ms(lambda: plain(argv)), wall_ms(lambda: run(argv))) for _ in range(pairs)]
    name = f"{Path(argv[0]).name} in {name}"
    bare = statistics.median(one for one, _ in found)
    more = statistics.median(ours - one for one, ours in found)
    ratio = statistics.median(ours / one for one, ours in found)
    yield f"{name}, median", f"{bare:.1f} ms", f"{more:+.1f} ms", f"x {ratio:.2f}", must
    # What a busy machine adds is in neither of these.
    bare, ours = min(one for one, _ in found), min(ours for _, ours in found)
    row = f"{name}, fastest", f"{bare:.1f} ms", f"{ours - bare:+.1f} ms", f"x {ours / bare:.2f}"
    yield (*row, must)


def in_turn(ours: Run, theirs: Run, names: tuple[str, str]) -> Row:
    """Compare the same command in two sandboxes; the first one's is the named baseline."""
    found = [(wall_ms(lambda: theirs(TRUE)), wall_ms(lambda: ours(TRUE))) for _ in range(FEW_PAIRS)]
    their_ms, our_ms = (statistics.median(side) for side in zip(*found, strict=True))
    ratio = statistics.median(our / their for their, our in found)
    name = f"true in {names[0]} beside {names[1]}, median"
    return name, f"{their_ms:.1f} ms ({names[1]})", f"{our_ms:.1f} ms", f"x {ratio:.3f}", ""


def opening(sandbox: Sandbox, tree: Path) -> Row:
    def act() -> None:
        sandbox.open(tree, Phase("test"), LIMITS).close()

    act()
    found = [(wall_ms(lambda: plain(TRUE)), wall_ms(act)) for _ in range(PAIRS // 3)]
    bare = statistics.median(one for one, _ in found)
    ours = statistics.median(one for _, one in found)
    name = f"open and close {sandbox.name}, empty tree"
    return name, f"{bare:.1f} ms", f"{ours:.1f} ms", "", ""


def probing(folder: Path) -> Iterator[Row]:
    kept = folder / "kept" / "probe.json"

    def sandbox() -> BwrapSandbox:
        return BwrapSandbox(folder / "scratch", kept=kept)

    measured = wall_ms(sandbox().measure)
    found = [
        (wall_ms(lambda: plain(TRUE)), wall_ms(lambda: sandbox().probe()))
        for _ in range(PAIRS // 3)
    ]
    for word, of in (("median", statistics.median), ("fastest", min)):
        bare, ours = of([one for one, _ in found]), of([one for _, one in found])
        name = f"probe at start, kept before, {word}"
        yield name, f"{bare:.1f} ms", f"{ours:.1f} ms", "", "100 ms"
    yield "probe that measures everything", "", f"{measured:.0f} ms", "", ""


def overshoot(sandbox: Sandbox, tree: Path, limit_s: float = 1.0) -> Row:
    with sandbox.open(tree, Phase("test"), LIMITS) as session:
        walls = [wall_ms(lambda: session.run(STUBBORN, timeout_s=limit_s)) / 1000 for _ in range(3)]
    most = f"+{(max(walls) - limit_s) * 1000:.0f} ms"
    name = f"a limit of {limit_s:g} s in {sandbox.name}, all signals ignored"
    return name, f"{limit_s:g} s", most, "", "+500 ms"


def at_once(sandbox: Sandbox, tree: Path) -> Row:
    """Return what eight gates at once take, in as many sandboxes and as plain subprocesses."""

    def sandboxed(_: int) -> None:
        with sandbox.open(tree, Phase("test"), LIMITS) as session:
            session.run(GATE)

    def all_of(act: Callable[[int], None]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(act, range(AT_ONCE)))

    found = [
        (wall_ms(lambda: all_of(lambda _: plain(GATE))), wall_ms(lambda: all_of(sandboxed)))
        for _ in range(3)
    ]
    bare = statistics.median(one for one, _ in found)
    ours = statistics.median(one for _, one in found)
    name = f"{AT_ONCE} gates at once in {sandbox.name}, opened and closed"
    return name, f"{bare:.0f} ms", f"{ours:.0f} ms", f"x {ours / bare:.2f}", ""


def resident_bytes() -> Mapping[str, int]:
    """Return this process's memory now (VmRSS) and at most since `peak_from_here` (VmHWM)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if "kB" in line}


@contextmanager
def peak_from_here() -> Iterator[Callable[[], float]]:
    """Yield what tells by how many MiB this process grew at most since then."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = resident_bytes()["VmRSS"]
    yield lambda: (resident_bytes()["VmHWM"] - before) / MIB


def memory(sandbox: Sandbox, tree: Path) -> Iterator[Row]:
    with peak_from_here() as grown:
        sessions = [sandbox.open(tree, Phase("test"), LIMITS) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda session: session.run(["/bin/sleep", "0.5"]), sessions))
        for session in sessions:
            session.close()
        name = f"supervisor, each of {AT_ONCE} at once in {sandbox.name}"
        yield name, "nothing", f"{grown() / AT_ONCE:.2f} MiB", "", "10 MiB"
    limits = Limits(timeout_s=60, output_limit_bytes=400 * MIB)
    with sandbox.open(tree, Phase("test"), limits) as session, peak_from_here() as grown:
        done = session.run(FLOOD)
        kept = f"{done.stdout.dropped_bytes // MIB} MiB dropped"
        yield f"200 MiB of output in {sandbox.name}", kept, f"{grown():.1f} MiB", "", "64 MiB"


def rows(folder: Path) -> Iterator[Row]:
    tree = folder / "tree"
    tree.mkdir()
    bwrap, container = BwrapSandbox(folder / "scratch"), containers(folder / "scratch")
    yield from memory(bwrap, tree)
    for sandbox in (NoneSandbox(folder / "scratch"), bwrap, container):
        probe = sandbox.probe()
        if not probe.usable:
            yield skipped(sandbox.name, probe.why_not)
            continue
        many = PAIRS if sandbox is not container else FEW_PAIRS
        walled = sandbox is bwrap
        with sandbox.open(tree, Phase("test"), LIMITS) as session:
            yield from beside(sandbox.name, TRUE, session.run, many, "+20 ms" if walled else "")
            yield from beside(
                sandbox.name, GATE, session.run, GATE_PAIRS, "x 1.15" if walled else ""
            )
        yield opening(sandbox, tree)
        yield overshoot(sandbox, tree)
    yield at_once(bwrap, tree)
    yield from probing(folder)
    yield from others(folder, bwrap, tree)


def others(folder: Path, bwrap: Sandbox, tree: Path) -> Iterator[Row]:
    """Tell what other people's sandboxes cost, and ours in turn with each."""
    for name, made in (("podman exec", podman_exec), ("sandbox-runtime", sandbox_runtime)):
        with ExitStack() as stack:
            try:
                run = stack.enter_context(made(folder))
            except Skipped as reason:
                yield skipped(name, str(reason))
                continue
            yield from beside(name, TRUE, run, FEW_PAIRS)
            yield from beside(name, GATE, run, GATE_PAIRS)
            session = stack.enter_context(bwrap.open(tree, Phase("test"), LIMITS))
            yield in_turn(session.run, run, (bwrap.name, name))


def skipped(name: str, why: str) -> Row:
    return f"{name}: skipped, {why}", "", "", "", ""


def main() -> int:
    if not Path("/usr/bin/bwrap").exists() or not Path(GATE[0]).exists():
        print("skipped: it needs /usr/bin/bwrap and /usr/bin/python3")
        return 0
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, uid {os.geteuid()}")
    print("| what | plainly | sandboxed | ratio | at most |\n|--|--|--|--|--|")
    with tempfile.TemporaryDirectory(prefix="bench-sandbox-") as folder:
        for row in rows(Path(folder)):
            print(f"| {' | '.join(row)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
