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
    """A pull request as the forge knows it. ``url`` is where a person finds it."""

    number: int
    draft: PullRequestDraft
    head: str
    state: PullRequestState
    url: str
    created: str
    reviews: tuple[Review, ...] = ()
