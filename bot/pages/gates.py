"""What the gates found, as text for a terminal and as the documented JSON document."""

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.console import one_line
from bot.pages.gate_section import command_text, measured_text, side_text
from validators.evidence import Evidence, GateRecord, Side
from validators.evidence_statement import statement_of
from validators.judging.coverage import line_ranges
from validators.rules import Rules
from validators.verdict import Finding, Severity, Verdict

if TYPE_CHECKING:
    from validators.detect import Detected

_TESTS_SHOWN = 20
_FILES_SHOWN = 20
_LINES_SHOWN = 40
_LENGTH_SHOWN = 500
_WIDEST = 24
_NARROWEST = 40
_HEAD = ("gate", "outcome", "base", "with this change")
_SEVERITIES: tuple[Severity, ...] = ("block", "ask", "warn", "note")


def gate_text(verdict: Verdict, evidence: Evidence, width: int = 0) -> str:
    """Return the verdict, a table of the gates, the tests that changed sides and the findings.

    Prose is wrapped to ``width`` columns; 0 leaves that to whatever shows it.
    """
    lines = [f"verdict: {verdict.word}"]
    if evidence.gates:
        lines += ["", *_table(evidence.gates), ""]
        lines += [line for gate in evidence.gates for line in _gate_lines(gate)]
    lines += _coverage_lines(evidence) if evidence.gates else []
    if verdict.findings:
        lines += ["", _counted(verdict.findings)]
    lines += [line for finding in verdict.findings for line in _finding_lines(finding, width)]
    held = ", ".join(sorted(evidence.guarantees)) or "nothing"
    version = f" ({one_line(evidence.backend_version)})" if evidence.backend_version else ""
    sandbox = f"sandbox {evidence.backend or 'not used'}{version}, holding {held}"
    lines += ["", *_wrapped(sandbox, "", width)]
    lines.append(f"evidence {evidence_name(verdict, evidence)}")
    return "\n".join(lines)


def terminal_width(*, is_terminal: bool) -> int:
    """Return how many columns prose may have; 0 where no person reads along."""
    return max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns) if is_terminal else 0


def detection_lines(detected: "Detected", rules: Rules) -> tuple[str, ...]:
    """Return what will be set up and run, and from which file that was told."""
    if rules.gates and rules.setup:
        return ()
    lines = [
        f"detected: {one_line(gate.name)} from {one_line(gate.source)}: {_command(gate.run)}"
        for gate in (() if rules.gates else detected.gates)
    ]
    if not rules.setup:
        lines += [f"detected: set-up: {_command(argv)}" for argv in detected.setup.commands]
    lines += [f"not used: {one_line(note)}" for note in detected.notes]
    return tuple(lines) or ("detected: no gate, no set-up",)


def gate_document(verdict: Verdict, evidence: Evidence) -> dict[str, Any]:
    """Return the document that ``gate --json`` prints."""
    gates = evidence.gates
    return {
        "verdict": verdict.word,
        "kind": evidence.kind,
        "gates": [
            {
                "name": gate.name,
                "outcome": gate.outcome,
                "required": gate.required,
                "base": _side(gate.base),
                "patched": _side(gate.patched),
            }
            for gate in gates
        ],
        "tests": {
            "fail_to_pass": [test for gate in gates for test in gate.fail_to_pass],
            "pass_to_fail": [test for gate in gates for test in gate.pass_to_fail],
            "missing": [test for gate in gates for test in gate.missing],
            "flaky": [test for gate in gates for test in gate.flaky],
            "steady": [test for gate in gates for test in gate.steady],
        },
        "coverage": evidence.coverage,
        "newly_covered": evidence.newly_covered,
        "findings": verdict.findings,
        "sandbox": {
            "backend": evidence.backend,
            "version": evidence.backend_version,
            "guarantees": sorted(evidence.guarantees),
        },
        "evidence": evidence_name(verdict, evidence),
    }


def evidence_name(verdict: Verdict, evidence: Evidence) -> str:
    """Return the name under which a pull request and ``verify`` know this evidence."""
    return f"sha256:{statement_of(evidence, verdict.word).sha256}"


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "ended": side.ended,
        "exit_code": side.exit_code,
        "report": side.report,
        "passed": side.count("passed"),
        "failed": side.count("failed", "error"),
        "skipped": side.count("skipped"),
    }


def _table(gates: Sequence[GateRecord]) -> Iterator[str]:
    """Yield the gates as rows whose columns stand below each other."""
    rows = [_HEAD]
    for gate in gates:
        sides = (side_text(gate.base), side_text(gate.patched))
        rows.append((_cut(gate.name, _WIDEST), gate.outcome, *sides))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _gate_lines(gate: GateRecord) -> Iterator[str]:
    """Yield a gate's command and what a row of the table has no room for."""
    yield f"{_cut(gate.name, _WIDEST)}: {_command(gate.command)}"
    if not gate.required:
        yield "  off by config: it reports, and blocks nothing"
    for words, side in (
        ("this change's tests over the base's sources", gate.tests_on_base),
        ("the base's version of the touched tests over this change", gate.base_tests),
        ("under the base's test settings", gate.base_settings),
    ):
        if side is not None:
            yield f"  {words}: {side_text(side)}"
    for words, tests in (
        ("red -> green", gate.fail_to_pass),
        ("GREEN -> RED", gate.pass_to_fail),
        ("MISSING", gate.missing),
        ("flaky", gate.flaky),
        ("5 of 5 pass", gate.steady),
    ):
        for test in tests[:_TESTS_SHOWN]:
            yield f"  {words:<12}  {_cut(test, _LENGTH_SHOWN)}"
        if len(tests) > _TESTS_SHOWN:
            yield f"  {words:<12}  and {len(tests) - _TESTS_SHOWN} more"


def _coverage_lines(evidence: Evidence) -> Iterator[str]:
    yield f"coverage: {measured_text(evidence)}"
    new = evidence.newly_covered or ()
    for covered in new[:_FILES_SHOWN]:
        yield f"  newly run: {_cut(covered.path, _LENGTH_SHOWN)}: {line_ranges(covered.lines)}"
    if len(new) > _FILES_SHOWN:
        yield f"  newly run: {len(new) - _FILES_SHOWN} more files"
    for file in evidence.coverage or ():
        if file.uncovered:
            yield f"  not run: {_cut(file.path, _LENGTH_SHOWN)}: {line_ranges(file.uncovered)}"


def _counted(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    told = (f"{counts[severity]} {severity}" for severity in _SEVERITIES if counts[severity])
    return f"findings: {', '.join(told)}"


def _finding_lines(finding: Finding, width: int) -> Iterator[str]:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    yield one_line(f"- [{finding.severity}] {finding.gate}/{finding.code} {place}".rstrip())
    told = finding.message.strip().splitlines()
    for line in told[:_LINES_SHOWN]:
        yield from _wrapped(line, "    ", width)
    if len(told) > _LINES_SHOWN:
        yield f"    ({len(told) - _LINES_SHOWN} more lines are left out)"
    if finding.fix:
        yield from _wrapped(f"fix: {one_line(finding.fix)}", "    ", width)


def _wrapped(line: str, indent: str, width: int) -> list[str]:
    """Return ``line`` indented; what starts with a space is code or output, and stays as it is."""
    if not width or line[:1].isspace() or len(indent) + len(line) <= width:
        return [f"{indent}{line}".rstrip()]
    return textwrap.wrap(
        line,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _command(argv: Sequence[str]) -> str:
    return _cut(command_text(argv), _LENGTH_SHOWN)


def _cut(text: str, longest: int) -> str:
    flat = one_line(text)
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"
