"""One gate, judged: the base first, then the patched tree, and only the difference counts."""

from dataclasses import dataclass, replace

from validators.checkout import raw_changes
from validators.clones.added_lines import added_lines
from validators.judging.base_runs import BaseRuns, BaseSides
from validators.judging.floor import FLOOR, floor_marks, is_floor
from validators.judging.gate_findings import doubt_finding, finding, lint_findings, red_findings
from validators.judging.gate_side import GateBench, run_side, start_side
from validators.judging.judged import Judged, judged
from validators.judging.lint import LintSide, Moves, configured_as_base, lint_changes
from validators.judging.sides import Ran, Wanted
from validators.judging.test_judgement import TestJudge
from validators.judging.test_sides import start_beside
from validators.judging.touched_tests import TouchedTests
from validators.judging.trust import TEST_REPORTS, Doubt, missing_report
from validators.projects.own_linter import RUFF_CONFIGURATION
from validators.reports import LintMark
from validators.rules import GateRule
from validators.verdict import Finding, VerdictWord

# How a command may end on the base that is the machine's fault or the limits', nobody's patch's.
_BASE_TROUBLE = {"timeout", "oom", "killed", "output-limit", "tool-missing"}


@dataclass(frozen=True, slots=True)
class Judge:
    """One gate about to be judged on a patch; ``base_sides`` remembers what the base did."""

    bench: GateBench
    gate: GateRule
    base_sides: BaseSides
    touched: TouchedTests

    def judge(self) -> Judged:
        """Run the gate on both trees and compare."""
        gate = self.gate
        runs = BaseRuns(self.bench, gate, self.base_sides)
        if gate.kind == "lint":
            return self._lint(runs)
        if gate.kind == "test" and not self.bench.suspects:
            start_beside(runs, self.touched)
        base = runs.base()
        if base.doubt is not None:
            return self._base_in_doubt(base, base.doubt)
        if base.side.report in TEST_REPORTS:
            return TestJudge(runs, self.touched, base).judge()
        wanted = Wanted("patched", self.touched.applied_tree)
        return self._compare(runs, base, run_side(self.bench, gate, wanted))

    def _compare(self, runs: BaseRuns, base: Ran, patched: Ran) -> Judged:
        """Compare two sides of which the base's is beyond doubt, and names no tests."""
        doubt = patched.doubt
        if doubt is None and base.side.report != "exit-code":
            doubt = missing_report(base.side.report, patched.side.report, patched.side.exit_code)
        if doubt is not None:
            word: VerdictWord = "infrastructure" if doubt.harness else "no-evidence"
            found = doubt_finding(self.gate, doubt, patched, "with this change")
            return judged(self.gate, word, (found,), base.side, patched)
        if patched.side.report in TEST_REPORTS:  # the first tests of this target
            return TestJudge(runs, self.touched, base).judge()
        return self._compare_exit_codes(base, patched)

    def _base_in_doubt(self, base: Ran, doubt: Doubt) -> Judged:
        trouble = doubt.harness or doubt.code in _BASE_TROUBLE
        word: VerdictWord = "infrastructure" if trouble else "no-evidence"
        found = doubt_finding(self.gate, doubt, base, "on the untouched base")
        return judged(self.gate, word, (replace(found, code=f"base-{found.code}"),), base.side)

    def _lint(self, runs: BaseRuns) -> Judged:
        """Run a linter on both trees at once, each under the base's settings."""
        clone = self.bench.clone
        tree = configured_as_base(clone, clone.base_tree, self.touched.applied_tree)
        wanted = Wanted("patched", tree)
        start_side(self.bench, self.gate, wanted)
        base = runs.base()
        if self.gate.source == RUFF_CONFIGURATION and base.side.report != "ruff":
            return self._with_floor(base)
        if base.doubt is not None:
            return self._base_in_doubt(base, base.doubt)
        patched = run_side(self.bench, self.gate, wanted)
        if patched.doubt is not None:
            word: VerdictWord = "infrastructure" if patched.doubt.harness else "no-evidence"
            found = doubt_finding(self.gate, patched.doubt, patched, "with this change")
            return judged(self.gate, word, (found,), base.side, patched)
        compared = self._compare_lint(base, patched)
        if compared.record.outcome == "pass" or not base.remembered:
            return compared
        # Before anybody is blamed: the base as it is now, not as it was once.
        return self._compare_lint(runs.base(anew=True), patched)

    def _with_floor(self, base: Ran) -> Judged:
        """Leave it to the floor where our linter does not read the target's configuration.

        Such a gate vouches for nothing: alone, it leaves the change without evidence.
        """
        message = f"the base's ruff configuration cannot be used; only errors count\n{base.tail}"
        note = Finding(self.gate.name, "lint-floor", "note", message.rstrip())
        return judged(replace(self.gate, required=False), "no-evidence", (note,), base.side)

    def _compare_lint(self, base: Ran, patched: Ran) -> Judged:
        clone, applied = self.bench.clone, self.touched.applied_tree
        changes = raw_changes(clone, clone.base_tree, applied)
        renames = {change.old_path: change.path for change in changes if change.status == "R"}
        moves = Moves(renames, added_lines(clone, clone.base_tree, applied))
        found = lint_changes(
            LintSide(base.side.exit_code, base.lint),
            LintSide(patched.side.exit_code, patched.lint),
            moves,
        )
        if found is None:
            return self._compare_exit_codes(base, patched)
        marks, warnings = found.marks, found.warnings
        if is_floor(self.gate) or self.gate.name == FLOOR:
            marks = floor_marks(_marks(base), _marks(patched), moves)
        findings = (
            *lint_findings(self.gate, marks),
            *lint_findings(replace(self.gate, required=False), warnings),
        )
        return judged(self.gate, "fail" if marks else "pass", findings, base.side, patched)

    def _compare_exit_codes(self, base: Ran, patched: Ran) -> Judged:
        if patched.succeeded:
            return judged(self.gate, "pass", (), base.side, patched)
        if base.succeeded:
            return self._newly_failing(base, patched)
        message = (
            f"{self.gate.name} fails on the untouched base already and writes no report, so it"
            f" cannot tell whether this change made it worse\n{patched.tail}"
        )
        fix = "A person must make the gate succeed on the base, or declare another one."
        found = finding(self.gate, "base-red", message.rstrip(), fix)
        return judged(self.gate, "no-evidence", (found,), base.side, patched)

    def _newly_failing(self, base: Ran, patched: Ran) -> Judged:
        """Look at the base once more before a patch is blamed for a command that fails."""
        again = BaseRuns(self.bench, self.gate, self.base_sides).base(anew=True)
        if again.doubt is None and not again.succeeded:
            message = f"not this change's doing: {self.gate.name} fails now and then on the base"
            flaky = Finding(self.gate.name, "flaky", "warn", message)
            return judged(self.gate, "flaky", (flaky,), base.side, patched)
        findings = tuple(red_findings(self.gate, patched))
        return judged(self.gate, "fail", findings, base.side, patched)


def _marks(ran: Ran) -> tuple[LintMark, ...]:
    return ran.lint.marks if ran.lint else ()
