"""One step of `cost` in a process of its own, so that each starts with nothing in memory.

    python -m tests.bench.scoping.cost_steps STEP --repo GIT_DIR --base REV --store FILE

Prints one line of JSON: what the work itself took, without the start of the process.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from scoping.cache import Cache
from scoping.filling import Filled, fill
from scoping.languages import BY_NAME
from scoping.listing import Listing, language_of, why_not_indexed
from scoping.objects import ObjectReader, open_objects
from scoping.questions import MAX_COMMITS, Codebase
from scoping.store import SqliteStore
from tests.ending import LIMIT_S, exit_code

_MIB = 1024**2
_CHANGED = 10
_ASKED = 40
_HISTORIES = 20
_SHORTEST = 16
_T = TypeVar("_T")


def cpu_s() -> float:
    """Return the processor time of this process and its ended children."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


class Bench:
    """One repository at one commit, and the store it is read with."""

    def __init__(self, git_dir: Path, base: str, store: Path) -> None:
        self.git_dir = git_dir
        self.base = base
        self.path = store

    @contextmanager
    def opened(self) -> Iterator[tuple[ObjectReader, SqliteStore]]:
        """Open both, as a new process would."""
        with SqliteStore(self.path, time.time()) as store, open_objects(self.git_dir) as reader:
            yield reader, store

    def index(self) -> dict[str, object]:
        """Read and parse everything that is not known."""
        return {"files": self.index_at(self.base).files}

    def index_at(self, base: str) -> Filled:
        """Do so at another commit."""
        with self.opened() as (reader, store):
            return fill(Listing(reader, base), store)

    def ten_files(self) -> dict[str, object]:
        """Index a tree in which ten files of code are others, as after a commit."""
        with open_objects(self.git_dir) as reader:
            before = Listing(reader, self.base)
            names = [language_of(entry.path) for entry in before.entries]
            most = statistics.mode(filter(None, names))
            code = [one for one in before.entries if language_of(one.path) == most]
            chosen = code[:: max(1, len(code) // _CHANGED)][:_CHANGED]
            # Others each time, since what was read once is known.
            added = b"\n" * (time.time_ns() % 9_973 + 1)
            overlay = {one.path: before.read(one.path) + added for one in chosen}
        start, wall = cpu_s(), time.monotonic()
        with self.opened() as (reader, store):
            listing = Listing(reader, self.base, overlay=overlay)
            fill(listing, store)
        return {"cpu_s": cpu_s() - start, "wall_s": time.monotonic() - wall}

    def questions(self) -> dict[str, object]:
        """Ask for definitions and references in one opened codebase, the first question apart."""
        with self.opened() as (reader, store):
            code = Codebase(reader, self.base, cache=Cache(store))
            symbols = [symbol.name for facts in code.index.files for symbol in facts.symbols]
            code.index.close()
        names = symbols[:: max(1, len(symbols) // _ASKED)][:_ASKED]
        with self.opened() as (reader, store):
            code = Codebase(reader, self.base, cache=Cache(store))
            start, wall = cpu_s(), time.monotonic()
            code.definition(names[0])
            first = cpu_s() - start, time.monotonic() - wall
            took = []
            for ask in (code.definition, code.references):
                for name in names:
                    before = cpu_s()
                    ask(name)
                    took.append(cpu_s() - before)
            code.index.close()
        later = statistics.median(took)
        return {"cpu_s": first[0], "wall_s": first[1], "later_ms": 1000 * later, "asked": len(took)}

    def searches(self) -> dict[str, object]:
        """Search for texts that stand in files, the first time for one that stands in none."""
        with self.opened() as (reader, store):
            code = Codebase(reader, self.base, cache=Cache(store))
            lines = [text.strip() for _, _, text in self._lines(code, _ASKED)]
            texts = [line[: len(line) // 2] for line in lines if len(line) > _SHORTEST]
            start, wall = cpu_s(), time.monotonic()
            code.search("no such text in any of them")
            first = cpu_s() - start, time.monotonic() - wall
            took = self._each(texts, code.search)
        later = statistics.median(took)
        return {"cpu_s": first[0], "wall_s": first[1], "later_ms": 1000 * later, "asked": len(took)}

    def histories(self) -> dict[str, object]:
        """Ask for the history of lines, the first time of each apart, and ask git for the same.

        ``differ`` counts the lines of which git tells other commits.
        """
        with self.opened() as (reader, store):
            code = Codebase(reader, self.base, cache=Cache(store))
            places = [(path, number) for path, number, _ in self._lines(code, _HISTORIES)]

            def ask(place: tuple[str, int]) -> None:
                code.history(*place)

            first, again = self._each(places, ask), self._each(places, ask)
            ours = [[one.sha for one in code.history(*place)] for place in places]
        took = self._each(places, self._line_log)
        differ = sum(self._line_log(place) != one for place, one in zip(places, ours, strict=True))
        return {
            "cpu_s": sum(first),
            "first_ms": 1000 * statistics.median(first),
            "later_ms": 1000 * statistics.median(again),
            "git_ms": 1000 * statistics.median(took),
            "asked": len(places),
            "differ": differ,
        }

    @staticmethod
    def _each(about: Sequence[_T], ask: Callable[[_T], object]) -> list[float]:
        took = []
        for one in about:
            before = cpu_s()
            ask(one)
            took.append(cpu_s() - before)
        return took

    def _line_log(self, place: tuple[str, int]) -> list[str]:
        own = f"-L{place[1]},{place[1]}:{place[0]}"
        git = ["git", "--git-dir", str(self.git_dir)]
        argv = [*git, "log", "-s", "--format=%H", f"-{MAX_COMMITS}", own, self.base]
        return subprocess.run(argv, capture_output=True, check=True, text=True).stdout.split()

    @staticmethod
    def _lines(code: Codebase, count: int) -> Iterator[tuple[str, int, str]]:
        """Yield a line from the middle of some files of code: path, number, text."""
        files = [facts for facts in code.index.files if facts.language and facts.lines]
        for facts in files[:: max(1, len(files) // count)][:count]:
            number = (facts.lines + 1) // 2
            yield facts.path, number, code.read(facts.path, number, number).text

    def raw_parse(self) -> dict[str, object]:
        """Parse every file that has a grammar and that the index reads, and keep no tree."""
        contents = self._loaded()
        start, wall = cpu_s(), time.monotonic()
        _parse(contents)
        took, took_wall = cpu_s() - start, time.monotonic() - wall
        size = sum(len(content) for _, content in contents)
        return {
            "cpu_s": took,
            "wall_s": took_wall,
            "files": len(contents),
            "mib": size / _MIB,
        }

    def raw_parse_two(self) -> dict[str, object]:
        """Do the same in two processes, each every other file, both started and loaded before."""
        contents = self._loaded()
        start, wall = cpu_s(), time.monotonic()
        children = []
        for half in range(2):
            child = os.fork()
            if not child:
                _parse(contents[half::2])
                os._exit(0)
            children.append(child)
        for child in children:
            exit_code(child, 30 * LIMIT_S)
        return {"cpu_s": cpu_s() - start, "wall_s": time.monotonic() - wall}

    def _loaded(self) -> list[tuple[str, bytes]]:
        """Return what is parsed, with the grammars loaded."""
        contents = list(self.contents())
        _parse([(path, b"") for path, _ in contents])
        return contents

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield the files of code that an index parses."""
        with open_objects(self.git_dir) as reader:
            listing = Listing(reader, self.base)
            entries = [
                entry
                for entry in listing.entries
                if language_of(entry.path) and not why_not_indexed(entry)
            ]
            for entry, content in listing.contents(entries):
                if isinstance(content, bytes):
                    yield entry.path, content

    def over_commits(self, steps: int) -> Iterator[tuple[float, float]]:
        """Yield processor time of the index of each of the last commits, and its size in MiB."""
        argv = ["git", "--git-dir", str(self.git_dir), "rev-list", "--first-parent", f"-{steps}"]
        listed = subprocess.run([*argv, self.base], capture_output=True, check=True).stdout
        for commit in reversed(listed.decode().split()):
            before = cpu_s()
            self.index_at(commit)
            files = self.path.parent.glob(f"{self.path.name}*")
            yield cpu_s() - before, sum(file.stat().st_size for file in files) / _MIB


def _parse(contents: Sequence[tuple[str, bytes]]) -> None:
    from tree_sitter import Parser  # noqa: PLC0415 - the yardstick's alone

    from scoping.grammars import _language  # noqa: PLC0415 - the same

    for path, content in contents:
        Parser(_language(BY_NAME[language_of(path)])).parse(content)


def main() -> None:
    """Run one step."""
    asked = argparse.ArgumentParser(description=__doc__)
    steps = ("index", "ten_files", "questions", "searches", "histories")
    asked.add_argument("step", choices=(*steps, "raw_parse", "raw_parse_two"))
    asked.add_argument("--repo", type=Path, required=True)
    asked.add_argument("--base", required=True)
    asked.add_argument("--store", type=Path, required=True)
    given = asked.parse_args()
    bench = Bench(given.repo, given.base, given.store)
    do: Callable[[], dict[str, object]] = getattr(bench, given.step)
    start, wall = cpu_s(), time.monotonic()
    own = do()
    print(json.dumps({"cpu_s": cpu_s() - start, "wall_s": time.monotonic() - wall} | own))


if __name__ == "__main__":
    main()
