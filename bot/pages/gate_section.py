"""The gates' part of a pull request, rendered from the evidence and its verdict alone."""

import shlex
from collections.abc import Iterator, Sequence
from functools import partial

from bot.pages.markdown import Markdown, code, render
from validators.evidence import Evidence, FileLines, GateRecord, LineCoverage, Side
from validators.judging.coverage import line_ranges
from validators.verdict import VerdictWord

_BAD = frozenset({"failed", "error"})


def gate_section(
    evidence: Evidence, verdict: VerdictWord, sha256: str, rows: int, tests: int
) -> Markdown:
    """Return the section; ``rows`` of a table and ``tests`` of a kind are shown, others counted.

    ``sha256`` is that of the statement of both.
    """
    uncovered = [one for one in evidence.coverage or () if one.uncovered]
    section = render(
        "gate_section.md.j2",
        {
            "evidence": evidence,
            "verdict": verdict,
            "sha256": sha256,
            "rows": rows,
            "side": side_text,
            "facts": partial(facts_text, most=tests),
            "command": command_text,
            "uncovered": uncovered,
            "measured": measured_text(evidence),
            "lines": line_ranges,
            "warnings": [one for one in evidence.findings if one.severity == "warn"],
        },
    )
    return Markdown(section.strip())


def side_text(side: Side | None) -> str:
    """Return how one gate ended on one tree, in a few words."""
    if side is None:
        return "not run"
    if side.ended not in {"ok", "failed"}:
        return side.ended
    if side.report in {"ruff", "lint"}:
        return "no findings" if side.exit_code == 0 else "has findings"
    if not side.outcomes:
        return "exit 0" if side.exit_code == 0 else f"exit {side.exit_code}"
    failed = side.count("failed", "error")
    words = f"{side.count('passed')} passed"
    return f"{words}, {failed} failed" if failed else words


def facts_text(gate: GateRecord, most: int) -> Markdown:
    """Return what else is known of a gate, as items of a Markdown list.

    First each further run in a line, then the tests by what became of them, ``most`` of each kind.
    """
    items = [f"- {words}" for words in _runs(gate)]
    for words, tests in _groups(gate):
        items += [f"- {words}: {code(test)}" for test in tests[:most]]
        if len(tests) > most:
            items.append(f"- {words}: {len(tests) - most} more")
    return Markdown("\n".join(items))


def _runs(gate: GateRecord) -> Iterator[str]:
    """Yield the runs beside the two of the table."""
    for words, side in (
        ("this change's tests over the base's sources", gate.tests_on_base),
        ("the base's version of the tests it touches, over this change's sources", gate.base_tests),
        ("this change under the base's own test settings", gate.base_settings),
    ):
        if side:
            yield f"{words}: {side_text(side)}"
    planted = len(gate.patched.sentinels) if gate.patched else 0
    if planted:
        what = "test" if planted == 1 else "tests"
        yield f"{planted} {what} planted to fail did fail: the runner does not hide what is red"


def _groups(gate: GateRecord) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield test ids by what became of them, what a reviewer looks for first."""
    yield "red on base, green with this change", gate.fail_to_pass
    yield "green on base, red with this change", gate.pass_to_fail
    yield "gone", gate.missing
    outcomes = gate.base_tests.outcomes if gate.base_tests else ()
    red = [test for test, outcome in outcomes if outcome in _BAD]
    yield "the base's version of it is red with this change", red
    yield "flaky: it flips on the base too, and counts for nothing", gate.flaky
    yield "asked for, and passes five times out of five", gate.steady


def measured_text(evidence: Evidence) -> str:
    """Return in a sentence what is known of lines that tests run, for a change of its kind."""
    if evidence.kind == "tests":
        return newly_covered_text(evidence.newly_covered)
    return coverage_text(evidence.coverage)


def newly_covered_text(files: Sequence[FileLines] | None) -> str:
    """Return in a sentence how many lines are run by the tests of this change alone."""
    if files is None:
        return "Which lines the new tests are the first to run was not measured."
    lines, count = sum(len(one.lines) for one in files), len(files)
    where = "file" if count == 1 else "files"
    what = "line" if lines == 1 else "lines"
    return f"The new tests run {lines} {what} that no test ran before, in {count} {where}."


def coverage_text(coverage: Sequence[LineCoverage] | None) -> str:
    """Return in a sentence how many of the changed lines some test ran."""
    if coverage is None:
        return "Which of the changed lines a test runs was not measured."
    lines = sum(one.lines for one in coverage)
    ran = lines - sum(len(one.uncovered) for one in coverage)
    return f"Tests run {ran} of the {lines} changed lines that can run."


def command_text(argv: Sequence[str]) -> str:
    """Return an argv as one line for a person; never run as such."""
    return shlex.join(argv)
