"""A gate that names its tests, judged by what became of each: the heart of the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from validators.disk import says_full
from validators.evidence import GateRecord, Side
from validators.judging.base_runs import BaseRuns
from validators.judging.coverage import coverage_findings
from validators.judging.gate_findings import change_findings, doubt_finding, finding
from validators.judging.gate_side import run_side
from validators.judging.judged import Judged, judged
from validators.judging.new_tests import NewTestsJudge
from validators.judging.outcome_changes import (
    OutcomeChanges,
    changes_of,
    mended_by_patch,
    only,
    without_flaky,
)
from validators.judging.replaced_tests import (
    replaced_findings,
    replaced_tests,
    without_replaced,
)
from validators.judging.runner_settings import changed_settings, under_base_settings
from validators.judging.settings_compared import compare_settings
from validators.judging.sides import Ran, Wanted
from validators.judging.test_changes import idle_findings, version_findings
from validators.judging.test_sides import TestSides, own_tests_again, patched_side, run_sides
from validators.judging.thresholds import threshold_findings
from validators.judging.touched_tests import TouchedTests, as_on_base, ids_of, name_of
from validators.judging.trust import TEST_REPORTS, Doubt, missing_report, sentinel_doubt
from validators.verdict import Finding, VerdictWord, gravest

# How often the base alone is asked again whether a test that broke is reliable there.
_LOOKS_AT_BASE = 2


@dataclass(frozen=True, slots=True)
class TestJudge:
    """One test gate about to be judged on a patch, its base beyond doubt."""

    runs: BaseRuns
    touched: TouchedTests
    base: Ran

    def judge(self) -> Judged:
        """Run the patched tree, and what else is needed to know what its outcomes mean."""
        suspects = self._suspects()
        if suspects is not None:
            return suspects
        sides = run_sides(
            self.runs, self.touched, red_of(self.base.side), with_sentinels=self._with_sentinels
        )
        return self._without_proof(sides.patched) or self._compare(sides)

    @property
    def _with_sentinels(self) -> bool:
        return bool(self.base.side.sentinels)

    def _suspects(self) -> Judged | None:
        """Run what failed in an earlier attempt alone: while some of it does, the rest can wait."""
        names = {name_of(test) for test in self.runs.bench.suspects}
        chosen = tuple(sorted(name for name in names if name.isidentifier()))
        if not chosen or len(chosen) != len(names):
            return None
        wanted = self._patched(select=chosen)
        ran = run_side(self.runs.bench, self.runs.gate, wanted)
        if self._without_proof(ran) is not None:
            return None
        changes = only(changes_of(self.base.side, ran.side), self.runs.bench.suspects)
        if not (changes.broken or changes.failing_new):
            return None
        findings = tuple(change_findings(self.runs.gate, changes, ran, None))
        rest = "the tests that failed before were run first, and the rest not at all"
        findings += (Finding(self.runs.gate.name, "not-all-run", "note", rest),)
        found = judged(self.runs.gate, "fail", findings, self.base.side, ran)
        return replace(found, record=_with_tests(found.record, changes, TestSides(ran), ()))

    def _without_proof(self, patched: Ran) -> Judged | None:
        """Return the judgement on a patched side that proves nothing; None when it proves some."""
        gate, base = self.runs.gate, self.base.side
        doubt = patched.doubt
        if doubt is None and base.report in TEST_REPORTS:
            doubt = missing_report(base.report, patched.side.report, patched.side.exit_code)
            if doubt is not None and says_full(patched.tail):
                doubt = Doubt("disk-full", f"the disk is full: {doubt.why}", harness=True)
        if doubt is None:
            doubt = sentinel_doubt(base.sentinels, patched.planted, patched.side.sentinels)
        if doubt is not None:
            word: VerdictWord = "infrastructure" if doubt.harness else "no-evidence"
            found = doubt_finding(gate, doubt, patched, "with this change")
            return judged(gate, word, (found,), base, patched)
        if not patched.side.count("passed", "failed", "error"):
            message = "no test was run with this change: nothing may be concluded"
            fix = "Add a test; or a person must declare a gate that runs those there are."
            none = finding(gate, "no-tests", f"{message}\n{patched.tail}".rstrip(), fix)
            return judged(gate, "no-evidence", (none,), base, patched)
        return None

    def _compare(self, sides: TestSides) -> Judged:
        gate, base, patched = self.runs.gate, self.base.side, sides.patched
        seen = changes_of(base, patched.side)
        sides = replace(sides, own=own_tests_again(self.runs, self.touched, sides, set(seen.new)))
        mended = seen.mended
        if sides.own is not None and sides.own.doubt is None:
            mended = mended_by_patch(seen, sides.own.side, patched.side)
        replaced = replaced_tests(self.touched, base, sides, mended)
        changes, again = self._reliable(without_replaced(seen, replaced))
        findings = list(change_findings(gate, changes, patched, again))
        findings += replaced_findings(gate, replaced)
        word = _word(changes)
        record = _with_tests(
            GateRecord(gate.name, gate.kind, gate.run, gate.required, word, base, patched.side),
            changes,
            sides,
            mended,
        )
        if word == "fail":
            return Judged(record, tuple(findings), patched, replaced.names)
        findings += version_findings(self.runs, self.touched, base, sides, mended)
        findings += idle_findings(gate, changes, sides)
        coverage = sides.measured.coverage if sides.measured else None
        if sides.measured is not None:
            findings += coverage_findings(coverage, self.runs.bench.rules.policies.coverage)
        settled, more = self._under_base_settings(patched)
        findings += more
        if word == "pass" and self._with_sentinels and not _blocks(findings):
            findings += threshold_findings(self.runs, self.touched.applied_tree)
        if any(one.code == "settings-disagree" for one in more):
            word = "no-evidence"
        elif _blocks(findings):
            word = "fail"
        own = None
        is_asked = self.runs.bench.rules.kind == "tests" and word != "no-evidence"
        if is_asked and not _blocks(findings):
            own = NewTestsJudge(self.runs, self.touched, self.base, patched, seen.new).judge()
            word = gravest([word, own.word])
            findings += own.findings
            record = replace(record, steady=own.steady)
        record = replace(record, outcome=word, base_settings=settled)
        return Judged(record, tuple(findings), patched, replaced.names, coverage, own)

    def _reliable(self, changes: OutcomeChanges) -> tuple[OutcomeChanges, Ran | None]:
        """Look again at what seems worse, on both trees; what the base does too blames nobody."""
        before = dict(self.base.side.outcomes)
        old = [as_on_base(c) for c in self.touched.changes if c.status in {"removed", "moved"}]
        gone = {test for change in old for test in ids_of(change, before)}
        if changes.suspects <= gone:  # what is no longer written down needs no second look
            return changes, None
        again = run_side(self.runs.bench, self.runs.gate, self._patched())
        steady = changes.suspects <= _bad_again(changes, again)
        for _ in range(1 if steady else _LOOKS_AT_BASE):
            base_again = self.runs.base(anew=True)
            if base_again.doubt is not None:
                break
            changes = without_flaky(changes, base_again.side)
            if not changes.suspicious:
                break
        return changes, again

    def _under_base_settings(self, patched: Ran) -> tuple[Side | None, tuple[Finding, ...]]:
        """Run the patched tree under the base's test settings, where the patch changes those."""
        clone = self.runs.bench.clone
        back = changed_settings(clone, clone.base_tree, self.touched.applied_tree)
        if not back:
            return None, ()
        tree = under_base_settings(clone, self.touched.applied_tree, back)
        wanted = replace(self._patched(), name="base-settings", tree=tree)
        ran = run_side(self.runs.bench, self.runs.gate, wanted)
        names = tuple(change.path for change in back)
        return ran.side, compare_settings(self.runs.gate, patched, ran, names)

    def _patched(self, select: tuple[str, ...] = ()) -> Wanted:
        return patched_side(self.touched, with_sentinels=self._with_sentinels, select=select)


