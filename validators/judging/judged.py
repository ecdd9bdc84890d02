"""What judging one gate gives: its record for the evidence, and what only this run knows."""

from dataclasses import dataclass

from validators.evidence import FileLines, GateRecord, LineCoverage, Side
from validators.judging.sides import Ran
from validators.rules import GateRule
from validators.verdict import Finding, VerdictWord


@dataclass(frozen=True, slots=True)
class NewTests:
    """What a patch's own tests are worth by one gate, where tests are what was asked for.

    ``steady`` passed every time. ``lines`` of sources are run by them, ``base`` by all tests of the
    base; None where that is not known.
    """

    word: VerdictWord = "pass"
    findings: tuple[Finding, ...] = ()
    steady: tuple[str, ...] = ()
    base: tuple[FileLines, ...] | None = None
    lines: tuple[FileLines, ...] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate's record and findings, and the side that ran on the patched tree, if one did.

    ``replaced`` are removed tests (``path::test``) with another in their place. ``coverage`` is
    None where it is not known, ``new_tests`` unless they were asked for, and judged.
    """

    record: GateRecord
    findings: tuple[Finding, ...] = ()
    patched: Ran | None = None
    replaced: frozenset[str] = frozenset()
    coverage: tuple[LineCoverage, ...] | None = None
    new_tests: NewTests | None = None


def judged(
    gate: GateRule,
    word: VerdictWord,
    findings: tuple[Finding, ...],
    base: Side,
    patched: Ran | None = None,
) -> Judged:
    """Return ``word`` about ``gate`` with the sides it rests on."""
    side = patched.side if patched else None
    record = GateRecord(gate.name, gate.kind, gate.run, gate.required, word, base, side)
    return Judged(record, findings, patched)
