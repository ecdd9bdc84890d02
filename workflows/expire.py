"""Drafts of ours that nobody took up are closed after a while; what a person touched never is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from validators.clones.ancestry import first_parents
from workflows.continuing import is_ours
from workflows.ports import Forge
from workflows.pull_request import PullRequest


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a draft is too old; ``git_dir`` is a git directory of ours to look at branches in."""

    days: int
    now_iso: str
    git_dir: Path


def close_expired(forge: Forge, expiry: Expiry) -> Sequence[PullRequest]:
    """Close the drafts that stood untouched for too long and return them; branches are kept."""
    words = "day" if expiry.days == 1 else "days"
    why = (
        f"Nobody took up this draft for {expiry.days} {words} (`pr.expires`), so it is closed. Its"
        " branch is kept: open it again, or set the label on the issue once more."
    )
    return [
        forge.close_pull_request(one.number, why)
        for one in forge.pull_requests("open")
        if _is_forgotten(one, forge, expiry)
    ]


def _is_forgotten(request: PullRequest, forge: Forge, expiry: Expiry) -> bool:
    """Whether it is ours, still a draft, unreviewed, and its last commit ours and old."""
    draft = request.draft
    if not (draft.key and draft.run and draft.draft) or request.reviews:
        return False
    head = forge.fetch_branch(draft.branch, expiry.git_dir)
    if head is None or head != request.head:
        return False
    last = next(first_parents(expiry.git_dir, head, 1), None)
    if last is None or not is_ours(last):
        return False
    youngest = max(_moment(request.created), _moment(last.at))
    if _moment(expiry.now_iso) - youngest <= timedelta(days=expiry.days):
        return False
    said = (turn for thread in forge.threads(request.number) for turn in thread.comments)
    return all(turn.is_ours for turn in said)


def _moment(at_iso: str) -> datetime:
    found = datetime.fromisoformat(at_iso)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
