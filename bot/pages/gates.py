"""What the gates found, as text for a terminal and as the documented JSON document."""

from typing import Any

from bot.console import one_line
from bot.pages.pull_request import command_text, side_text
from validators.evidence import Evidence, Side
from validators.verdict import Finding, Verdict

_TESTS_SHOWN = 20


def gate_text(verdict: Verdict, evidence: Evidence) -> str:
    """Return the verdict, a line per gate, the tests that changed sides and the findings."""
    lines = [f"verdict: {verdict.word}"]
    for gate in evidence.gates:
        lines.append(
            f"  {one_line(gate.name):<12} {gate.outcome:<14} base: {side_text(gate.base)};"
            f" patched: {side_text(gate.patched)}   [{one_line(command_text(gate.command))}]"
        )
        if not gate.required:
            lines.append("    off by config: it reports, and blocks nothing")
        for words, tests in (
            ("red -> green", gate.fail_to_pass),
            ("GREEN -> RED", gate.pass_to_fail),
            ("MISSING", gate.missing),
        ):
            lines += [f"    {words}  {one_line(test)}" for test in tests[:_TESTS_SHOWN]]
            if len(tests) > _TESTS_SHOWN:
                lines.append(f"    {words}  and {len(tests) - _TESTS_SHOWN} more")
    lines += [line for finding in verdict.findings for line in _finding_lines(finding)]
    held = ", ".join(sorted(evidence.guarantees)) or "nothing"
    lines.append(f"sandbox {evidence.backend or 'not used'}, holding {held}")
    lines.append(f"evidence sha256:{evidence.sha256}")
    return "\n".join(lines)


def gate_document(verdict: Verdict, evidence: Evidence) -> dict[str, Any]:
    """Return the document that ``gate --json`` prints."""
    gates = evidence.gates
    return {
        "verdict": verdict.word,
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
        },
        "findings": verdict.findings,
        "sandbox": {"backend": evidence.backend, "guarantees": sorted(evidence.guarantees)},
        "evidence": f"sha256:{evidence.sha256}",
    }


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


def _finding_lines(finding: Finding) -> list[str]:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    head = f"- [{finding.severity}] {finding.gate}/{finding.code} {place}".rstrip()
    lines = [one_line(head)]
    lines += [f"    {line}" for line in finding.message.strip().splitlines()[:40]]
    if finding.fix:
        lines.append(f"    fix: {one_line(finding.fix)}")
    return lines