def _blocks(findings: Iterable[Finding]) -> bool:
    return any(found.severity == "block" for found in findings)


def _word(changes: OutcomeChanges) -> VerdictWord:
    if changes.broken or changes.missing or changes.skipped or changes.failing_new:
        return "fail"
    return "flaky" if changes.flaky else "pass"


def _bad_again(changes: OutcomeChanges, again: Ran) -> frozenset[str]:
    """Return which of the suspicious tests came out the same when the patched tree ran again."""
    after = dict(again.side.outcomes)
    return frozenset(
        (
            *(test for test in changes.broken if after.get(test) in {"failed", "error"}),
            *(test for test in changes.skipped if after.get(test) == "skipped"),
            *(test for test in changes.missing if test not in after),
        )
    )


def _with_tests(
    record: GateRecord, changes: OutcomeChanges, sides: TestSides, mended: tuple[str, ...]
) -> GateRecord:
    return replace(
        record,
        tests_on_base=_proof(sides.own),
        base_tests=_proof(sides.old),
        fail_to_pass=mended,
        pass_to_fail=changes.broken,
        missing=tuple(sorted((*changes.missing, *changes.skipped))),
        new=changes.new,
        flaky=changes.flaky,
    )


def red_of(side: Side) -> list[str]:
    """Return the tests of a side that fail."""
    return [test for test, outcome in side.outcomes if outcome in {"failed", "error"}]


def _proof(ran: Ran | None) -> Side | None:
    return ran.side if ran is not None and ran.doubt is None else None
