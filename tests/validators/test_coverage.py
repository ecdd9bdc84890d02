"""An LCOV report, which hostile code may have written, becomes changed lines that no test ran."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.evidence import FileLines, LineCoverage
from validators.judging.coverage import (
    NOTHING_MEASURED,
    changed_line_coverage,
    coverage_findings,
    line_coverage,
    line_ranges,
    lines_run,
)
from validators.sandbox import Completed, Output

REPORT = """\
TN:
SF:/workspace/src/a.py
DA:1,1
DA:2,0
DA:3,0
DA:4,5,checksum
end_of_record
SF:src/b.py
DA:1,1
end_of_record
"""
ADDED = {
    "src/a.py": frozenset({2, 3, 4, 9}),
    "src/b.py": frozenset({1, 2}),
    "README": frozenset({1}),
}


def is_python(path: str) -> bool:
    return path.endswith(".py")


def said(text: bytes, outcome: str = "ok", dropped: int = 0) -> Completed:
    return Completed(outcome, 0, stdout=Output(text, b"", dropped))  # type: ignore[arg-type]


def test_only_changed_lines_that_can_run_are_counted() -> None:
    assert changed_line_coverage(REPORT, ADDED, is_python) == (
        LineCoverage("src/a.py", 3, (2, 3)),
        LineCoverage("src/b.py", 1),
    )


def test_a_line_that_one_of_two_reports_saw_was_run() -> None:
    second = "SF:./src/a.py\nDA:3,7\nDA:4,0\n"
    (a, _) = changed_line_coverage(REPORT + second, ADDED, is_python)
    assert a.uncovered == (2,)


def test_a_source_file_that_no_test_loads_is_not_covered_and_one_that_cannot_run_is_no_matter() -> (
    None
):
    added = {"c.py": frozenset({3, 1}), "d.py": frozenset({8})}
    found = changed_line_coverage("SF:d.py\nDA:1,1\n", added, is_python)
    assert found == (LineCoverage("c.py", 2, (1, 3)),)


@pytest.mark.parametrize(
    "completed",
    [
        said(REPORT.encode(), "failed"),
        said(REPORT.encode(), "timeout"),
        said(REPORT.encode(), dropped=1),
        said(b"no data"),
        said(b""),
    ],
)
def test_what_is_cut_or_missing_is_not_known(completed: Completed) -> None:
    assert line_coverage(completed, ADDED, is_python) is None


def test_a_whole_report_is_known() -> None:
    found = line_coverage(said(REPORT.encode()), ADDED, is_python)
    assert found is not None
    assert [file.path for file in found] == ["src/a.py", "src/b.py"]


def test_of_all_sources_the_lines_that_ran_are_told() -> None:
    report = REPORT + "SF:./src/b.py\nDA:7,1\nDA:3,2\nend_of_record\nSF:tests/t.py\nDA:1,1\n"

    assert lines_run(said(report.encode()), {"src/a.py", "src/b.py", "src/c.py"}) == (
        FileLines("src/a.py", (1, 4)),
        FileLines("src/b.py", (1, 3, 7)),
    )


def test_nothing_that_ran_is_another_thing_than_nothing_that_is_known() -> None:
    nothing = Completed("failed", NOTHING_MEASURED)

    assert lines_run(nothing, {"src/a.py"}) == ()
    assert lines_run(said(b""), {"src/a.py"}) == ()
    assert lines_run(Completed("failed", 1), {"src/a.py"}) is None
    assert lines_run(said(REPORT.encode(), "timeout"), {"src/a.py"}) is None
    assert lines_run(said(REPORT.encode(), dropped=1), {"src/a.py"}) is None


@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["SF:src/a.py", "DA:2,1", "DA:2,-1", "DA:٢,1", "DA:2", "DA:9e9,1"]),
            st.builds("DA:{},{}".format, st.integers(), st.integers()),
        ),
        max_size=30,
    )
)
def test_no_report_says_more_than_lines_that_were_changed(rows: list[str]) -> None:
    for file in changed_line_coverage("\n".join(rows), ADDED, is_python):
        assert set(file.uncovered) <= ADDED[file.path]
        assert len(file.uncovered) <= file.lines <= len(ADDED[file.path])


def test_a_finding_names_the_file_and_the_lines() -> None:
    coverage = (LineCoverage("a.py", 9, (12, 13, 14, 20)), LineCoverage("b.py", 4))
    (found,) = coverage_findings(coverage, "ask")
    assert (found.gate, found.code, found.severity) == ("coverage", "uncovered-lines", "ask")
    assert (found.path, found.line) == ("a.py", 12)
    assert found.message == (
        "a.py: of the 9 changed lines that can run, no test that this change brings or mends runs"
        " 12-14, 20"
    )


def test_the_policy_decides_how_grave_it_is() -> None:
    coverage = (LineCoverage("a.py", 1, (1,)),)
    assert [one.severity for one in coverage_findings(coverage, "block")] == ["block"]
    assert coverage_findings(coverage, "allow") == ()


def test_what_could_not_be_measured_is_a_note_and_blocks_nothing() -> None:
    assert [(one.code, one.severity) for one in coverage_findings(None, "block")] == [
        ("coverage-unknown", "note")
    ]
    assert coverage_findings((), "block") == ()


def test_many_ranges_are_counted() -> None:
    assert line_ranges([1]) == "1"
    assert line_ranges([1, 2, 4, 5, 6]) == "1-2, 4-6"
    assert line_ranges(range(1, 47, 2)).endswith(", 39 and 3 more places")
