"""The verdict on a patch, without a model: cheap checks first, then each gate on base and patch.

Read `run_gates`. A change is blamed only for what is worse with it than without it, and nothing is
concluded from what does not agree with itself.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from scoping.refusal import Refusal
from validators.checkout import Clone, list_files, raw_changes, read_file
from validators.detect import Detected, detect
from validators.disk import DiskRefusal, disk_trouble
from validators.encoding import digest, encode
from validators.evidence import Evidence, GateRecord, LineCoverage
from validators.judging.ahead import Ahead, processors
from validators.judging.base_runs import BaseRuns, BaseSides
from validators.judging.coverage import merged
from validators.judging.floor import FLOOR, floor_findings, floor_gate, is_floor
from validators.judging.gate_judgement import Judge
from validators.judging.gate_side import GateBench
from validators.judging.improvement import improvement_findings
from validators.judging.judged import Judged
from validators.judging.new_tests import new_coverage
from validators.judging.renewal import Patched, Renew
from validators.judging.test_sides import start_early
from validators.judging.touched_tests import TouchedTests
from validators.policy import judge_tree
from validators.rules import GateRule, Rules
from validators.verdict import Finding, Severity, Verdict, VerdictWord, gravest
from validators.weakening import Weakening, compared, findings_on

__all__ = ["GateBench", "detect_in", "run_gates"]

_REMOVED = "test-removed"
_CHEAP_FIRST = ("lint", "build", "test")
_GRAVE_FIRST: tuple[Severity, ...] = ("block", "ask", "warn", "note")


def run_gates(
    bench: GateBench, applied_tree: str, base_sides: BaseSides, renew: Renew | None = None
) -> tuple[Verdict, Evidence]:
    """Judge ``applied_tree`` as a change of the clone's base.

    ``renew`` sets up again for a change that asks for other packages. ``base_sides`` keeps, from
    one call to the next, what gates said of trees without model text.
    SandboxRefusal where the rules require what no sandbox here guarantees. A disk that takes no
    more is nobody's patch's fault: it is a verdict, too. DiskRefusal when the clone is gone.
    """
    bench = replace(bench, ahead=Ahead())
    try:
        with closing(bench.ahead):
            return _judged(bench, applied_tree, base_sides, renew)
    except (OSError, Refusal) as error:
        if not bench.clone.git_dir.exists():
            raise DiskRefusal(
                "the state directory was removed while gates ran in it, and with it what this run"
                " had done; nothing else was changed, start again"
            ) from error
        trouble = disk_trouble(error)
        if not trouble:
            raise
        message = f"{trouble}: nothing may be concluded"
        fix = "A person must free space on the disk of the state directory."
        found = (Finding("gates", "disk-full", "block", message, fix=fix),)
        return _concluded(bench, applied_tree, "infrastructure", found, ())


def _judged(
    bench: GateBench, applied_tree: str, base_sides: BaseSides, renew: Renew | None
) -> tuple[Verdict, Evidence]:
    if bench.environment.trouble:
        message = f"the target's environment could not be built\n{bench.environment.trouble}"
        found = (Finding("setup", "set-up-failed", "block", message),)
        return _concluded(bench, applied_tree, "infrastructure", found, ())
    clone = bench.clone
    findings = [*judge_tree(clone, clone.base_tree, applied_tree, bench.rules)]
    if _blocked(findings):
        return _concluded(bench, applied_tree, "fail", findings, ())
    gates = detect_in(clone, bench.rules).gates if bench.gates is None else bench.gates
    if renew is None or not renew.asked(applied_tree):
        _start_tests(bench, gates, TouchedTests(clone, applied_tree, ()), base_sides)
    findings += floor_findings(clone, clone.base_tree, applied_tree)
    if _blocked(findings):
        return _concluded(bench, applied_tree, "fail", findings, ())
    weakening = compared(clone, clone.base_tree, applied_tree)
    # Whether a removed test has another in its place is seen when they run.
    weaker = findings_on(weakening, bench.rules)
    findings += [found for found in weaker if found.code != _REMOVED]
    if _blocked(findings):
        return _concluded(bench, applied_tree, "fail", findings, ())
    # Not before: what no policy lets through is not installed either.
    patched = renew(applied_tree) if renew else Patched()
    bench = replace(bench, patched_environment=patched.environment)
    findings += patched.findings
    if _blocked(findings):
        return _concluded(bench, applied_tree, "fail", findings, ())
    touched = TouchedTests(clone, applied_tree, weakening.changes)
    judged = _judge_all(bench, _with_floor(clone, gates, applied_tree), touched, base_sides)
    findings += [found for one in judged for found in one.findings]
    findings += _about_the_whole(bench, gates)
    return _summed_up(bench, applied_tree, weakening, findings, judged)


def _summed_up(
    bench: GateBench,
    applied_tree: str,
    weakening: Weakening,
    findings: Iterable[Finding],
    judged: Sequence[Judged],
) -> tuple[Verdict, Evidence]:
    """Conclude once all gates have spoken, with what no single one can tell."""
    last = _removed(weakening, bench.rules, judged)
    records = [one.record for one in judged]
    # The floor alone is no gate of this target: it may stop a change, and vouch for none.
    words = [
        record.outcome
        for record in records
        if record.required and not (record.name == FLOOR and record.outcome == "pass")
    ]
    newly_covered = None
    if gravest(words) in {"pass", "flaky"}:
        last += improvement_findings(bench.clone, applied_tree, bench.rules, records)
        if bench.rules.kind == "tests":
            newly_covered, found = new_coverage(judged)
            last += found
    word = gravest([*words, "fail"] if _blocked(last) else words)
    verdict, evidence = _concluded(bench, applied_tree, word, [*findings, *last], judged)
    return verdict, replace(evidence, newly_covered=newly_covered)


def _start_tests(
    bench: GateBench, gates: Iterable[GateRule], touched: TouchedTests, base_sides: BaseSides
) -> None:
    """Start the tests, which take longest, if the machine can do something else meanwhile.

    Not after a failed attempt: then a few tests may say enough.
    """
    first = next((gate for gate in gates if gate.kind == "test"), None)
    if first is not None and not bench.suspects and processors() > 1:
        start_early(BaseRuns(bench, first, base_sides), touched)


def _with_floor(
    clone: Clone, gates: tuple[GateRule, ...], applied_tree: str
) -> tuple[GateRule, ...]:
    """Return ``gates`` with the one for undefined names before them, unless one of them is it."""
    changes = raw_changes(clone, clone.base_tree, applied_tree)
    floor = floor_gate({path for change in changes for path in (change.old_path, change.path)})
    return gates if floor is None or any(map(is_floor, gates)) else (floor, *gates)


def _coverage(judged: Iterable[Judged]) -> tuple[LineCoverage, ...] | None:
    """Return what the tests of all gates run of the changed lines, as far as that is known."""
    known = [one.coverage for one in judged if one.coverage is not None]
    return merged(known) if known else None


def _removed(weakening: Weakening, rules: Rules, judged: Iterable[Judged]) -> list[Finding]:
    """Return the findings on removed tests; a person is asked about those that were replaced."""
    replaced = frozenset(name for one in judged for name in one.replaced)
    weaker = findings_on(weakening, rules, replaced)
    return [found for found in weaker if found.code == _REMOVED]


def detect_in(
    clone: Clone, rules: Rules, has_tool: Callable[[str], bool] = lambda _: True
) -> Detected:
    """Return the gates and the set-up of the clone's base; `detect` says what is meant."""

    def read(path: str) -> bytes | None:
        found = read_file(clone, clone.base_tree, path)
        return found[1] if found else None

    return detect([file.path for file in list_files(clone, clone.base_tree)], read, rules, has_tool)


