"""What was found out about the change that a run ends with, the gravest first."""

from collections.abc import Iterable

from bot.pages.diff_html import Remarks
from validators.evidence import Evidence
from validators.verdict import Finding
from workflows.proposal import Bundle
from workflows.run_story import Story, Try


def evidence_of(story: Story, bundle: Bundle | None) -> Evidence | None:
    """Return the evidence of the attempt that is shown, from the bundle where blobs are gone."""
    last = story.shown
    known = last.attempt.evidence if last and last.attempt else None
    return known or (bundle.evidence if bundle and not bundle.partial else None)


def findings_of(
    last: Try | None, evidence: Evidence | None, bundle: Bundle | None
) -> tuple[Finding, ...]:
    """Return all that was found about what is shown, the gravest first."""
    gravity = ("block", "ask", "warn", "note")
    found = [
        *(last.attempt.verdict.findings if last and last.attempt else ()),
        *(evidence.findings if evidence else ()),
        *(bundle.proposal.remarks if bundle else ()),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: gravity.index(one.severity)))


def remarks_of(findings: Iterable[Finding], evidence: Evidence | None) -> dict[str, Remarks]:
    """Return what is known of lines, by path."""
    by_path: dict[str, dict[int, tuple[Finding, ...]]] = {}
    for one in findings:
        if one.path:
            lines = by_path.setdefault(one.path, {})
            lines[one.line] = (*lines.get(one.line, ()), one)
    unrun = {one.path: frozenset(one.uncovered) for one in (evidence and evidence.coverage) or ()}
    return {
        path: Remarks(by_path.get(path, {}), unrun.get(path, frozenset()))
        for path in {*by_path, *unrun}
    }
