"""Progress comments that were left open: the next request ends those that nobody else will.

Where a machine was lost with its job settle, or a forge did not answer it, a comment says for ever
that somebody works. One whose workflow run is still under way is left to that run's own settle, so
that no comment ever comes to two ends.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.action.issue_forge import IssueForge
from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.pages.settlement import Links, is_working, settled_text
from workflows.admission import Admission
from workflows.ports import ForgeRefusal
from workflows.settle import Settlement
from workflows.tracker import IssueComment

_PROGRESS = re.compile(r"<!-- changewright:(progress-[0-9a-f]{16}-([0-9]{1,20})) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class _Open:
    """A comment that still says that somebody works; ``workflow_run`` is where that was."""

    comment: int
    key: str
    workflow_run: str


def end_what_was_left_open(
    admission: Admission, around: Surroundings, forge: IssueForge, summary: Summary
) -> None:
    """End the older progress comments of the issue whose workflow runs are over.

    What the forge does not let us end is told in the summary: the present request goes on.
    """
    try:
        for left in _left_open(forge.comments(admission.issue), admission.progress_id):
            if left.workflow_run == around.delivery or forge.is_under_way(left.workflow_run):
                continue
            forge.say(admission.issue, _superseded(left, admission, around), left.key)
            summary.say(f"Comment {left.comment} was left open; it is ended as superseded.")
    except ForgeRefusal as refusal:
        summary.say(f"An older comment that was left open could not be ended: {refusal}")


def who_works_on(admission: Admission, around: Surroundings, forge: IssueForge) -> str:
    """Return why a pull request is not revised twice at once, or "" where nobody else is at it.

    Who announced it first works on it; one that has not announced itself comes after all.
    """
    if admission.follow_up is None:
        return ""
    before = admission.progress_id or sys.maxsize
    for left in _left_open(forge.comments(admission.issue), before):
        if left.workflow_run != around.delivery and forge.is_under_way(left.workflow_run):
            page = around.page_of(left.workflow_run)
            return f"another run is at this pull request ({page})"
    return ""


def _left_open(comments: Sequence[IssueComment], before: int) -> Iterator[_Open]:
    for comment in comments:
        mark = _PROGRESS.search(comment.body)
        if mark and comment.is_ours and comment.id < before and is_working(comment.body):
            yield _Open(comment.id, mark[1], mark[2])


def _superseded(left: _Open, admission: Admission, around: Surroundings) -> str:
    why = (
        f"superseded by run {admission.run}, which {admission.sender} asked for; this one ended"
        " before it could say how"
    )
    return settled_text(
        Settlement("cancelled", why), None, None, Links(around.page_of(left.workflow_run))
    )
