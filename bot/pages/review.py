"""A pull request as a terminal shows it: title, state, body, reviews, diff."""

from bot.console import one_line
from workflows.pull_request import PullRequest
from workflows.review import Review


def review_text(
    pull_request: PullRequest, diff: str, base_head: str | None, branch_head: str | None
) -> str:
    """Return everything a reviewer needs on one screen after the other.

    ``base_head`` and ``branch_head`` are where the base branch and that of the pull request stand
    now, None where there is none any more.
    """
    draft = pull_request.draft
    head = (
        f"#{pull_request.number} {one_line(draft.title)}\n"
        f"{pull_request.state}{' draft' if draft.draft else ''},"
        f" {draft.branch} -> {draft.base_branch} at {pull_request.head[:12]},"
        f" opened {pull_request.created}\n"
    )
    head += "".join(
        f"{words}: {one_line(', '.join(names))}\n"
        for words, names in (("labels", draft.labels), ("asked to review", draft.reviewers))
        if names
    )
    if pull_request.state == "open" and base_head != draft.base_commit:
        moved = f"is at {base_head[:12]} by now" if base_head else "is gone by now"
        head += f"behind: {draft.base_branch} {moved}; the gates ran on {draft.base_commit[:12]}\n"
    if pull_request.state == "open" and branch_head != pull_request.head:
        moved = f"is at {branch_head[:12]} by now" if branch_head else "is gone by now"
        head += f"not this: {draft.branch} {moved}; below is what was proposed and gated\n"
    parts = [head, draft.body.strip() + "\n"]
    if pull_request.reviews:
        parts.append("## Reviews\n")
        parts += [_line(review) for review in pull_request.reviews]
        parts.append("")
    parts += ["## Diff\n", diff.rstrip()]
    return "\n".join(parts)


def _line(review: Review) -> str:
    claimed = "" if review.verified else " (claimed)"
    merged = ", merged" if review.merged else ""
    kind = f" [{review.kind}]" if review.verdict == "rejected" else ""
    words = f": {review.words}" if review.words else ""
    return (
        f"- {review.at} {one_line(review.reviewer)}{claimed} {review.verdict}{kind}{merged}{words}"
    )
