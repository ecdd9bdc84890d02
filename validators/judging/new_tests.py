"""Whether tests that were asked for are worth having: they always pass, and run something new.

The filters of Meta's TestGen-LLM: a test that is built, passes five times on the code as it is, and
runs lines that nothing ran, is worth a person's look. That it asserts what is right is theirs to
say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from validators.checkout import list_files
from validators.evidence import FileLines
from validators.judging.base_runs import BaseRuns
from validators.judging.gate_findings import doubt_finding, finding, named
from validators.judging.gate_side import run_side
from validators.judging.judged import Judged, NewTests
from validators.judging.narrowing import files_of
from validators.judging.sides import Ran, Wanted
from validators.judging.touched_tests import TouchedTests, few, ids_of, name_of
from validators.judging.trust import TEST_REPORTS
from validators.verdict import Finding, VerdictWord

# Beside the first run, among all other tests.
_MORE_RUNS = 4
# No test runs more that nothing ran before: it is the report that is wrong.
_MOST_LINES = 200_000
# What a selection alone may be the reason for: a few tests do not reach a project's least coverage.
_MAY_BE_SELECTION = "report-disagrees"


@dataclass(frozen=True, slots=True)
class NewTestsJudge:
    """The tests of a patch that brings nothing else, so that its sources are the base's.

    ``patched`` is the run of all tests, of which none is worse than on ``base``; ``new`` are the
    ids that the base does not report.
    """

    runs: BaseRuns
    touched: TouchedTests
    base: Ran
    patched: Ran
    new: tuple[str, ...]

    def judge(self) -> NewTests:
        """Run those tests four more times, alone, and once more to see which lines they run."""
        after = dict(self.patched.side.outcomes)
        written = {
            test
            for change in self.touched.changes
            if change.status != "removed"
            for test in ids_of(change, after)
        }
        tests = sorted(test for test in written.union(self.new) if after[test] == "passed")
        if not tests:
            # What this gate runs on the base may be what another's new tests run.
            return NewTests(base=self._base() if self.touched.own_files else None, lines=())
        wanted = self._wanted(tests, written)
        return self._unsteady(tests, wanted) or self._measured(tests, wanted)

    def _unsteady(self, tests: Sequence[str], wanted: Wanted) -> NewTests | None:
        """Run ``tests`` again and again; return what is wrong with the first run that differs."""
        gate = self.runs.gate
        for number in range(2, 2 + _MORE_RUNS):
            ran = run_side(self.runs.bench, gate, wanted)
            if ran.doubt is not None and ran.doubt.code != _MAY_BE_SELECTION:
                word: VerdictWord = "infrastructure" if ran.doubt.harness else "no-evidence"
                where = "with this change's own tests alone"
                return NewTests(word, (doubt_finding(gate, ran.doubt, ran, where),))
            outcomes = dict(ran.side.outcomes)
            bad = [test for test in tests if outcomes.get(test) != "passed"]
            if bad:
                texts = {case.id: case.text for case in ran.cases}
                found = tuple(
                    self._flaky(test, number, texts.get(test, "it is not run")) for test in bad
                )
                return NewTests("fail" if gate.required else "pass", found)
        return None

    def _flaky(self, test: str, number: int, text: str) -> Finding:
        message = f"{test} passes among all tests, and not each time when it is run again alone"
        fix = "Make it pass each time, whatever ran before: no clock, no chance, no order of tests."
        details = f"in run {number} of {1 + _MORE_RUNS}: {text}".rstrip()
        return finding(self.runs.gate, "flaky-new-test", f"{message}\n{details}", fix)

    def _wanted(self, tests: Sequence[str], written: set[str]) -> Wanted:
        """Return the side of ``tests`` alone, or of the files they are in, as far as that goes."""
        tree = self.touched.applied_tree
        names = few(name_of(test) for test in tests)
        select = names if {name_of(test) for test in tests} == set(names) else ()
        paths = {file.path for file in list_files(self.runs.bench.clone, tree)}
        within = files_of(tests, paths)
        if not within and written.issuperset(tests):
            within = self.touched.own_files
        return Wanted("new-tests", tree, select=select, within=within)

    def _measured(self, tests: Sequence[str], wanted: Wanted) -> NewTests:
        measuring = self.runs.measuring(self.touched.applied_tree)
        steady = tuple(tests)
        if not measuring.files:
            return NewTests(steady=steady)
        base = self._base()
        ran = run_side(self.runs.bench, self.runs.gate, replace(wanted, measuring=measuring))
        lines = ran.lines if ran.side.ended in {"ok", "failed"} else None
        if not base and not lines and not measuring.is_certain:
            return NewTests(steady=steady)  # nothing shows that anything was measured at all
        return NewTests(steady=steady, base=base, lines=lines)

    def _base(self) -> tuple[FileLines, ...] | None:
        if not self.runs.measuring(self.runs.bench.clone.base_tree).files:
            return None
        return self.runs.lines() if self.base.side.outcomes else ()


def new_coverage(
    judged: Iterable[Judged],
) -> tuple[tuple[FileLines, ...] | None, tuple[Finding, ...]]:
    """Return which lines the patch's tests are the first to run, and what is wrong with that.

    No required gate failed. The suite of the base is that of all gates.
    """
    tests = [one for one in judged if one.record.kind == "test"]
    required = [one for one in tests if one.record.required]
    if not required:
        return None, ()
    names_all = all(one.patched and one.patched.side.report in TEST_REPORTS for one in required)
    if names_all and not any(one.record.steady for one in required):
        message = "this change brings no test that passes: nothing new is tested"
        return (), (_covers_nothing(message),)
    known = [one.new_tests for one in tests if one.new_tests is not None]
    found = _difference(
        [one.lines for one in known if one.lines], [one.base for one in known if one.base]
    )
    unknown = [one.record.name for one in required if not _is_known(one)]
    if sum(len(one.lines) for one in found) > _MOST_LINES:
        unknown, found = [one.record.name for one in required], ()
    if unknown:
        message = (
            "which lines the new tests are the first to run could not be measured with"
            f" {named(unknown)}"
        )
        fix = "A person must see what they test; coverage.py in the target's environment tells."
        unclear = Finding("coverage", "new-coverage-unknown", "ask", message, fix=fix)
        return None, (unclear,)
    if not found:
        steady = sorted({test for one in required for test in one.record.steady})
        message = f"no line is run by the new tests alone: {named(steady)}"
        return (), (_covers_nothing(message),)
    return found, ()


def _is_known(judged: Judged) -> bool:
    new = judged.new_tests
    return new is not None and new.lines is not None and new.base is not None


def _covers_nothing(message: str) -> Finding:
    fix = "Write tests that run lines which no test runs yet."
    return Finding("coverage", "covers-nothing-new", "block", message, fix=fix)


def _difference(
    new: Iterable[Iterable[FileLines]], base: Iterable[Iterable[FileLines]]
) -> tuple[FileLines, ...]:
    added, there = _by_path(new), _by_path(base)
    left = {path: sorted(lines - there.get(path, set())) for path, lines in added.items()}
    return tuple(FileLines(path, tuple(left[path])) for path in sorted(left) if left[path])


def _by_path(several: Iterable[Iterable[FileLines]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for files in several:
        for file in files:
            found.setdefault(file.path, set()).update(file.lines)
    return found
