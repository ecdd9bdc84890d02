"""What one job hands to the next, in files: how a run ended, whether it held, what was published.

Whoever reads one believes nothing of it: each names its run, and a reader knows which it expects.
`workflows.admit` has what all of them follow from.
"""

from dataclasses import dataclass
from typing import Literal

from scoping.refusal import Refusal
from validators.verdict import VerdictWord
from workflows.run import RunState

MAX_TAIL = 4_000

PublicationState = Literal[
    "published",  # a pull request is open
    "answered",  # every change asked for was answered in words alone
    "branch-only",  # unfinished work stands on our branch
    "stale-base",  # what the change touches moved meanwhile
    "refused",  # the bundle, or the forge, did not allow it
    "cancelled",  # a person stopped it
    "nothing",  # there was nothing to publish
]


class HandoverRefusal(Refusal):
    """A file between two jobs is not what it must be: which, and what to do."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended. ``code`` names the finding that decided, ``tail`` is its own output.

    ``bundle`` is the name of the file beside it, or "". It is written last, so that a job that left
    none died.
    """

    run: str
    state: RunState
    verdict: VerdictWord
    why: str
    code: str = ""
    tail: str = ""
    usd: float = 0.0
    tokens: int = 0
    bundle: str = ""
    format: Literal["changewright-outcome/1"] = "changewright-outcome/1"


@dataclass(frozen=True, slots=True)
class BundleVerification:
    """Whether another machine came to the same; ``differences`` are lines for a person."""

    run: str
    same: bool
    differences: tuple[str, ...] = ()
    format: Literal["changewright-verification/1"] = "changewright-verification/1"


@dataclass(frozen=True, slots=True)
class Publication:
    """What stands on the forge now. ``number`` is 0 without a pull request.

    Of a revision's ``threads`` so many were ``answered``.
    ``may_start_again`` says that the same may be tried on the present base.
    """

    run: str
    state: PublicationState
    why: str = ""
    number: int = 0
    url: str = ""
    branch: str = ""
    head: str = ""
    may_start_again: bool = False
    threads: int = 0
    answered: int = 0
    format: Literal["changewright-publication/1"] = "changewright-publication/1"
