"""Which lines some test ran, from a report that hostile code could have written.

A forged report can only hide that a line is not tested, and a person reads that line anyway.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from validators.evidence import FileLines, LineCoverage
from validators.rules import PolicyWord
from validators.sandbox import WORKSPACE, Completed
from validators.verdict import Finding

# With what the command that reports on coverage ends where no line was measured.
NOTHING_MEASURED = 3
_GATE = "coverage"
_MAX_LINES = 2_000_000
_MAX_DIGITS = 9
_RANGES_SHOWN = 20


def line_coverage(
    completed: Completed, added: Mapping[str, frozenset[int]], is_source: Callable[[str], bool]
) -> tuple[LineCoverage, ...] | None:
    """Return what the command that reports on coverage said; None when nothing was measured."""
    output = completed.stdout
    if completed.outcome != "ok" or output.dropped_bytes:
        return None
    report = (output.head + output.tail).decode("utf-8", "surrogateescape")
    return changed_line_coverage(report, added, is_source) if "SF:" in report else None


def changed_line_coverage(
    report: str, added: Mapping[str, frozenset[int]], is_source: Callable[[str], bool]
) -> tuple[LineCoverage, ...]:
    """Return a record for each changed source file with lines that can run.

    ``report`` is LCOV; a file that is in it twice is run where one of them says so. A source file
    that is not in it was loaded by no test: all its changed lines are taken to be able to run.
    """
    ran: dict[str, dict[int, bool]] = {}
    for path, line, was_run in _lines(report):
        if path in added:
            known = ran.setdefault(path, {})
            known[line] = known.get(line, False) or was_run
    found = []
    for path in sorted(filter(is_source, added)):
        lines = ran.get(path, dict.fromkeys(added[path], False))
        runnable = sorted(added[path] & lines.keys())
        if runnable:
            uncovered = tuple(line for line in runnable if not lines[line])
            found.append(LineCoverage(path, len(runnable), uncovered))
    return tuple(found)


def lines_run(completed: Completed, sources: Collection[str]) -> tuple[FileLines, ...] | None:
    """Return the lines of ``sources`` that were run; None where not all that was said is known.

    Empty where nothing was: what measures may not be there, then.
    """
    output = completed.stdout
    if output.dropped_bytes:
        return None
    if completed.outcome == "failed" and completed.code == NOTHING_MEASURED:
        return ()
    if completed.outcome != "ok":
        return None
    report = (output.head + output.tail).decode("utf-8", "surrogateescape")
    if report.count("\n") >= _MAX_LINES:
        return None
    ran: dict[str, set[int]] = {}
    for path, line, was_run in _lines(report):
        if was_run and path in sources:
            ran.setdefault(path, set()).add(line)
    return tuple(FileLines(path, tuple(sorted(ran[path]))) for path in sorted(ran))


def merged(records: Iterable[Sequence[LineCoverage]]) -> tuple[LineCoverage, ...]:
    """Return what several gates measured as one: a line that any of them ran was run."""
    found: dict[str, LineCoverage] = {}
    for record in chain.from_iterable(records):
        known = found.get(record.path, record)
        uncovered = tuple(line for line in record.uncovered if line in known.uncovered)
        found[record.path] = LineCoverage(record.path, max(record.lines, known.lines), uncovered)
    return tuple(found[path] for path in sorted(found))


def coverage_findings(
    coverage: Sequence[LineCoverage] | None, word: PolicyWord
) -> tuple[Finding, ...]:
    """Return a finding for each file with changed lines that no test runs."""
    if word == "allow":
        return ()
    if coverage is None:
        message = "which of the changed lines a test runs could not be measured"
        return (Finding(_GATE, "coverage-unknown", "note", message),)
    return tuple(
        Finding(
            _GATE,
            "uncovered-lines",
            word,
            f"{file.path}: of the {file.lines} changed lines that can run, no test that this change"
            f" brings or mends runs {line_ranges(file.uncovered)}",
            file.path,
            file.uncovered[0],
            "Add a test that runs them.",
        )
        for file in coverage
        if file.uncovered
    )


def line_ranges(lines: Sequence[int]) -> str:
    """Return ascending line numbers as people write them: 12-14, 20."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    shown = [f"{first}-{last}" if first < last else f"{first}" for first, last in ranges]
    left = len(shown) - _RANGES_SHOWN
    return ", ".join(shown[:_RANGES_SHOWN]) + (f" and {left} more places" if left > 0 else "")


def _lines(report: str) -> Iterator[tuple[str, int, bool]]:
    """Yield path, line and whether it was run, of the records that are well formed."""
    path = ""
    for row in islice(report.split("\n"), _MAX_LINES):
        kind, _, rest = row.partition(":")
        if kind == "SF":
            path = rest.removeprefix(f"{WORKSPACE}/").removeprefix("./")
        elif kind == "DA" and path:
            line, _, hits = rest.partition(",")
            hits = hits.partition(",")[0]
            if _is_number(line) and _is_number(hits):
                yield path, int(line), int(hits) > 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
