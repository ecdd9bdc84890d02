"""A person's decision on a proposal."""

from dataclasses import dataclass
from typing import Literal

ReviewVerdict = Literal["accepted", "rejected", "changes-requested"]
RejectionKind = Literal[
    "wrong", "incomplete", "too-large", "not-wanted", "duplicate", "style", "other"
]


@dataclass(frozen=True, slots=True)
class Comment:
    """Words about one line of the proposal; ``line`` 0 is the whole file, empty path the whole."""

    body: str
    path: str = ""
    line: int = 0
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """One decision. ``verified`` says whether the forge vouches for who ``reviewer`` is.

    On the local forge nobody does: the name is *claimed*, and shown so.
    """

    pull_request: int
    verdict: ReviewVerdict
    reviewer: str
    words: str
    at: str
    kind: RejectionKind = "other"
    verified: bool = False
    comments: tuple[Comment, ...] = ()
    merged: bool = False
