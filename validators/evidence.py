"""What another machine can run again: hashes, commands and outcomes by test id.

Holds no time of day, no duration and no path of the machine that made it, so that the same change
judged twice under the same rules has the same evidence.
"""

from dataclasses import dataclass, field
from typing import Literal

from validators.encoding import digest, encode
from validators.rules import ChangeKind, GateKind
from validators.sandbox import Guarantee, RunOutcome
from validators.verdict import Finding, VerdictWord

TestOutcome = Literal["passed", "failed", "error", "skipped"]
# ``lint``: findings read from a linter's own words, whichever linter it is.
ReportKind = Literal["pytest", "node", "ruff", "lint", "exit-code", "none"]


@dataclass(frozen=True, slots=True)
class Side:
    """One gate on one tree: how its command ended, and the outcome of each test it reported.

    ``sentinels`` are the folders in which a test of ours, planted to fail, was reported as failing;
    where there is one, the command itself cannot end with 0.
    """

    tree: str
    ended: RunOutcome
    exit_code: int | None
    report: ReportKind
    outcomes: tuple[tuple[str, TestOutcome], ...] = ()
    sentinels: tuple[str, ...] = ()

    def count(self, *words: TestOutcome) -> int:
        """Return how many tests ended with one of ``words``."""
        return sum(1 for _, outcome in self.outcomes if outcome in words)


@dataclass(frozen=True, slots=True)
class GateRecord:
    """One gate on the untouched base and on the patched tree, and what the difference means.

    ``tests_on_base`` is the patch's own tests over the base's sources: what fails there and passes
    on ``patched`` is what the patch mends (``fail_to_pass``), shown not claimed. ``base_tests`` is
    the other way round: the base's version of each test the patch touches, over the patched
    sources. ``base_settings`` is the patched tree under the base's test settings, where the patch
    changes those. ``steady`` are the patch's own tests that passed every time, where tests are what
    was asked for.
    """

    name: str
    kind: GateKind
    command: tuple[str, ...]
    required: bool
    outcome: VerdictWord
    base: Side | None
    patched: Side | None
    tests_on_base: Side | None = None
    base_tests: Side | None = None
    base_settings: Side | None = None
    fail_to_pass: tuple[str, ...] = ()
    pass_to_fail: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """One changed file: how many of its changed lines can run, and which of them no test ran."""

    path: str
    lines: int
    uncovered: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FileLines:
    """Some lines of one file, ascending."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What of an environment is the machine's own: it explains outcomes, and judges nothing."""

    interpreter: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the verdict rests on. ``environment`` is the hash of what the base asks for.

    ``coverage`` is None where it could not be measured. ``newly_covered`` are the lines that the
    patch's tests run and nothing ran before: None unless tests were asked for, and it is known.
    ``backend_version`` names the sandbox's release (of containers the engine, the runtime and the
    image's digest too), and judges nothing.
    """

    base_commit: str
    base_tree: str
    applied_tree: str
    rules_sha256: str
    environment: str
    backend: str
    guarantees: tuple[Guarantee, ...]
    gates: tuple[GateRecord, ...]
    findings: tuple[Finding, ...] = ()
    kind: ChangeKind = "fix"
    coverage: tuple[LineCoverage, ...] | None = None
    newly_covered: tuple[FileLines, ...] | None = None
    machine: MachineFacts = field(default_factory=MachineFacts)
    backend_version: str = ""

    @property
    def failing(self) -> frozenset[str]:
        """The tests that the change breaks, and those of its own that fail."""
        found: set[str] = set()
        for gate in self.gates:
            outcomes = gate.patched.outcomes if gate.patched else ()
            bad = {test for test, outcome in outcomes if outcome in {"failed", "error"}}
            found |= bad & {*gate.pass_to_fail, *gate.new}
        return frozenset(found)

    @property
    def sha256(self) -> str:
        """The hash of the whole, under which a pull request names it."""
        return digest(encode(self))
