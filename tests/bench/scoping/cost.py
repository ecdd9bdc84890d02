"""What reading code costs: a raw parse, an index cold, warm and one commit on, questions, a scope.

    python -m tests.bench.scoping.cost --repo GIT_DIR --base REV [--issue FILE] [--steps N]

Seconds of processor time, children included, since a busy machine stretches only the others. With
``--steps`` the index is taken over the last N commits, one after the other.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tree_sitter import Parser as TreeParser

from scoping.cache import Cache
from scoping.grammars import _language
from scoping.index import Index, index_of
from scoping.languages import BY_NAME
from scoping.listing import Listing, language_of
from scoping.objects import ObjectReader, open_objects
from scoping.questions import Codebase
from scoping.scope import ScopeOptions, select
from scoping.store import FILE_NAME, SqliteStore

_MIB = 1024


def cpu_s() -> float:
    """Return the processor time of this process and its ended children."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


class Bench:
    """One repository at one commit, and a store in a folder that is removed."""

    def __init__(self, git_dir: Path, base: str, folder: Path) -> None:
        self.git_dir = git_dir
        self.base = base
        self.path = folder / FILE_NAME

    @contextmanager
    def opened(self) -> Iterator[tuple[ObjectReader, Cache]]:
        """Open both, as a new process would."""
        with SqliteStore(self.path, time.time()) as store, open_objects(self.git_dir) as reader:
            yield reader, Cache(store)

    def index(self, base: str) -> Index:
        """Read and parse everything that is not known."""
        with self.opened() as (reader, cache):
            index = index_of(Listing(reader, base), base, cache)
            index.parse()
            index.close()
            return index

    def scope(self, task: str) -> None:
        """Choose what a model reads for a task."""
        title, _, body = task.partition("\n")
        with self.opened() as (reader, cache):
            select(reader, self.base, title, body, ScopeOptions(cache=cache))

    def raw_parse(self) -> None:
        """Parse every file that has a grammar, and do nothing with the trees."""
        with open_objects(self.git_dir) as reader:
            listing = Listing(reader, self.base)
            entries = [entry for entry in listing.entries if language_of(entry.path)]
            for entry, content in listing.contents(entries):
                if isinstance(content, bytes):
                    TreeParser(_language(BY_NAME[language_of(entry.path)])).parse(content)


def timed(name: str, do: Callable[[], object]) -> None:
    """Run one step and print what it took."""
    before, wall = cpu_s(), time.monotonic()
    do()
    print(f"{name:34s} {cpu_s() - before:7.3f} s CPU {time.monotonic() - wall:7.3f} s")


def questions(bench: Bench, names: list[str]) -> None:
    """Ask for definitions and references in one opened codebase, the first question apart."""
    with bench.opened() as (reader, cache):
        code = Codebase(reader, bench.base, cache=cache)
        timed("  the first question", lambda: code.definition(names[0]))
        for what, ask in (("definition", code.definition), ("references", code.references)):
            took = []
            for name in names:
                before = cpu_s()
                ask(name)
                took.append(cpu_s() - before)
            print(f"  {what}: median {1000 * statistics.median(took):.1f} ms of {len(took)}")
        code.index.close()


def over_commits(bench: Bench, steps: int) -> None:
    """Take the index over the last commits and print how it grew."""
    argv = ["git", "--git-dir", str(bench.git_dir), "rev-list", "--first-parent", f"-{steps}"]
    commits = subprocess.run([*argv, bench.base], capture_output=True, check=True).stdout.split()
    took = []
    for place, commit in enumerate(reversed(commits)):
        before = cpu_s()
        bench.index(commit.decode())
        took.append(cpu_s() - before)
        if place in {0, 1} or (place + 1) % 50 == 0:
            size = bench.path.stat().st_size / _MIB**2
            print(f"  commit {place + 1:4d}: {took[-1]:.3f} s CPU, {size:.1f} MiB")
    print(f"  each after the first: median {statistics.median(took[1:]):.3f} s CPU")


def main() -> None:
    """Measure one repository."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--repo", type=Path, required=True)
    asked.add_argument("--base", required=True)
    asked.add_argument("--issue", type=Path)
    asked.add_argument("--steps", type=int, default=0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given.repo, given.base, Path(folder))
        if given.steps:
            over_commits(bench, given.steps)
            return
        task = given.issue.read_text("utf-8") if given.issue else "an error is raised"
        timed("a scope, cold", lambda: bench.scope(task))
        timed("a scope, of what that left", lambda: bench.scope(task))
        bench.path.unlink()
        timed("a raw parse", bench.raw_parse)
        timed("an index, cold", lambda: bench.index(bench.base))
        found: list[Index] = []
        timed("an index, warm", lambda: found.append(bench.index(bench.base)))
        timed("an index, ten files changed", lambda: _changed(bench, found[0]))
        timed("a scope, warm", lambda: bench.scope(task))
        names = [symbol.name for facts in found[0].files for symbol in facts.symbols]
        questions(bench, names[:: max(1, len(names) // 40)])
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _MIB
    print(f"{len(found[0].files)} files; at most {own:.0f} MiB, in a child {child:.0f}")


def _changed(bench: Bench, index: Index) -> None:
    """Index a tree in which ten files of code are others, as after a commit."""
    paths = [facts.path for facts in index.files if facts.language][:10]
    with bench.opened() as (reader, cache):
        before = Listing(reader, bench.base)
        overlay = {path: before.read(path) + b"\n" for path in paths}
        listing = Listing(reader, bench.base, overlay=overlay)
        after = index_of(listing, bench.base, cache)
        after.parse(paths)
        after.close()


if __name__ == "__main__":
    main()
