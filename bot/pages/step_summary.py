"""What the gates found, as Markdown for the summary page of a CI's step."""

from bot.console import redacted
from bot.pages.gate_section import gate_section
from bot.pages.markdown import render
from validators.evidence import Evidence
from validators.evidence_statement import statement_of
from validators.verdict import Finding, Verdict

# GitHub refuses summaries over 1 MiB. How much is shown: rows of each table, tests of each kind for
# a gate. The next is tried when all of that is too long; the last fits whatever there is.
_MAX_BYTES = 1_000_000
_BOUNDS = ((100, 50), (25, 10), (5, 3))


def summary_text(verdict: Verdict, evidence: Evidence) -> str:
    """Return the verdict, its findings and the gates; strangers' words are inert in it."""
    sha256 = statement_of(evidence, verdict.word).sha256
    shown = ""
    for rows, tests in _BOUNDS:
        values = {
            "verdict": verdict.word,
            "findings": verdict.findings,
            "rows": rows,
            "place": _place,
            "first_line": _first_line,
            "gates": gate_section(evidence, verdict.word, sha256, rows, tests),
        }
        shown = redacted(render("step_summary.md.j2", values))
        if len(shown.encode()) <= _MAX_BYTES:
            break
    return shown


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line else finding.path


def _first_line(message: str) -> str:
    return next(iter(message.strip().splitlines()), "")