def _judge_all(
    bench: GateBench, gates: tuple[GateRule, ...], touched: TouchedTests, base_sides: BaseSides
) -> list[Judged]:
    """Judge gate after gate; a machine in trouble is asked no further, nor is broken code run."""
    judged: list[Judged] = []
    is_broken = False
    for gate in sorted(gates, key=lambda gate: _CHEAP_FIRST.index(gate.kind)):
        if is_broken and gate.kind != "lint":
            break
        judged.append(Judge(bench, gate, base_sides, touched).judge())
        outcome = judged[-1].record.outcome
        if outcome == "infrastructure" and gate.required:
            break
        is_broken |= outcome == "fail" and (gate.name == FLOOR or is_floor(gate))
    return judged


def _about_the_whole(bench: GateBench, gates: tuple[GateRule, ...]) -> list[Finding]:
    findings = []
    if not gates:
        message = "no gate was found and none is declared: nothing may be concluded"
        fix = "A person must declare gates in .github/changewright.yml at the base."
        findings.append(Finding("gates", "no-gates", "block", message, fix=fix))
    elif not any(gate.kind == "test" for gate in gates):
        message = "no gate runs tests here: a person must judge what the change does"
        findings.append(Finding("gates", "no-test-gate", "ask", message))
    if bench.environment.note:
        message = f"the first way to set up failed, another did not\n{bench.environment.note}"
        findings.append(Finding("setup", "set-up-incomplete", "warn", message))
    return findings


def _concluded(
    bench: GateBench,
    applied_tree: str,
    word: VerdictWord,
    findings: Iterable[Finding],
    judged: Iterable[Judged],
) -> tuple[Verdict, Evidence]:
    """Return the verdict, and the evidence without anything that another run would not repeat."""
    ordered = tuple(sorted(findings, key=lambda found: _GRAVE_FIRST.index(found.severity)))
    ran = [one.patched for one in judged if one.patched]
    guarantees = frozenset.intersection(*(one.guarantees for one in ran)) if ran else frozenset()
    records: tuple[GateRecord, ...] = tuple(one.record for one in judged)
    evidence = Evidence(
        base_commit=bench.clone.base_commit,
        base_tree=bench.clone.base_tree,
        applied_tree=applied_tree,
        rules_sha256=digest(encode(bench.rules)),
        environment=bench.environment.recipe,
        machine=bench.environment.machine,
        backend=ran[0].backend if ran else "",
        backend_version=bench.sandbox.probe().version if ran else "",
        guarantees=tuple(sorted(guarantees)),
        gates=records,
        findings=tuple(replace(f, message=f.message.partition("\n")[0]) for f in ordered),
        kind=bench.rules.kind,
        coverage=_coverage(judged),
    )
    return Verdict(word, ordered), evidence


def _blocked(findings: Iterable[Finding]) -> bool:
    return any(found.severity == "block" for found in findings)
