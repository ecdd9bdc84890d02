"""What another machine can run again: hashes, commands and outcomes by test id.

Holds no time of day, no duration and no path of the machine that made it, so that the same change
judged twice under the same rules has the same evidence.
"""

from dataclasses import dataclass
from typing import Literal

from validators.encoding import digest, encode
from validators.rules import GateKind
from validators.sandbox import Guarantee, RunOutcome
from validators.verdict import Finding, VerdictWord

TestOutcome = Literal["passed", "failed", "error", "skipped"]
ReportKind = Literal["pytest", "node", "ruff", "exit-code", "none"]


@dataclass(frozen=True, slots=True)
class Side:
    """One gate on one tree: how its command ended, and the outcome of each test it reported."""

    tree: str
    ended: RunOutcome
    exit_code: int | None
    report: ReportKind
    outcomes: tuple[tuple[str, TestOutcome], ...] = ()

    def count(self, *words: TestOutcome) -> int:
        """Return how many tests ended with one of ``words``."""
        return sum(1 for _, outcome in self.outcomes if outcome in words)


@dataclass(frozen=True, slots=True)
class GateRecord:
    """One gate on the untouched base and on the patched tree, and what the difference means.

    ``tests_on_base`` is the patch's own tests over the base's sources: what fails there and passes
    on ``patched`` is what the patch mends (``fail_to_pass``), shown not claimed.
    """

    name: str
    kind: GateKind
    command: tuple[str, ...]
    required: bool
    outcome: VerdictWord
    base: Side | None
    patched: Side | None
    tests_on_base: Side | None = None
    fail_to_pass: tuple[str, ...] = ()
    pass_to_fail: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the verdict rests on. ``environment`` names the set-up layer by its key."""

    base_commit: str
    base_tree: str
    applied_tree: str
    rules_sha256: str
    environment: str
    backend: str
    guarantees: tuple[Guarantee, ...]
    gates: tuple[GateRecord, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of the whole, under which a pull request names it."""
        return digest(encode(self))
