"""Which changed lines the tests of a change run: one more run of those tests, measured.

Every test, measured, would take up to three times as long; the tests that a change brings or turns
green are the ones that should run its lines, and they are few.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from validators.checkout import Clone, read_file
from validators.clones.added_lines import added_lines
from validators.evidence import LineCoverage
from validators.judging.coverage import line_coverage
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
    """

    clone: Clone
    tree: str
    run: tuple[str, ...]
    interpreter: str

    @property
    def argv(self) -> tuple[str, ...]:
        """The command to run instead, so that its runner measures."""
        return coverage_argv(self.run)

    @property
    def runs_all(self) -> bool:
        """Whether the runner measures cheaply, and cannot be told which tests are enough."""
        return self.argv != self.run

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The changed files whose lines tests are expected to run; without any, nothing is."""
        tool = coverage_tool(self.run, self.interpreter)
        return tuple(sorted(path for path in self._added if is_measured(path, tool)))

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

    @cached_property
    def _added(self) -> dict[str, frozenset[int]]:
        return dict(added_lines(self.clone, self.clone.base_tree, self.tree))

    @cached_property
    def _base(self) -> CoverageConfiguration:
        def read(path: str) -> bytes | None:
            found = read_file(self.clone, self.clone.base_tree, path)
            return found[1] if found else None

        return read_coverage_configuration(read)
