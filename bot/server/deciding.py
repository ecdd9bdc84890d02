"""What a person does to a proposal, the same for pages whatever forge it is on."""

from dataclasses import dataclass
from typing import Protocol

from workflows.pull_request import PullRequest, Seen
from workflows.review import RejectionKind, ReviewVerdict
from workflows.threads import Side


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided; ``kind`` counts for a rejection, ``merge`` for an acceptance."""

    number: int
    verdict: ReviewVerdict
    words: str
    kind: RejectionKind = "other"
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person saw of a thread when they spoke in it; ``turns`` counts what was said."""

    number: int
    thread: str
    turns: int


class Decider(Protocol):
    """Acts on the forge as a person. ``may_accept`` is False where the forge's own page does that.

    ``Overtaken`` is raised, and nothing done, where things are not any more as they were seen.
    """

    may_accept: bool

    def decide(self, decision: Decision, reviewer: str, seen: Seen) -> PullRequest:
        """Keep a decision, in the name of ``reviewer`` where the forge does not know who it is."""
        ...

    def comment(
        self, number: int, place: tuple[str, int, Side], words: str, reviewer: str, head: str
    ) -> str:
        """Begin a thread at path, line and side of ``head``; return where the page then has it."""
        ...

    def reply(self, turn: Turn, words: str, reviewer: str) -> None:
        """Say something in a thread."""
        ...

    def resolve(self, turn: Turn) -> None:
        """Mark a thread as dealt with."""
        ...
