"""One repair of a check that is red on a branch of ours and green on its base; else why not."""

from collections.abc import Sequence

from validators.clones.ancestry import first_parents
from workflows.admission import FollowUp
from workflows.check_results import Cause, RedCheck, red_checks
from workflows.occasion import Declined
from workflows.pull_request import PullRequest
from workflows.reception import Reception
from workflows.standing import Standing
from workflows.tracker import CheckResult

_LOOKED_AT = 10
_SHOWN = 5
_LEAVES: dict[Cause, str] = {
    "base": "red on the base branch as well",
    "flaky": "red and green by turns in the history of the base branch",
    "unknown": "never run on the base branch, so that nobody knows whether it is green there",
}


def repair_of(request: PullRequest, standing: Standing, desk: Reception) -> FollowUp | Declined:
    """Return what is to be mended, with the end of its log; or what people are told instead."""
    if not standing.is_on_top:
        return Declined("people have committed to the branch: its checks are theirs to look at")
    base = first_parents(desk.own(), standing.base_commit, _LOOKED_AT)
    history = [_others(one.sha, desk) for one in base]
    red = red_checks(_others(request.head, desk), history)
    if not red:
        return Declined("no check is red on this commit any more")
    mended = next((one.check for one in red if one.cause == "ours"), None)
    if mended is None:
        return Declined(_not_ours(red), is_told=True, place=request.number, topic="checks")
    log = desk.tracker.check_log(mended) or mended.summary
    return FollowUp(
        branch=request.draft.branch,
        head=request.head,
        run=request.draft.run,
        number=standing.number,
        is_for_pull_request=standing.is_for_pull_request,
        since=standing.since,
        check=mended.name,
        log=log,
    )


def _others(commit: str, desk: Reception) -> Sequence[CheckResult]:
    """Return the checks beside a commit that are no jobs of ours: those no change can mend."""
    found = desk.tracker.check_results(commit)
    return [one for one in found if not one.workflow or one.workflow != desk.workflow]


def _not_ours(red: Sequence[RedCheck]) -> str:
    causes = [f"{one.check.name!r} is {_LEAVES[one.cause]}" for one in red if one.cause != "ours"]
    shown, more = "; ".join(causes[:_SHOWN]), len(causes) - _SHOWN
    rest = f"; and {more} more" if more > 0 else ""
    return f"checks are red here, and nothing is repaired for it: {shown}{rest}"
