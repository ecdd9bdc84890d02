"""One fix opened: its trees and files, trees made from them, and what its own tests say of one."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from bot.wiring import Bench
from tests.bench.spoiling import node_tests, python_tests
from tests.bench.spoiling.edits import Edit, TestCase
from tests.bench.spoiling.fixes import Fix
from validators.building.workspace import layered_tree
from validators.checkout import list_files, read_file, resolve_tree, write_tree
from validators.clones.trees import PLAIN
from validators.clones.written_trees import TreePlace, written_tree
from validators.environment import Environment
from validators.processes.staging import owner
from validators.sandbox import FileChange, Limits, Phase

if TYPE_CHECKING:
    from validators.sandbox import Guarantee

_NO_TESTS = 5
_PYTEST = (
    "python",
    "-m",
    "pytest",
    "-q",
    "--tb=no",
    "-rfE",
    "--maxfail=25",
    "-p",
    "no:cacheprovider",
)
_NODE = ("node", "--test", "--test-reporter=tap")
# The name of a failed test within its file, without its parameters.
_PYTEST_FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?::([\w:]+)", re.MULTILINE)
_NODE_FAILED = re.compile(r"^not ok \d+ - (.+)$", re.MULTILINE)
# A test that may not run here, or may fail: weakening it would not be seen.
_MARKED = re.compile(rb"skip|xfail|\btodo\b", re.IGNORECASE).search
_LIMITS = Limits(timeout_s=600.0)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of a source file that the fix replaced: bytes of both versions, lines of the new."""

    path: str
    undo: Edit
    lines: range


@dataclass(frozen=True, slots=True)
class Results:
    """How a run of tests ended, and the names of those that failed."""

    code: int | None
    failed: frozenset[str]


class Material:
    def __init__(self, bench: Bench, fix: Fix, environment: Environment) -> None:
        self.fix = fix
        self._bench = bench
        self._environment = environment
        self.base_tree = bench.clone.base_tree
        self.true_tree = resolve_tree(bench.clone, fix.commit)
        self._results: dict[str, Results] = {}

    def before(self, path: str) -> bytes | None:
        found = read_file(self._bench.clone, self.base_tree, path)
        return found[1] if found else None

    def after(self, path: str) -> bytes:
        found = read_file(self._bench.clone, self.true_tree, path)
        return found[1] if found else b""

    @cached_property
    def _modes(self) -> Mapping[str, str]:
        return {file.path: file.mode for file in list_files(self._bench.clone, self.true_tree)}

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the fixed tree."""
        return tuple(self._modes)

    @property
    def sources(self) -> tuple[str, ...]:
        """The source files that the fix changes and leaves there."""
        suffixes = (".py",) if self.fix.is_python else (".js", ".cjs", ".mjs")
        return tuple(p for p in self.fix.src if p.endswith(suffixes) and p in self.paths)

    @property
    def tests(self) -> tuple[str, ...]:
        """The test files that the fix changes and leaves there."""
        return tuple(path for path in self.fix.tests if path in self.paths)

    def tree(self, files: Mapping[str, bytes | None], start: str = "") -> str:
        """Return the fixed tree (or ``start``) with other contents; None deletes a file."""
        changes = [
            FileChange(path, "000000" if content is None else self._modes.get(path, PLAIN), content)
            for path, content in files.items()
        ]
        return self.laid(changes, start)

    def laid(self, changes: list[FileChange], start: str = "") -> str:
        return write_tree(self._bench.clone, start or self.true_tree, changes)

    def hunks(self) -> Iterator[Hunk]:
        """Yield what the fix changed in each source file, the largest place first."""
        found = [hunk for path in self.sources for hunk in self._hunks_of(path)]
        yield from sorted(found, key=lambda hunk: -len(hunk.lines))

    def _hunks_of(self, path: str) -> Iterator[Hunk]:
        old = (self.before(path) or b"").splitlines(keepends=True)
        new = self.after(path).splitlines(keepends=True)
        starts = [0]
        for line in new:
            starts.append(starts[-1] + len(line))
        for tag, a, b, c, d in difflib.SequenceMatcher(
            None, old, new, autojunk=False
        ).get_opcodes():
            if tag != "equal":
                yield Hunk(path, Edit(starts[c], starts[d], b"".join(old[a:b])), range(c, d))

    def cases(self, path: str, source: bytes) -> list[TestCase]:
        if path.endswith(".py"):
            return python_tests.cases_in(source)
        return node_tests.cases_in(source)

    def named(self, ids: tuple[str, ...]) -> dict[str, list[TestCase]]:
        """Return the tests of the fixed tree with these ids, by file."""
        found = {}
        for path in self.tests:
            names = {_name_in(path, one) for one in ids}
            found[path] = [c for c in self.cases(path, self.after(path)) if c.name in names]
        return {path: cases for path, cases in found.items() if cases}

    def untouched(self) -> list[tuple[str, TestCase]]:
        """Return tests that stand on the base and in the fixed tree alike, the plainest first.

        Elsewhere than in Python a fix often brings a file of its own: then those beside it count.
        """
        beside = [p for p in self.paths if p.endswith(".test.js") and p not in self.tests]
        found = []
        for path in (*self.tests, *(() if self.fix.is_python else beside)):
            before = {c.name: c.text for c in self.cases(path, self.before(path) or b"")}
            alike = [c for c in self.cases(path, self.after(path)) if before.get(c.name) == c.text]
            found += [(path, c) for c in alike if c.weaker["loosened"] and not _MARKED(c.text)]
        return sorted(found, key=lambda one: not one[1].is_plain)

    def results(self, tree: str) -> Results:
        """Return how the fix's own test files end on ``tree``, run beside all gates."""
        if tree not in self._results:
            self._results[tree] = self._run(tree)
        return self._results[tree]

    def breaks(self, tree: str) -> bool:
        """Whether tests that pass with the fix fail on ``tree``."""
        return self.results(self.true_tree).code == 0 and not self.is_green(tree)

    def is_green(self, tree: str) -> bool:
        return self.results(tree).code in {0, _NO_TESTS}

    def proves_nothing(self, tree: str) -> bool:
        """Whether the tests of ``tree`` pass over the base's sources, too."""
        sources = {path: self.before(path) for path in self.fix.src}
        return self.is_green(self.tree(sources, tree))

    def _run(self, tree: str) -> Results:
        python = self.fix.is_python
        runner, failed = (_PYTEST, _PYTEST_FAILED) if python else (_NODE, _NODE_FAILED)
        bench, built = self._bench, self._environment
        layered = layered_tree(bench.clone, tree, built.layer)
        place = TreePlace(bench.scratch / "beside", owner=owner())
        folder = written_tree(bench.clone, layered, place)
        phase = Phase(
            "test",
            mounts=built.mounts,
            environment=built.variables,
            path=built.path,
            require=cast("frozenset[Guarantee]", frozenset(bench.settings.rules.require)),
        )
        with bench.sandbox.open(folder, phase, _LIMITS) as session:
            done = session.run((*runner, *self.tests))
        return Results(done.code, frozenset(failed.findall(done.stdout.text)))


def _name_in(path: str, test: str) -> str:
    """Return the name of a test id within a file, or nothing when it is of another one."""
    place, _, name = test.partition("::")
    if not path.endswith(".py"):
        return name if place == path else ""
    module = ".".join(PurePosixPath(path).with_suffix("").parts)
    if place != module and not place.startswith(f"{module}."):
        return ""
    return ".".join((*place.removeprefix(module).split(".")[1:], name.partition("[")[0]))
