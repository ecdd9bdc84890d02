"""Migrations that people made, made again by a program: file by file, beside other engines.

    python tests/bench/migrations.py --commits COMMITS.jsonl --mirrors FOLDER [--peers FOLDER]
        [--suites FOLDER] [--only WORD] [--show]

COMMITS has a line for each commit: repo, commit, parent, kind. FOLDER holds a git directory of each
repository as OWNER+NAME/repo. The programs stand below `codemod_programs/`, one folder for each
commit, written by hand: they stand for what a model would write. Where `--peers FOLDER` is a
virtual environment with ast-grep-cli, libcst and pyupgrade, those with a rule for it run too, and
ruff. `--suites FOLDER` has what the projects' own tests need (`migrating/suites.py`).

equal    files whose syntax is that of the people's commit: Python by its own parser with imports
         sorted, other languages token by token without comments
stray    files that people did not touch, and lines that they left alone in those they did
old      matches of the program's SITES that are left, in people's files as in everybody's
s, MB    by the clock, start included, and of the largest process
tests    of the project, before, by people and by us
"""

import argparse
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.bwrap_sandbox import BwrapSandbox
from tests.bench.migrating.costs import Cost
from tests.bench.migrating.grading import is_equal, stray_lines
from tests.bench.migrating.history import blobs, changed, laid_out
from tests.bench.migrating.peers import ours, peers_of
from tests.bench.migrating.suites import NOT_RUN, SUITES, results, told
from validators.codemods.program import read_program
from validators.codemods.tree_walk import language_of

PROGRAMS = Path(__file__).parent / "codemod_programs"
HEAD = ("migration", "engine", "equal", "of", "stray files", "stray lines", "old", "s", "MB")


@dataclass(frozen=True, slots=True)
class Case:
    """One commit of people: the files of known languages that it changed, before and after."""

    name: str
    git_dir: Path
    parent: str
    commit: str
    before: dict[str, bytes]
    after: dict[str, bytes]
    sites: re.Pattern[bytes]


def main() -> None:
    """Print one line for each migration and engine."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--commits", type=Path)
    asked.add_argument("--mirrors", type=Path)
    asked.add_argument("--peers", type=Path)
    asked.add_argument("--suites", type=Path)
    asked.add_argument("--only", default="")
    asked.add_argument("--show", action="store_true", help="name the files that differ")
    given = asked.parse_args()
    if given.commits is None or given.mirrors is None:
        print("nothing is measured without --commits and --mirrors, which are not part of this")
        return
    print(" | ".join(HEAD))
    with tempfile.TemporaryDirectory(prefix="bench-migrations-") as folder:
        for line in given.commits.read_text("utf-8").splitlines():
            row = json.loads(line)
            name = f"{row['repo'].partition('/')[2].replace('-', '_')}_{row['commit'][:8]}"
            if given.only in name:
                measure(row, name, given, Path(folder))


def measure(row: dict[str, Any], name: str, given: argparse.Namespace, folder: Path) -> None:
    """Print what comes of one commit."""
    git_dir, program = given.mirrors / row["repo"].replace("/", "+") / "repo", PROGRAMS / name
    if not program.is_dir() or not git_dir.is_dir():
        print(f"{name} | - | its program or its repository is not here")
        return
    parent, commit = row["parent"], row["commit"]
    try:
        paths = [path for path in changed(git_dir, parent, commit) if language_of(path)]
    except OSError as error:
        print(f"{name} | - | {error}")
        return
    before, after = blobs(git_dir, parent, paths), blobs(git_dir, commit, paths)
    sites = re.compile(read_program(program).sites.encode(), re.MULTILINE)
    case = Case(name, git_dir, parent, commit, before, after, sites)
    tell(case, "people", after, None, show=False)
    tree = laid_out(git_dir, parent, folder / f"{name}-ours", {*before})
    made, cost = ours(program, tree, folder / "state").run(tree)
    tell(case, "ours", made, cost, show=given.show)
    account(cost.said, show=given.show)
    for number, peer in enumerate(peers_of(name, given.peers)):
        tree = laid_out(git_dir, parent, folder / f"{name}-{number}", {*before})
        tell(case, peer.name, *peer.run(tree), show=given.show)
    if given.suites:
        tell_tests(case, made, given.suites, folder)


def tell(
    case: Case, engine: str, made: Mapping[str, bytes], cost: Cost | None, *, show: bool
) -> None:
    """Print one line, and with ``show`` the files that are not what people made of them."""
    now = {path: made.get(path, content) for path, content in case.before.items()}
    differs = [path for path in case.after if not is_equal(path, now[path], case.after[path])]
    strays = sorted(set(made) - set(case.after))
    lines = sum(stray_lines(case.before[path], now[path], case.after[path]) for path in differs)
    old = sum(len(case.sites.findall(content)) for content in now.values())
    took = [f"{cost.wall_s:.1f}", f"{cost.memory_mb:.0f}"] if cost else ["-", "-"]
    equal = len(case.after) - len(differs)
    cells = [case.name, engine, equal, len(case.after), len(strays), lines, old, *took]
    print(" | ".join(map(str, cells)), flush=True)
    for path in differs if show else ():
        print(f"    differs: {path}")
    for path in strays if show else ():
        print(f"    stray: {path}")


def account(said: bytes, *, show: bool) -> None:
    """Print our own account of the sites, and with ``show`` what was left."""
    document = json.loads(said)
    left = [one for one in document["left"] if one["line"]]
    undecided = sum(one["open"] for one in left)
    print(
        f"    ours says: {document['expected']} expected, {document['rewritten']} rewritten,"
        f" {len(left)} left with a reason, of those {undecided} undecided"
    )
    for one in left if show else ():
        print(f"    left: {one['path']}:{one['line']}: {one['reason']}")


def tell_tests(case: Case, made: Mapping[str, bytes], needs: Path, folder: Path) -> None:
    """Print what the project's own tests say before, of people's commit, and of ours."""
    if case.name not in SUITES:
        print(f"    tests: not run here: {NOT_RUN[case.name]}")
        return
    sandbox = BwrapSandbox(folder / "scratch", kept=folder / "probe.json")
    found = []
    for who, commit in (("before", case.parent), ("people", case.commit), ("ours", case.parent)):
        tree = folder / f"{case.name}-tests-{who}"
        laid_out(case.git_dir, commit, tree / SUITES[case.name].place)
        for path, content in made.items() if who == "ours" else ():
            (tree / SUITES[case.name].place / path).write_bytes(content)
        found.append(results(case.name, tree, needs, sandbox))
    if not all(any(one.values()) for one in found):
        print("    tests: not run: what they need is not in --suites, or does not start")
        return
    both = found[1].keys() & found[2].keys()
    other = sorted(one for one in both if found[1][one] != found[2][one])
    print(
        f"    tests: before {told(found[0])}, people {told(found[1])}, ours {told(found[2])};"
        f" {len(other)} with another result than people's{': ' if other else ''}"
        f"{', '.join(other[:3])}",
        flush=True,
    )


if __name__ == "__main__":
    main()
