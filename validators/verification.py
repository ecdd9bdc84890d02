"""Whether a second judgement of a change agrees with the first, and where it does not.

Read `compare`. What was asked of the gates comes first, then the change itself, then how it went:
the first difference is the one that explains those behind it. A sandbox of another kind and tests
that chance decides are told, and are no difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from validators.evidence import Evidence, FileLines, GateRecord, LineCoverage
from validators.judging.coverage import line_ranges
from validators.rules import Rules
from validators.verdict import Finding, VerdictWord
from validators.verifying.difference import NOTHING, Difference, between
from validators.verifying.gate_differences import (
    GatePair,
    command_differences,
    outcome_differences,
    pairs_of,
)
from validators.verifying.rule_differences import rule_differences

__all__ = ["Comparison", "Difference", "GateComparison", "Judgement", "compare"]

_FLAKY = "flaky"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it rests on, and the rules it was made under where they are known."""

    verdict: VerdictWord
    evidence: Evidence
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class GateComparison:
    """One gate: how many tests were compared on the patched tree, and how many things differ."""

    name: str
    tests: int
    differences: int
    flaky: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs, what explains most first; ``notes`` differ and mean nothing."""

    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...]
    gates: tuple[GateComparison, ...]

    @property
    def same(self) -> bool:
        """Whether the second judgement bears out the first."""
        return not self.differences


def compare(
    bundle: Judgement, here: Judgement, applied_tree: str, troubles: Iterable[str] = ()
) -> Comparison:
    """Compare what a bundle says with what was found here, under ``here.rules``.

    ``applied_tree`` is the tree the bundle says its changes make; ``troubles`` are the places where
    the bundle does not agree with itself.
    """
    theirs, ours = bundle.evidence, here.evidence
    pairs = pairs_of(theirs, ours)
    found = [*_rules(bundle, here)]
    if theirs.environment != ours.environment:
        found.append(Difference("environment", "", "", theirs.environment, ours.environment))
    found += [one for pair in pairs for one in command_differences(pair)]
    found += [Difference("bundle", "", "", trouble, "") for trouble in troubles]
    found += _change(theirs, ours, applied_tree)
    is_flaky = any(pair.flaky for pair in pairs)
    by_chance = is_flaky and {bundle.verdict, here.verdict} <= {"pass", _FLAKY}
    if bundle.verdict != here.verdict and not by_chance:
        found.append(Difference("verdict", "", "", bundle.verdict, here.verdict))
    found += [one for pair in pairs for one in outcome_differences(pair)]
    found += _findings(theirs.findings, ours.findings)
    found += _coverage(theirs.coverage, ours.coverage)
    found += _newly_covered(theirs.newly_covered, ours.newly_covered)
    gates = tuple(_gate(pair, found) for pair in pairs)
    return Comparison(tuple(found), tuple(_notes(bundle, here)), gates)


def _rules(bundle: Judgement, here: Judgement) -> Iterator[Difference]:
    if here.rules is None:
        raise ValueError("nothing can be compared without the rules of this judgement")
    yield from rule_differences(bundle.evidence.rules_sha256, bundle.rules, here.rules)


def _change(theirs: Evidence, ours: Evidence, applied_tree: str) -> Iterator[Difference]:
    """Yield where it was not the same change that was judged."""
    if theirs.base_commit != ours.base_commit:
        yield Difference("base-commit", "", "", theirs.base_commit, ours.base_commit)
    if theirs.base_tree != ours.base_tree:
        yield Difference("base-tree", "", "", theirs.base_tree, ours.base_tree)
    for tree in dict.fromkeys((applied_tree, theirs.applied_tree)):
        if tree != ours.applied_tree:
            yield Difference("applied-tree", "", "", tree, ours.applied_tree)


def _findings(theirs: Iterable[Finding], ours: Iterable[Finding]) -> Iterator[Difference]:
    """Yield the findings that one judgement has and the other has not, as often as it has them."""
    before, after = Counter(theirs), Counter(ours)
    for one in dict.fromkeys((*before, *after)):
        if before[one] != after[one] and one.code != _FLAKY:
            words = _told(one)
            counted = (f"{count} x {words}" if count else "" for count in (before[one], after[one]))
            yield Difference("finding", one.gate, "", *counted)


def _told(finding: Finding) -> str:
    place = f" {finding.path}:{finding.line}" if finding.path else ""
    message = f"[{finding.severity}] {finding.code}{place} {finding.message}"
    return f"{message} fix: {finding.fix}" if finding.fix else message


def _coverage(
    theirs: tuple[LineCoverage, ...] | None, ours: tuple[LineCoverage, ...] | None
) -> Iterator[Difference]:
    if theirs is None or ours is None:
        if theirs is not ours:
            words = ["not measured" if one is None else "measured" for one in (theirs, ours)]
            yield Difference("coverage", "", "", *words)
        return
    before = {one.path: _uncovered(one) for one in theirs}
    after = {one.path: _uncovered(one) for one in ours}
    for path in sorted(before.keys() | after.keys()):
        found = before.get(path, "not measured"), after.get(path, "not measured")
        if found[0] != found[1]:
            yield Difference("coverage", "", "", *(f"{path}: {words}" for words in found))


def _uncovered(one: LineCoverage) -> str:
    lines = ", ".join(map(str, one.uncovered)) or "none"
    return f"of {one.lines} changed lines these were not run: {lines}"


def _newly_covered(
    theirs: tuple[FileLines, ...] | None, ours: tuple[FileLines, ...] | None
) -> Iterator[Difference]:
    known = [
        None if one is None else {file.path: file.lines for file in one} for one in (theirs, ours)
    ]
    before, after = known
    if before is None or after is None:
        if before is not after:
            words = ["not measured" if one is None else "measured" for one in known]
            yield Difference("newly-covered", "", "", *words)
        return
    for path in sorted(before.keys() | after.keys()):
        found = [line_ranges(one.get(path, ())) or "none" for one in (before, after)]
        if before.get(path) != after.get(path):
            yield Difference("newly-covered", "", "", *(f"{path}: {words}" for words in found))


def _notes(bundle: Judgement, here: Judgement) -> Iterator[Difference]:
    theirs, ours = bundle.evidence, here.evidence
    yield from between("machine", "", _machine(theirs), _machine(ours))
    sandboxes = [_sandbox(one) for one in (theirs, ours)]
    if sandboxes[0] != sandboxes[1]:
        yield Difference("sandbox", "", "", *sandboxes)
    held = [", ".join(sorted(one.guarantees)) or "nothing" for one in (theirs, ours)]
    if held[0] != held[1]:
        yield Difference("guarantees", "", "", *held)
    for pair in pairs_of(theirs, ours):
        for test in sorted(pair.flaky):
            seen = [_sees(test, one) for one in (pair.bundle, pair.here)]
            yield Difference(_FLAKY, pair.name, test, *seen)


def _sandbox(evidence: Evidence) -> str:
    version = f" ({evidence.backend_version})" if evidence.backend_version else ""
    return f"{evidence.backend or 'none'}{version}"


def _machine(evidence: Evidence) -> dict[str, str]:
    facts = evidence.machine
    return {"interpreter": facts.interpreter or NOTHING, "platform": facts.platform or NOTHING}


def _sees(test: str, gate: GateRecord | None) -> str:
    return _FLAKY if gate and test in gate.flaky else "steady"


def _gate(pair: GatePair, found: Iterable[Difference]) -> GateComparison:
    side = pair.here.patched if pair.here else None
    differing = sum(1 for one in found if one.gate == pair.name)
    count = len(side.outcomes) if side else 0
    return GateComparison(pair.name, count, differing, tuple(sorted(pair.flaky)))
