"""What judging costs beside one plain run of the same commands on the patched tree.

The plain run is a checkout of the tree, the same lint and test commands and the same environment,
without a sandbox, a report or a comparison. It and both judgements (the base already seen, and not)
are done in turn, so that a busy machine slows all three; medians of the paired ratios are printed.
The target's environment is built beforehand.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.gate_room import GateRoom, detected
from bot.wiring import Bench, open_bench, tools
from tests.bench.spoiling.fixes import PYTHON_FIXES, Fix, chosen, read_fixes, repository_of
from validators.building.workspace import layered_tree
from validators.checkout import materialise, resolve_tree
from validators.environment import Environment
from validators.sandbox import ENVIRONMENT
from validators.verdict import Verdict

REPEATS = 3


def words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=Path, help="a folder of clones named owner+name")
    parser.add_argument("--number", type=int, default=3, help="how many fixes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="the fixes of one project, or owner/name@commit")
    parser.add_argument("--state", type=Path, help="where environments are kept for the next time")
    return parser.parse_args()


def main() -> int:
    given = words()
    if not PYTHON_FIXES.is_file():
        print(f"skipped: {PYTHON_FIXES} is not here")
        return 0
    fixes = [fix for fix in read_fixes(PYTHON_FIXES) if str(fix).startswith(given.only)]
    rows: list[tuple[float, float]] = []
    print(
        "| fix | plain, s | base known, s | ratio | base unknown, s | ratio |\n|--|--|--|--|--|--|"
    )
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as folder:
        place = Path(folder)
        for fix in chosen(fixes, given.number, given.seed):
            try:
                repository = repository_of(fix, given.repositories or place / "repositories")
            except LookupError as error:
                print(f"skipped: {error}", file=sys.stderr)
                continue
            state = {"state": (given.state or place / "state").absolute()}
            with open_bench(repository, fix.base, state, unsafe=False) as bench:
                row = measure(bench, fix)
            if row is None:
                print(f"skipped: {fix} is not accepted, or its tests fail here", file=sys.stderr)
            else:
                rows.append(row)
    if rows:
        warm, cold = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"medians: base known {warm:.2f} x, base unknown {cold:.2f} x a plain run")
    return 0


def measure(opened: Bench, fix: Fix) -> tuple[float, float] | None:
    """Return both ratios for one fix; None where it is rejected, before all was run perhaps."""
    bench = replace(opened, base_sides={})
    environment = GateRoom(bench).environment()
    tree = resolve_tree(bench.clone, fix.commit)
    place = bench.scratch / "plain"
    materialise(bench.clone, layered_tree(bench.clone, tree, environment.layer), place)
    if not judged(bench, tree).passed or not run_plainly(bench, environment, place):
        return None
    plain, warm, cold = [], [], []
    for _ in range(REPEATS):
        plain.append(seconds(lambda: run_plainly(bench, environment, place)))
        warm.append(seconds(lambda: judged(bench, tree)))
        cold.append(seconds(lambda: judged(replace(bench, base_sides={}), tree)))
    shutil.rmtree(place)
    ratios = tuple(
        statistics.median(judgement / bare for judgement, bare in zip(some, plain, strict=True))
        for some in (warm, cold)
    )
    bare, known, unknown = (statistics.median(some) for some in (plain, warm, cold))
    figures = f"{bare:.1f} | {known:.1f} | {ratios[0]:.2f} | {unknown:.1f} | {ratios[1]:.2f}"
    print(f"| {fix} | {figures} |", flush=True)
    return ratios[0], ratios[1]


def judged(bench: Bench, tree: str) -> Verdict:
    """Judge a tree in a room of its own, with its environment from the cache."""
    return GateRoom(bench).judge(tree, _unheard)[0]


def run_plainly(bench: Bench, environment: Environment, place: Path) -> bool:
    """Run every detected gate as a person would, and return whether the tests ended well."""
    inside = next(mount.source for mount in environment.mounts if mount.inside == ENVIRONMENT)
    linter = next(mount.source for mount in tools() if mount.inside.endswith("/ruff"))
    variables = {
        **environment.variables,
        "VIRTUAL_ENV": str(inside / "venv"),
        "PATH": f"{inside / 'venv/bin'}:{linter.parent}:{os.defpath}",
        # An editable install points to the place where the sandbox shows the tree.
        "PYTHONPATH": f"{place / 'src'}:{place}",
        "HOME": str(bench.scratch),
        "LANG": "C.UTF-8",
    }
    codes = {
        gate.kind: subprocess.run(
            gate.run, cwd=place, env=variables, capture_output=True, check=False
        ).returncode
        for gate in detected(bench).gates
    }
    return codes.get("test") == 0


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _unheard(kind: str, data: Mapping[str, Any]) -> None:
    """Take what an observer is told: only time counts here."""


if __name__ == "__main__":
    sys.exit(main())
