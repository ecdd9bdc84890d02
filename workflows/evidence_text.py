"""What gates found, as lines of plain text for a model that judges a change."""

from collections.abc import Iterator

from validators.evidence import Evidence, GateRecord, Side
from validators.verdict import Verdict

# Of tests of a kind, of lines of a file, of findings.
_MAX_SHOWN = 20


def found_text(verdict: Verdict, evidence: Evidence) -> str:
    """Return the gates, the tests that differ, the lines no test runs and the findings."""
    return "\n".join(_found(verdict, evidence))


def _found(verdict: Verdict, evidence: Evidence) -> Iterator[str]:
    yield f"verdict {verdict.word}, judged as {evidence.kind}"
    for gate in evidence.gates:
        yield (
            f"gate {gate.name} ({gate.kind}): base {_side(gate.base)};"
            f" change {_side(gate.patched)}; outcome {gate.outcome}"
        )
        yield from _tests(gate)
    for one in evidence.coverage or ():
        if one.uncovered:
            lines = ", ".join(str(line) for line in one.uncovered[:_MAX_SHOWN])
            yield f"no test runs these changed lines of {one.path}: {lines}"
    for finding in verdict.findings[:_MAX_SHOWN]:
        place = f" {finding.path}:{finding.line}" if finding.path else ""
        yield f"{finding.severity} {finding.gate}/{finding.code}{place}: {finding.message}"


def _side(side: Side | None) -> str:
    if side is None:
        return "not run"
    counts = f", {side.count('passed')} passed, {side.count('failed', 'error')} failed"
    return f"{side.ended}, exit {side.exit_code}{counts if side.outcomes else ''}"


def _tests(gate: GateRecord) -> Iterator[str]:
    groups = (
        ("failed on the base and passes now", gate.fail_to_pass),
        ("new", gate.new),
        ("gone", gate.missing),
        ("flips on the base, too", gate.flaky),
    )
    for words, tests in groups:
        yield from (f"  {words}: {test}" for test in tests[:_MAX_SHOWN])
        if len(tests) > _MAX_SHOWN:
            yield f"  {words}: {len(tests) - _MAX_SHOWN} more"
