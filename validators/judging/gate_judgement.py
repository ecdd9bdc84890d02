"""One gate, judged: the base first, then the patched tree, and only the difference counts."""

from collections.abc import MutableMapping
from dataclasses import dataclass, replace

from validators.checkout import file_changes, raw_changes, write_tree
from validators.detect import RUFF_CONFIGURATION, floor_lint, looks_like_test
from validators.encoding import digest, encode
from validators.evidence import GateRecord, Side
from validators.judging.gate_findings import (
    change_findings,
    doubt_finding,
    finding,
    lint_findings,
    red_findings,
)
from validators.judging.gate_side import GateBench, Ran, SideName, run_side
from validators.judging.lint import configured_as_base, new_marks
from validators.judging.outcome_changes import (
    OutcomeChanges,
    changes_of,
    mended_by_patch,
    without_flaky,
)
from validators.rules import GateRule
from validators.verdict import Finding, VerdictWord

# How a command may end on the base that is the machine's fault or the limits', nobody's patch's.
_BASE_TROUBLE = {"timeout", "oom", "killed", "output-limit"}
_TEST_REPORTS = {"pytest", "node"}

BaseSides = MutableMapping[str, Side]


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate's record and findings, and the side that ran on the patched tree, if one did."""

    record: GateRecord
    findings: tuple[Finding, ...] = ()
    patched: Ran | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """One gate about to be judged on ``applied_tree``; ``base_sides`` remembers what base runs."""

    bench: GateBench
    gate: GateRule
    applied_tree: str
    base_sides: BaseSides

    def judge(self) -> Judged:
        """Run the gate on both trees and compare."""
        gate = self.gate
        base = self._on_base("base")
        if gate.source == RUFF_CONFIGURATION and base.side.report != "ruff":
            return self._with_floor(base)
        if base.doubt is not None:
            trouble = base.doubt.harness or base.doubt.code in _BASE_TROUBLE
            word: VerdictWord = "infrastructure" if trouble else "no-evidence"
            found = doubt_finding(gate, base.doubt, base, "on the untouched base")
            return self._judged(word, (replace(found, code=f"base-{found.code}"),), base.side)
        return self._compare(base, run_side(self.bench, gate, self._patched_tree(), "patched"))

    def _compare(self, base: Ran, patched: Ran) -> Judged:
        """Compare two sides of which the base's is beyond doubt."""
        if patched.doubt is not None:
            word: VerdictWord = "infrastructure" if patched.doubt.harness else "no-evidence"
            found = doubt_finding(self.gate, patched.doubt, patched, "with this change")
            return self._judged(word, (found,), base.side, patched)
        if base.side.report not in {"exit-code", patched.side.report}:
            message = (
                f"with this change there is no {base.side.report} report, and on the base there is"
                f" one; the command ended with {patched.side.exit_code}\n{patched.tail}"
            )
            found = finding(self.gate, "report-missing", message.rstrip())
            return self._judged("no-evidence", (found,), base.side, patched)
        if patched.side.report in _TEST_REPORTS:
            return self._compare_tests(base, patched)
        if base.side.report == "ruff":
            return self._compare_lint(base, patched)
        return self._compare_exit_codes(base, patched)

    def _with_floor(self, base: Ran) -> Judged:
        """Lint for plain errors where our linter does not read the target's configuration."""
        judged = replace(self, gate=floor_lint("")).judge()
        message = f"the base's ruff configuration cannot be used; only errors count\n{base.tail}"
        note = Finding(self.gate.name, "lint-floor", "note", message.rstrip())
        return replace(judged, findings=(*judged.findings, note))

    def _compare_lint(self, base: Ran, patched: Ran) -> Judged:
        clone = self.bench.clone
        changes = raw_changes(clone, clone.base_tree, self.applied_tree)
        renames = {change.old_path: change.path for change in changes if change.status == "R"}
        found = lint_findings(self.gate, new_marks(base.marks, patched.marks, renames))
        findings = tuple(found)
        return self._judged("fail" if findings else "pass", findings, base.side, patched)

    def _compare_exit_codes(self, base: Ran, patched: Ran) -> Judged:
        if patched.succeeded:
            return self._judged("pass", (), base.side, patched)
        if base.succeeded:
            findings = tuple(red_findings(self.gate, patched))
            return self._judged("fail", findings, base.side, patched)
        message = (
            f"{self.gate.name} fails on the untouched base already and writes no report, so it"
            f" cannot tell whether this change made it worse\n{patched.tail}"
        )
        fix = "A person must make the gate succeed on the base, or declare another one."
        found = finding(self.gate, "base-red", message.rstrip(), fix)
        return self._judged("no-evidence", (found,), base.side, patched)

    def _compare_tests(self, base: Ran, patched: Ran) -> Judged:
        if not patched.side.count("passed", "failed", "error"):
            message = "no test was run with this change: nothing may be concluded"
            fix = "Add a test; or a person must declare a gate that runs those there are."
            found = finding(self.gate, "no-tests", f"{message}\n{patched.tail}".rstrip(), fix)
            return self._judged("no-evidence", (found,), base.side, patched)
        changes = changes_of(base.side, patched.side)
        again = None
        if changes.suspicious:
            again = run_side(self.bench, self.gate, self.applied_tree, "patched")
            base_again = self._on_base("base", "again")
            if base_again.doubt is None:
                changes = without_flaky(changes, base_again.side)
        findings = tuple(change_findings(self.gate, changes, patched, again))
        is_worse = bool(changes.broken or changes.missing or changes.skipped or changes.failing_new)
        word: VerdictWord = "fail" if is_worse else "flaky" if changes.flaky else "pass"
        own: Ran | None = None
        if not is_worse:
            own, more = self._own_tests_on_base(patched)
            findings += more
        judged = self._judged(word, findings, base.side, patched)
        return replace(judged, record=_with_tests(judged.record, changes, own, patched.side))

    def _own_tests_on_base(self, patched: Ran) -> tuple[Ran | None, tuple[Finding, ...]]:
        """Run the patch's own tests over the base's sources, where they should fail."""
        clone = self.bench.clone
        tests = [
            change
            for change in file_changes(clone, clone.base_tree, self.applied_tree)
            if looks_like_test(change.path)
        ]
        if not tests:
            return None, ()
        tree = write_tree(clone, clone.base_tree, tests)
        if tree == self.applied_tree:
            return patched, ()
        own = self._on_base("tests-on-base", tree=tree)
        if own.doubt is None:
            return own, ()
        message = f"over the base's sources, this change's own tests prove nothing: {own.doubt.why}"
        return None, (Finding(self.gate.name, "tests-on-base-unknown", "note", message),)

    def _on_base(self, name: SideName, run: str = "", tree: str = "") -> Ran:
        """Return a side of a tree that no model's source is in, remembered from earlier attempts.

        Only sides that prove something are remembered, and none whose findings are not in it.
        """
        tree = tree or self.bench.clone.base_tree
        facts = (tree, self.gate.run, self.gate.kind, self.bench.environment.key, run)
        key = digest(encode(facts))
        known = self.base_sides.get(key)
        if known is not None:
            return Ran(known)
        ran = run_side(self.bench, self.gate, tree, name)
        if ran.doubt is None and ran.side.report != "ruff":
            self.base_sides[key] = ran.side
        return ran

    def _patched_tree(self) -> str:
        if self.gate.kind != "lint":
            return self.applied_tree
        clone = self.bench.clone
        return configured_as_base(clone, clone.base_tree, self.applied_tree)

    def _judged(
        self,
        word: VerdictWord,
        findings: tuple[Finding, ...],
        base: Side,
        patched: Ran | None = None,
    ) -> Judged:
        gate = self.gate
        side = patched.side if patched else None
        record = GateRecord(gate.name, gate.kind, gate.run, gate.required, word, base, side)
        return Judged(record, findings, patched)


def _with_tests(
    record: GateRecord, changes: OutcomeChanges, own: Ran | None, patched: Side
) -> GateRecord:
    mended = mended_by_patch(changes, own.side, patched) if own else changes.mended
    return replace(
        record,
        tests_on_base=own.side if own else None,
        fail_to_pass=mended,
        pass_to_fail=changes.broken,
        missing=tuple(sorted((*changes.missing, *changes.skipped))),
        new=changes.new,
    )
