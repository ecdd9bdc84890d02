"""An argument change over a large tree: our run beside a raw parse and the ast-grep command.

    python tests/bench/codemods.py [--tree FOLDER] [--peers FOLDER] [--repeats N]

Without `--tree` Django's sdist is fetched from the package index; it is read for this figure
alone. All rows come from one run on one machine, each the quickest of its repeats: *wall* is of the
whole command, start included; *CPU* is of it and its children; *memory* of its largest process.
`--peers FOLDER` has a bin/ with ast-grep. Sites are right when the interpreter's own parser finds
the argument in each call that can be seen through, and nothing else changed.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.migrating.costs import Cost, cost

PROGRAM = Path(__file__).parent / "codemod_programs" / "exact_message"
NAME, ARGUMENT = "assertRaisesMessage", "exact"
WORKERS = 2
# Listing and reading are part of it, as they are of every engine; PART and PARTS share the files.
RAW = """
import sys
from pathlib import Path
import tree_sitter_python
from tree_sitter import Language, Parser
parser = Parser(Language(tree_sitter_python.language()))
files = sorted(Path(sys.argv[1]).rglob("*.py"))
for file in files[int(sys.argv[2])::int(sys.argv[3])]:
    parser.parse(file.read_bytes())
"""


def main() -> None:
    """Print one row for each engine, and what became of the sites."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tree", type=Path)
    asked.add_argument("--peers", type=Path)
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-codemods-") as folder:
        place = Path(folder)
        try:
            tree = given.tree or fetched(place)
        except subprocess.CalledProcessError:
            print("no package index gives Django's sdist here: name an unpacked one by --tree")
            return
        files = sorted(tree.rglob("*.py"))
        size = sum(file.stat().st_size for file in files)
        print(f"{len(files)} Python files, {size / 1e6:.1f} MB, {os.cpu_count()} processors")
        raw = quickest(given.repeats, [raw_argv(tree, 0, 1)])
        both = quickest(given.repeats, [raw_argv(tree, part, WORKERS) for part in range(WORKERS)])
        row("raw parse, 1 process", raw, len(files), both)
        row(f"raw parse, {WORKERS} processes", both, len(files), both)
        ours = our_argv(tree, place / "state")
        quickest(1, [ours])  # measures the sandbox, which is kept
        row(f"ours, {WORKERS} workers", quickest(given.repeats, [ours]), len(files), both)
        tell_sites("ours", tree, place, [*ours, "--write"])
        if given.peers:
            argv = peer_argv(given.peers, tree)
            row("ast-grep", quickest(given.repeats, [argv]), len(files), both)
            tell_sites("ast-grep", tree, place, [*argv, "--update-all"])


def fetched(folder: Path) -> Path:
    """Return Django's sdist, unpacked."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*argv, "--dest", str(folder), "django"], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder / "sdist", filter="data")
    return next((folder / "sdist").iterdir())


def raw_argv(tree: Path, part: int, parts: int) -> list[str]:
    """Return the command that parses a share of the files and does nothing else."""
    return [sys.executable, "-c", RAW, str(tree), str(part), str(parts)]


def our_argv(tree: Path, state: Path) -> list[str]:
    """Return our command, with its own state."""
    program = str(Path(sys.executable).with_name("changewright"))
    words = ["codemod", "run", str(PROGRAM), "--tree", str(tree), "--workers", str(WORKERS)]
    return [program, *words, "--state", str(state), "--json"]


def peer_argv(folder: Path, tree: Path) -> list[str]:
    """Return the obvious rule as ast-grep's command has it."""
    rule = ["-p", f"$O.{NAME}($$$A)", "-r", f"$O.{NAME}($$$A, {ARGUMENT}=False)", "-l", "python"]
    return [str(folder / "bin" / "ast-grep"), "run", *rule, str(tree)]


def quickest(repeats: int, commands: Sequence[Sequence[str]]) -> Cost:
    """Return the least that commands side by side took."""
    return min((cost(commands) for _ in range(repeats)), key=lambda one: one.wall_s)


def row(name: str, cost: Cost, files: int, raw: Cost) -> None:
    """Print one engine's figures, beside those of the raw parse on as many processes."""
    print(
        f"{name:<24} {cost.wall_s:6.2f} s wall {cost.cpu_s:6.2f} s CPU"
        f" {cost.memory_mb:6.0f} MB {files / cost.wall_s:7.0f} files/s"
        f" {cost.wall_s / raw.wall_s:5.2f} x wall {cost.cpu_s / raw.cpu_s:5.2f} x CPU"
    )


def tell_sites(name: str, tree: Path, place: Path, argv: Sequence[str]) -> None:
    """Let an engine write into a copy, and say how many sites are right, wrong and not done."""
    copy = place / f"copy-{name}"
    shutil.copytree(tree, copy, symlinks=True)
    there = [str(copy) if word == str(tree) else word for word in argv]
    done = subprocess.run(there, capture_output=True, check=False)
    right = wrong = left = broken = 0
    for before in sorted(tree.rglob("*.py")):
        old, new = before.read_bytes(), (copy / before.relative_to(tree)).read_bytes()
        if NAME.encode() not in old:
            wrong += old != new
            continue
        try:
            was, now = parsed(old), parsed(new)
        except SyntaxError:
            broken += 1
            continue
        calls = list(sites(now))
        have = [call for call in calls if ARGUMENT in {word.arg for word in call.keywords}]
        for call in have:
            call.keywords = [word for word in call.keywords if word.arg != ARGUMENT]
        same = ast.dump(now) == ast.dump(was)
        right += len(have) if same else 0
        wrong += 0 if same else len(have)
        left += len(calls) - len(have)
    print(
        f"{'':<6}{name}: {right} sites right, {wrong} wrong, {left} not done, {broken} files broken"
    )
    if name == "ours":
        told = json.loads(done.stdout)
        open_ = sum(one["open"] for one in told["left"])
        print(
            f"{'':<6}ours says: {told['expected']} expected, {told['rewritten']} rewritten,"
            f" {len(told['left'])} left with a reason, of those {open_} undecided"
        )


def parsed(content: bytes) -> ast.Module:
    """Return a file's syntax by the interpreter itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content)


def sites(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls that the change is about."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name == NAME or (isinstance(node.func, ast.Name) and node.func.id == NAME):
                yield node


if __name__ == "__main__":
    main()
