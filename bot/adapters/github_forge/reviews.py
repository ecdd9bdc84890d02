"""Decisions on a pull request: those people gave on GitHub, and those we were told of elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from bot.adapters.github_forge import answers, marker
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.faults import Answered
from workflows.review import Comment, Review, ReviewVerdict
from workflows.tracker import IssueComment, Role

# Anybody may review in a public repository; these belong to it. What each may do, the role says.
_MEMBERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_STRANGERS: frozenset[Role] = frozenset({"read", "none"})
_VERDICTS: dict[str, ReviewVerdict] = {
    "APPROVED": "accepted",
    "CHANGES_REQUESTED": "changes-requested",
}
_KIND = "review"


def reviews_on(client: Client, number: int, role: Callable[[str], Role]) -> tuple[Review, ...]:
    """Return what members decided on GitHub itself, oldest first; GitHub vouches for who it was.

    ``role`` says what somebody may do of whom GitHub does not say that they belong here: who hides
    that they are in an organization is a contributor, or nobody, to a workflow's own token.
    """

    @cache
    def has_role(login: str) -> bool:
        try:
            return role(login) not in _STRANGERS
        except Answered:  # this token may not ask, and nobody has a right that was not seen
            return False

    found = [
        review
        for review in client.pages(f"pulls/{number}/reviews", answers.Review)
        if review.state in _VERDICTS
        and review.user
        and (review.author_association in _MEMBERS or has_role(review.user.login))
    ]
    if not found:
        return ()
    said = list(client.pages(f"pulls/{number}/comments", answers.ReviewComment))
    return tuple(_review(number, review, said) for review in found)


def recorded_in(comments: Iterable[IssueComment]) -> tuple[Review, ...]:
    """Return the decisions that our own comments keep; whose they were is claimed, not known."""
    found = (marker.revealed(_KIND, one.body, Review) for one in comments if one.is_ours)
    return tuple(replace(review, verified=False) for review in found if review is not None)


def record_of(review: Review) -> str:
    """Return the comment that keeps ``review``, for people and for `recorded_in`."""
    decided = {
        "accepted": "accepted this",
        "rejected": "rejected this",
        "changes-requested": "asked for changes",
    }[review.verdict]
    lines = [f"**{_inert(review.reviewer)}** {decided} through changewright."]
    if review.words:
        lines += ["", *(f"> {_inert(line)}" for line in review.words.splitlines())]
    return "\n".join([*lines, "", marker.hidden(_KIND, review)])


def _review(number: int, review: answers.Review, said: Sequence[answers.ReviewComment]) -> Review:
    comments = (
        Comment(one.body, one.path, one.line or 0)
        for one in said
        if one.pull_request_review_id == review.id
    )
    return Review(
        pull_request=number,
        verdict=_VERDICTS[review.state],
        reviewer=review.user.login if review.user else "",
        words=review.body or "",
        at=review.submitted_at,
        verified=True,
        comments=tuple(comments),
    )


def _inert(words: str) -> str:
    """Return ``words`` so that they call nobody, close nothing and hide nothing."""
    escaped = marker.broken(words).replace("<", "&lt;")
    return escaped.replace("@", "@\u2060").replace("#", "#\u2060")
