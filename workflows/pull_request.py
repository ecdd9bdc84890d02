"""What a forge is given and what it keeps: the nouns of the Forge port."""

from dataclasses import dataclass
from typing import Literal

from workflows.review import Review

PullRequestState = Literal["open", "closed", "merged"]


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit to make: exact trees, so that the same bundle makes the same commit anywhere.

    ``pack`` is a git pack with every object the commit needs beside those of ``parent``, which is
    empty for the first commit of a branch, and of ``merged``, further parents that the forge has.
    """

    sha: str
    parent: str
    tree: str
    pack: bytes
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRequestDraft:
    """What a pull request is opened or updated with. ``key``: one task, one request."""

    key: str
    branch: str
    base_branch: str
    base_commit: str
    title: str
    body: str
    run: str
    bundle_sha256: str
    draft: bool = True
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge knows it. ``url`` is where a person finds it.

    ``ended`` is when it was merged or closed (UTC ISO 8601), ``merge_commit`` what a merge made of
    it on the base branch; each is empty where that has not been, or the forge does not know. It
    ``is_foreign`` when its head is a branch of another repository, and ``is_unmarked`` when we
    opened it and its text does not say any more what for.
    """

    number: int
    draft: PullRequestDraft
    head: str
    state: PullRequestState
    url: str
    created: str
    reviews: tuple[Review, ...] = ()
    ended: str = ""
    merge_commit: str = ""
    is_foreign: bool = False
    is_unmarked: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether a run of ours made it, as only the forge can know."""
        return bool(self.draft.key and self.draft.run)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person had before their eyes when they decided; ``reviews`` counts them."""

    head: str
    state: PullRequestState
    reviews: int

    @classmethod
    def of(cls, pull_request: PullRequest) -> "Seen":
        """Return what who looks at ``pull_request`` now sees."""
        return cls(pull_request.head, pull_request.state, len(pull_request.reviews))
