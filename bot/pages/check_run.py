"""What stands beside the commit on a forge: the verdict, and each finding at its line."""

from collections.abc import Sequence

from bot.console import printable, redacted
from bot.pages.markdown import Markdown, render
from validators.evidence import Evidence
from validators.verdict import Finding, Severity
from workflows.proposal import Proposal
from workflows.tracker import Annotation, AnnotationLevel, CheckConclusion, CheckRun

NAME = "changewright"
# The forge takes 64 KB of each, and a person reads less.
_MOST_ANNOTATIONS = 100
_MOST_WORDS = 2_000
_MOST_TITLE = 200
_ROWS = 25
_LEVELS: dict[Severity, AnnotationLevel] = {
    "block": "failure",
    "ask": "warning",
    "warn": "warning",
    "note": "notice",
}


def check_run_of(proposal: Proposal, evidence: Evidence | None, details_url: str) -> CheckRun:
    """Return the check run of a proposal; a person's decision is never anticipated by it."""
    verdict = proposal.verdict
    found = (*verdict.findings, *(evidence.findings if evidence else ()), *proposal.remarks)
    findings = tuple(dict.fromkeys(found))
    asks = sum(finding.severity == "ask" for finding in findings)
    conclusion: CheckConclusion = "neutral" if asks or not verdict.passed else "success"
    title = "every required gate passed, and nothing else got worse"
    if not verdict.may_be_shown:
        conclusion, title = "failure", f"the gates say: {verdict.word}"
    elif asks:
        title = f"the gates passed; a person must decide {asks} thing{'s' * (asks != 1)}"
    elif not verdict.passed:
        title = "what failed here fails now and then on the base as well"
    at_lines = [finding for finding in findings if finding.path]
    summary = render(
        "check_run.md.j2",
        {
            "run": Markdown(proposal.run),
            "elsewhere": [finding for finding in findings if not finding.path][:_ROWS],
            "left_out": max(0, len(at_lines) - _MOST_ANNOTATIONS),
        },
    )
    return CheckRun(NAME, conclusion, title, summary, _annotations(at_lines), details_url)


def _annotations(findings: Sequence[Finding]) -> tuple[Annotation, ...]:
    """Return findings at their lines, the gravest first; the forge shows their words as typed."""
    gravity = list(_LEVELS)
    ordered = sorted(findings, key=lambda finding: gravity.index(finding.severity))
    return tuple(_annotation(finding) for finding in ordered[:_MOST_ANNOTATIONS])


def _annotation(finding: Finding) -> Annotation:
    line = max(finding.line, 1)
    words = finding.message.strip() or finding.code
    if finding.fix:
        words += f"\n{finding.fix}"
    return Annotation(
        _sendable(finding.path),
        line,
        line,
        _LEVELS[finding.severity],
        _shown(words)[:_MOST_WORDS],
        _shown(f"{finding.gate}: {finding.code}")[:_MOST_TITLE],
    )


def _shown(text: str) -> str:
    return printable(redacted(_sendable(text)))


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
