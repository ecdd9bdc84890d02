"""How a pull request of ours stands: what it is for, who worked on it, and whether it merges."""

import re
from dataclasses import dataclass

from validators.clones.ancestry import first_parents
from validators.clones.merged_tree import merged
from workflows.continuing import MOST_COMMITS, is_ours
from workflows.occasion import Declined
from workflows.pull_request import PullRequest
from workflows.reception import Reception, latest

_KEY = re.compile(r"(issue|pull)-([1-9][0-9]{0,9})")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What a revision begins with. ``base_commit`` is where the base branch is now.

    What stands there was ``made`` by a run that began then; that, or answers since, deals with what
    reviews asked until ``since``. It ``is_on_top`` when nobody committed after. ``number`` is the
    issue's that it is for, or the pull request's.
    """

    number: str
    is_for_pull_request: bool
    base_commit: str
    made: str
    since: str
    is_on_top: bool


def standing_of(request: PullRequest, desk: Reception) -> Standing | Declined:
    """Return how ``request`` stands, or why it cannot be gone on with."""
    key = _KEY.fullmatch(request.draft.key)
    if key is None:
        return _told(request, "it was not made for an issue here; close it, and label an issue")
    git_dir, branch, base = desk.own(), request.draft.branch, request.draft.base_branch
    head = desk.forge.fetch_branch(branch, git_dir)
    base_head = desk.forge.fetch_branch(base, git_dir)
    if head is None or base_head is None:
        return _told(request, f"branch {branch if head is None else base} is not there any more")
    if head != request.head:
        return Declined(f"branch {branch} is being pushed to; the next review is about that")
    line = list(first_parents(git_dir, head, MOST_COMMITS, base_head))
    ours = next((one for one in line if is_ours(one)), None)
    if ours is None:
        return _told(request, f"branch {branch} holds no commit of ours any more: it is yours now")
    conflicts = merged(git_dir, base_head, head).conflicts
    if conflicts:
        shown = ", ".join(repr(path) for path in conflicts[:_SHOWN])
        more = f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
        return _told(
            request,
            f"it conflicts with {base} in {shown}{more}, and which side is right is for a person"
            f" to say: merge {base} into {branch}, then ask again",
        )
    since = _heard(request, desk, ours.at)
    return Standing(key[2], key[1] == "pull", base_head, ours.at, since, ours.sha == head)


def _heard(request: PullRequest, desk: Reception, made: str) -> str:
    """Return until when the reviews have been worked on whose revisions or answers stand there.

    A run was told of them before it began, which is the moment that its commit bears. One that only
    answered left no commit, also where all it said is that no change is needed.
    """
    about = [one for one in desk.facts() if one.revises == request.number]
    stands = next((one.heard for one in about if one.run == request.draft.run), "") or made
    return latest(stands, *(one.heard for one in about if one.answered))


def _told(request: PullRequest, why: str) -> Declined:
    return Declined(why, is_told=True, place=request.number)
