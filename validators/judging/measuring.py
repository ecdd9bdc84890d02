"""Which lines tests run: one more run of them, measured.

Every test, measured, would take up to three times as long; the tests that a change brings or turns
green are the ones that should run its lines, and they are few. Only where tests are what was asked
for is everything measured: once on the base, which is remembered.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from validators.checkout import Clone, list_files, read_file
from validators.clones.added_lines import added_lines
from validators.evidence import FileLines, LineCoverage
from validators.judging.coverage import line_coverage, lines_run
from validators.judging.coverage_run import (
    coverage_argv,
    coverage_command,
    coverage_settings,
    coverage_tool,
    is_measured,
    lay_out_coverage,
    measured_phase,
)
from validators.projects.coverage_configuration import (
    CoverageConfiguration,
    read_coverage_configuration,
)
from validators.sandbox import Phase, Session


@dataclass(frozen=True)
class Measuring:
    """What is measured while ``run`` tests ``tree``, under the base's settings for coverage.

    ``interpreter`` is the version of the environment's Python, empty where it has none.
    ``everything``: all sources are measured, and not only what ``tree`` changes of the base.
    """

    clone: Clone
    tree: str
    run: tuple[str, ...]
    interpreter: str
    everything: bool = False

    @property
    def argv(self) -> tuple[str, ...]:
        """The command to run instead, so that its runner measures."""
        return coverage_argv(self.run)

    @property
    def runs_all(self) -> bool:
        """Whether the runner measures cheaply, and cannot be told which tests are enough."""
        return self.argv != self.run

    @property
    def is_certain(self) -> bool:
        """Whether something measures wherever tests run; coverage.py may not be there."""
        return coverage_tool(self.run, self.interpreter) == "node"

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files whose lines tests are expected to run; without any, nothing is measured."""
        tool = coverage_tool(self.run, self.interpreter)
        asked = self._standing if self.everything else self._added
        return tuple(sorted(path for path in asked if is_measured(path, tool)))

    def phase(self, phase: Phase, folder: Path) -> Phase:
        """Return ``phase`` with measuring turned on; ``folder`` is empty, and ours."""
        tool = coverage_tool(self.run, self.interpreter)
        settings = coverage_settings(self.files, self._base, interpreter=self.interpreter)
        mounts = lay_out_coverage(folder, settings)
        return measured_phase(phase, tool, self.interpreter, mounts)

    def read(self, session: Session) -> tuple[LineCoverage, ...] | None:
        """Ask, in the session the tests ran in, what was measured; None when that is not known."""
        tool = coverage_tool(self.run, self.interpreter)
        said = session.run(coverage_command(tool, self.files, self._base))
        return line_coverage(said, self._added, lambda path: path in self.files)

    def read_lines(self, session: Session) -> tuple[FileLines, ...] | None:
        """Ask which lines of `files` were run; as `lines_run` says it."""
        tool = coverage_tool(self.run, self.interpreter)
        # No file is named: there may be more than a command takes.
        said = session.run(coverage_command(tool, (), self._base))
        return lines_run(said, frozenset(self.files))

    @cached_property
    def _standing(self) -> tuple[str, ...]:
        return tuple(file.path for file in list_files(self.clone, self.tree))

    @cached_property
    def _added(self) -> dict[str, frozenset[int]]:
        return dict(added_lines(self.clone, self.clone.base_tree, self.tree))

    @cached_property
    def _base(self) -> CoverageConfiguration:
        def read(path: str) -> bytes | None:
            found = read_file(self.clone, self.clone.base_tree, path)
            return found[1] if found else None

        return read_coverage_configuration(read)
