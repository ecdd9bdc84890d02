"""A model's edits landed on a tree, and what became of each."""

from dataclasses import dataclass

from validators.patch import Landing, parse
from validators.verdict import Finding
from workflows.proposal import EditReport
from workflows.working_tree import WorkingTree

_MAX_PROSE = 4_000


@dataclass(frozen=True, slots=True)
class Landed:
    """What an attempt made of its tree. ``reports`` are about the reply that ended it.

    Its edits land all together or not at all; ``by_calls`` landed before it, each call for itself.
    Of a reply that ``was_cut_off`` at its length limit nothing is landed.
    """

    tree: str
    reports: tuple[EditReport, ...]
    prose: str
    was_cut_off: bool = False
    by_calls: tuple[EditReport, ...] = ()

    @property
    def edits(self) -> tuple[EditReport, ...]:
        """What became of every edit, in the order they were asked for."""
        return (*self.by_calls, *self.reports)

    @property
    def is_whole(self) -> bool:
        """Whether nothing that the author meant to change is missing."""
        return not self.was_cut_off and all(report.landed for report in self.reports)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why nothing landed, as findings; empty when something did."""
        rejected = tuple(
            Finding("edits", report.how, "block", report.message or report.how, report.path)
            for report in self.reports
            if not report.landed
        )
        code, why = "no-edits", "the reply held no edit that changes a file"
        if self.was_cut_off:
            code, why = "cut-off", "the reply was cut off at its length limit"
        elif self.edits:
            why = "the files already are as the edits leave them"
        return rejected or (Finding("edits", code, "block", why),)


def land_reply(working: WorkingTree, text: str) -> Landed:
    """Land the edits in ``text``, all of them or none; nothing lands by guess.

    DiskRefusal where the result cannot be written: that says nothing about the edits.
    """
    patch = parse(text)
    reports = reports_of(working.land(patch))
    return Landed(working.written(), reports, shortened(patch.prose))


def reports_of(landing: Landing) -> tuple[EditReport, ...]:
    """Return what became of each edit of a landing, as an attempt keeps it."""
    return tuple(
        EditReport(edit.path, landed=True, how=edit.how) for edit in landing.landed
    ) + tuple(
        EditReport(edit.path, landed=False, how=edit.reason, message=edit.message)
        for edit in landing.rejected
    )


def shortened(prose: str) -> str:
    """Return the author's own account, as long as an attempt keeps it."""
    return prose.strip()[:_MAX_PROSE]
