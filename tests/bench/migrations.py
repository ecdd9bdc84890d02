"""Migrations that people made, made again by a program: file by file, beside other engines.

    python tests/bench/migrations.py --commits COMMITS.jsonl --mirrors FOLDER [--only WORD] [--show]

COMMITS has a line for each commit: repo, commit, parent, kind. FOLDER holds a git directory of each
repository as OWNER+NAME/repo. The programs stand below `codemod_programs/`, one folder for each
commit that a program was written for, by hand: they stand for what a model would write. Where
`--peers FOLDER` has a bin/ with ast-grep and pyupgrade, those with a rule for it run too, and ruff.

A file counts as equal when its syntax is that of the people's commit: Python by its own parser with
imports sorted, other languages token by token without comments. What a program changes in a file
that people did not touch is a stray.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.bwrap_sandbox import BwrapSandbox
from tests.bench.migrating.grading import is_equal
from tests.bench.migrating.history import blobs, changed, laid_out
from tests.bench.migrating.peers import peers_of
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.outcome import Outcome
from validators.codemods.program import Program, read_program
from validators.codemods.run import run_program
from validators.codemods.tree_walk import language_of

PROGRAMS = Path(__file__).parent / "codemod_programs"
HEAD = ("migration", "engine", "equal", "of", "stray", "expected", "rewritten", "left", "open")


@dataclass(frozen=True, slots=True)
class Case:
    """One commit of people: the files of known languages that it changed, before and after."""

    name: str
    git_dir: Path
    parent: str
    before: dict[str, bytes]
    after: dict[str, bytes]


def main() -> None:
    """Print one line for each migration and engine."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--commits", type=Path)
    asked.add_argument("--mirrors", type=Path)
    asked.add_argument("--peers", type=Path)
    asked.add_argument("--only", default="")
    asked.add_argument("--show", action="store_true", help="name the files that differ")
    given = asked.parse_args()
    if given.commits is None or given.mirrors is None:
        print("nothing is measured without --commits and --mirrors, which are not part of this")
        return
    print(" | ".join(HEAD))
    for line in given.commits.read_text("utf-8").splitlines():
        row = json.loads(line)
        name = f"{row['repo'].partition('/')[2].replace('-', '_')}_{row['commit'][:8]}"
        if given.only in name:
            measure(row, name, given)


def measure(row: dict[str, Any], name: str, given: argparse.Namespace) -> None:
    """Print what comes of one commit."""
    git_dir = given.mirrors / row["repo"].replace("/", "+") / "repo"
    programs = sorted(PROGRAMS.glob(f"{name}*"))
    if not git_dir.is_dir():
        print(f"{name} | - | its repository is not here")
        return
    try:
        paths = [
            path for path in changed(git_dir, row["parent"], row["commit"]) if language_of(path)
        ]
    except OSError as error:
        print(f"{name} | - | {error}")
        return
    before, after = blobs(git_dir, row["parent"], paths), blobs(git_dir, row["commit"], paths)
    case = Case(name, git_dir, row["parent"], before, after)
    with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
        tree = laid_out(git_dir, row["parent"], Path(folder) / "tree", {*before})
        whole = [ours(read_program(program), tree, Path(folder)) for program in programs]
        for outcome in whole:
            for file in outcome.changed:
                (tree / file.path).write_bytes(file.content or b"")
        if programs:
            tell(case, "ours", written(whole), whole, show=given.show)
        else:
            print(f"{name} | ours | no program was written")
    for peer in peers_of(name, given.peers):
        with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
            tree = laid_out(git_dir, row["parent"], Path(folder) / "tree", {*before})
            tell(case, peer.name, peer.run(tree), [], show=given.show)


def ours(program: Program, tree: Path, folder: Path) -> Outcome:
    """Return what a program makes of a tree, in the sandbox."""
    with opened(folder) as sandbox:
        empty = Path(tempfile.mkdtemp(dir=folder))
        phase = worker_phase(frozenset())

        def open_worker() -> Worker:
            return Worker(program, phase, lambda: sandbox.open(empty, phase, LIMITS), 20.0)

        return run_program(program, tree, (), open_worker, 2)


@contextmanager
def opened(folder: Path) -> Iterator[BwrapSandbox]:
    """Yield the sandbox, measured once for all migrations."""
    kept = Path(tempfile.gettempdir()) / "bench-migrations-probe.json"
    yield BwrapSandbox(folder / "scratch", kept=kept)


def written(outcomes: list[Outcome]) -> dict[str, bytes]:
    """Return the last new content of each file."""
    return {file.path: file.content or b"" for one in outcomes for file in one.changed}


def tell(
    case: Case, engine: str, made: dict[str, bytes], outcomes: list[Outcome], *, show: bool
) -> None:
    """Print one line, and with ``show`` the files that are not what people made of them."""
    differs = [
        path
        for path, wanted in case.after.items()
        if not is_equal(path, made.get(path, case.before[path]), wanted)
    ]
    strays = sorted(set(made) - set(case.after))
    left = [place for one in outcomes for place in one.all_left if place.line]
    figures = [
        sum(one.expected for one in outcomes),
        sum(one.rewritten for one in outcomes),
        len(left),
        sum(place.is_open for place in left),
    ]
    cells = [case.name, engine, len(case.after) - len(differs), len(case.after), len(strays)]
    print(" | ".join(map(str, [*cells, *(figures if outcomes else ["-"] * 4)])))
    for path in differs if show else ():
        print(f"    differs: {path}")
    for path in strays if show else ():
        print(f"    stray: {path}")
    for place in left if show else ():
        print(f"    left: {place.path}:{place.line}: {place.reason}")
    for one in outcomes if show else ():
        for file in one.files:
            for line in file.uncounted:
                print(f"    uncounted: {file.path}:{line}")


if __name__ == "__main__":
    main()
