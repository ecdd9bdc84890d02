"""What a private place to work in costs beside git's own, and a command in it beside a plain one.

All that is compared is done in turn, so that a busy machine slows each; medians are printed, with
the ratio of the medians or, for a command, the difference, and beside them the same of the fastest,
in which little else took part. The tree and the sandbox's own measurement are made beforehand: both
serve many sessions.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.bwrap_sandbox import BwrapSandbox
from validators.checkout import Clone, open_clone, write_tree
from validators.clones.written_trees import TreePlace, written_tree
from validators.processes.layer import lay, spread
from validators.processes.staging import owner
from validators.sandbox import FileChange, Limits, Phase

LINE = "value = [number for number in range(10)]\n"
PHASE = Phase("test")


def words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2_200)
    parser.add_argument("--sessions", type=int, default=3, help="how often each is opened")
    parser.add_argument("--commands", type=int, default=40, help="how often each is run")
    return parser.parse_args()


def main() -> int:
    given = words()
    with tempfile.TemporaryDirectory(prefix="bench-workspace-") as name:
        folder = Path(name)
        repository = made_repository(folder / "repository", given.files)
        clone = open_clone(repository, "HEAD", folder / "clone")
        sandbox = BwrapSandbox(folder / "scratch")
        if not sandbox.probe().usable:
            print(f"skipped: {sandbox.probe().why_not}. {sandbox.probe().mend}")
            return 0
        started = time.perf_counter()
        tree = written_tree(clone, clone.base_tree, TreePlace(folder / "scratch", owner=owner()))
        first = time.perf_counter()
        derived(clone, folder / "scratch", 0)
        second = time.perf_counter()
        print(
            f"{given.files} files; written once in {(first - started) * 1e3:.0f} ms, another tree"
            f" of which one file differs in {(second - first) * 1e3:.0f} ms\n"
        )
        workspaces(sandbox, repository, tree, folder, given.sessions)
        commands(sandbox, tree, given.commands)
    return 0


def made_repository(folder: Path, files: int) -> Path:
    for number in range(files):
        path = folder / f"package{number // 25}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {number}\n" + LINE * (number % 150))
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    return folder


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *who, *words], cwd=folder, env=environment, check=True)


def derived(clone: Clone, scratch: Path, number: int) -> Path:
    change = FileChange("package0/module0.py", "100644", f"changed {number}\n".encode())
    tree = write_tree(clone, clone.base_tree, [change])
    return written_tree(clone, tree, TreePlace(scratch, owner=owner()))


@dataclass(frozen=True, slots=True)
class Taken:
    """How long one act took, in milliseconds."""

    median: float
    fastest: float


def in_turn(acts: Mapping[str, Callable[[], object]], times: int) -> dict[str, Taken]:
    """Do each so many times; the first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(times + 1):
        for name, act in acts.items():
            started = time.perf_counter()
            act()
            taken[name].append((time.perf_counter() - started) * 1e3)
    return {
        name: Taken(statistics.median(figures[1:]), min(figures[1:]))
        for name, figures in taken.items()
    }


def workspaces(
    sandbox: BwrapSandbox, repository: Path, tree: Path, folder: Path, times: int
) -> None:
    def worktree() -> None:
        git(repository, "worktree", "add", "--quiet", "--detach", str(folder / "worktree"))
        git(repository, "worktree", "remove", "--force", str(folder / "worktree"))

    acts: dict[str, Callable[[], object]] = {
        "git worktree add + remove": worktree,
        "session open + close, stacked": lambda: sandbox.open(tree, PHASE, Limits()).close(),
        "its layer alone, stacked": lambda: lay(tree, folder / "scratch", owner()).close(),
        "its layer alone, copied": lambda: spread(tree, folder / "scratch", owner()).close(),
    }
    with sandbox.open(tree, PHASE, Limits()) as session:
        if session.layer.overlay is None:
            print(f"no overlay here, the rows say so: {session.layer.why_copied}")
    rows = in_turn(acts, times)
    whole = rows["git worktree add + remove"]
    print("| workspace | median, ms | worktree takes | fastest, ms | worktree takes |")
    print("|--|--|--|--|--|")
    for name, row in rows.items():
        ratios = whole.median / row.median, whole.fastest / row.fastest
        print(
            f"| {name} | {row.median:.1f} | {ratios[0]:.1f} x"
            f" | {row.fastest:.1f} | {ratios[1]:.1f} x |"
        )


def commands(sandbox: BwrapSandbox, tree: Path, times: int) -> None:
    with tempfile.TemporaryDirectory() as plain:
        (Path(plain) / "file").write_text("one\n")
        with (
            sandbox.open(tree, PHASE, Limits()) as stacked,
            sandbox.open(Path(plain), PHASE, Limits()) as copied,
        ):
            acts: dict[str, Callable[[], object]] = {
                "plain subprocess": lambda: subprocess.run(["/usr/bin/true"], check=True),
                "in a session, copied": lambda: copied.run(["/usr/bin/true"]),
                "in a session, stacked": lambda: stacked.run(["/usr/bin/true"]),
            }
            rows = in_turn(acts, times)
    base = rows["plain subprocess"]
    print("\n| command | median, ms | over a plain one | fastest, ms | over a plain one |")
    print("|--|--|--|--|--|")
    for name, row in rows.items():
        print(
            f"| {name} | {row.median:.1f} | {row.median - base.median:+.1f}"
            f" | {row.fastest:.1f} | {row.fastest - base.fastest:+.1f} |"
        )


if __name__ == "__main__":
    sys.exit(main())
