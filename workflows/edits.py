"""A model's reply landed on a tree, and what became of each edit."""

from dataclasses import dataclass

from scoping.grammars import Parser
from scoping.refusal import Refusal
from validators.checkout import Clone, read_file, write_tree
from validators.disk import DiskRefusal, disk_trouble
from validators.patch import land, parse
from validators.verdict import Finding
from workflows.proposal import EditReport

_MAX_PROSE = 4_000


@dataclass(frozen=True, slots=True)
class Landed:
    """The tree after a reply: the one before it, unless every edit landed.

    Of a reply that ``was_cut_off`` at its length limit nothing is landed.
    """

    tree: str
    reports: tuple[EditReport, ...]
    prose: str
    was_cut_off: bool = False

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
        elif self.reports:
            why = "the files already are as the edits leave them"
        return rejected or (Finding("edits", code, "block", why),)


def land_reply(clone: Clone, tree: str, text: str) -> Landed:
    """Land the edits in ``text`` on ``tree``, all of them or none; nothing lands by guess.

    DiskRefusal where the result cannot be written: that says nothing about the edits.
    """
    patch = parse(text)
    with Parser() as parser:
        landing = land(patch, lambda path: read_file(clone, tree, path), parser.count_errors)
    reports = tuple(
        EditReport(edit.path, landed=True, how=edit.how) for edit in landing.landed
    ) + tuple(
        EditReport(edit.path, landed=False, how=edit.reason, message=edit.message)
        for edit in landing.rejected
    )
    try:
        applied = write_tree(clone, tree, landing.files) if landing.files else tree
    except (OSError, Refusal) as error:
        trouble = disk_trouble(error)
        if not trouble:
            raise
        raise DiskRefusal(
            f"the edits of a reply could not be written: {trouble}; free space on the disk of the"
            " state directory, then go on with `changewright resume`"
        ) from error
    return Landed(applied, reports, patch.prose.strip()[:_MAX_PROSE])
