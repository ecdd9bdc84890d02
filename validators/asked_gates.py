"""The gates of one kind on a tree, for an author who asks before the change is complete.

What comes out is a hint and no evidence: of tests, only those are run that the changed files
concern, and none is run twice to see whether chance had a part in it.
"""

from contextlib import closing
from dataclasses import replace

from scoping.graph import build_graph
from scoping.index import build_index
from scoping.objects import open_objects
from scoping.refusal import Refusal
from validators.checkout import Clone, raw_changes
from validators.detect import looks_like_test
from validators.disk import disk_trouble
from validators.gates import detect_in
from validators.judging.ahead import Ahead
from validators.judging.base_runs import BaseRuns, BaseSides
from validators.judging.gate_findings import change_findings, doubt_finding
from validators.judging.gate_judgement import Judge
from validators.judging.gate_side import GateBench, run_side, summary
from validators.judging.outcome_changes import changes_of, only
from validators.judging.sides import Wanted
from validators.judging.touched_tests import TouchedTests
from validators.judging.trust import TEST_REPORTS
from validators.policy import judge_tree
from validators.rules import GateKind, GateRule
from validators.verdict import Finding, Verdict, VerdictWord, gravest

# pytest finds it by its place, so no import shows which tests it concerns.
_FOR_ALL = "conftest.py"


def ask_gates(bench: GateBench, kind: GateKind, tree: str, base_sides: BaseSides) -> Verdict:
    """Return what the gates of one kind say about ``tree``, against the base.

    What no policy lets through is not run. Dependencies are the base's, whatever ``tree`` asks for.
    """
    gates = detect_in(bench.clone, bench.rules).gates if bench.gates is None else bench.gates
    gates = tuple(gate for gate in gates if gate.kind == kind)
    if not gates:
        message = f"no gate of kind {kind} was found or is declared"
        return Verdict("no-evidence", (Finding("gates", "no-gates", "note", message),))
    policy = judge_tree(bench.clone, bench.clone.base_tree, tree, bench.rules)
    blocked = tuple(found for found in policy if found.severity == "block")
    if blocked:
        return Verdict("fail", blocked)
    bench = replace(bench, ahead=Ahead())
    try:
        with closing(bench.ahead):
            said = [_said(bench, gate, tree, base_sides) for gate in gates]
    except (OSError, Refusal) as error:
        trouble = disk_trouble(error)
        if not trouble:
            raise
        message = f"{trouble}: nothing may be concluded"
        return Verdict("infrastructure", (Finding("gates", "disk-full", "block", message),))
    findings = tuple(found for one in said for found in one.findings)
    return Verdict(gravest(one.word for one in said), findings)


def affected_tests(clone: Clone, tree: str) -> frozenset[str]:
    """Return the files of Python tests that ``tree`` changes, or that import what it changes.

    Directly or through others. Empty where it is not known which tests a change concerns.
    """
    changed = {change.path for change in raw_changes(clone, clone.base_tree, tree)}
    if not all(path.endswith(".py") and not path.endswith(_FOR_ALL) for path in changed):
        return frozenset()
    with open_objects(clone.git_dir) as reader:
        index = build_index(reader, tree, include=("*.py",))
    graph = build_graph(index)
    reached, new = set(changed), list(changed)
    while new:
        importers = graph.imported_by.get(new.pop(), ())
        new += [path for path in importers if path not in reached]
        reached.update(importers)
    return frozenset(path for path in reached & index.by_path.keys() if _holds_tests(path))


def _said(bench: GateBench, gate: GateRule, tree: str, base_sides: BaseSides) -> Verdict:
    """Return what one gate says, its outcome in a note."""
    touched = TouchedTests(bench.clone, tree, ())
    base = BaseRuns(bench, gate, base_sides).base() if gate.kind == "test" else None
    if base is None or base.doubt is not None or base.side.report not in TEST_REPORTS:
        judged = Judge(bench, gate, base_sides, touched).judge()
        return Verdict(judged.record.outcome, judged.findings)
    within = affected_tests(bench.clone, tree)
    ran = run_side(bench, gate, Wanted("asked", tree, within=within))
    if ran.doubt is not None:
        word: VerdictWord = "infrastructure" if ran.doubt.harness else "no-evidence"
        return Verdict(word, (doubt_finding(gate, ran.doubt, ran, "with this change"),))
    told = Finding(gate.name, "not-all-run", "note", f"of the tests concerned: {summary(ran)}")
    if not ran.side.count("passed", "failed", "error"):
        return Verdict("no-evidence", (told,))
    changes = only(changes_of(base.side, ran.side), dict(ran.side.outcomes))
    findings = tuple(change_findings(gate, changes, ran, None))
    return Verdict("fail" if findings else "pass", (*findings, told))


def _holds_tests(path: str) -> bool:
    return looks_like_test(path) and not path.endswith(("/__init__.py", _FOR_ALL))
