"""What publishing works with, and how it may end: the nouns around `publish`."""

from collections.abc import Callable
from dataclasses import dataclass

from validators.checkout import Clone
from validators.rules import Rules
from workflows.branching import BRANCH_TEMPLATE
from workflows.hosted import Hosted
from workflows.ports import Forge, ForgeRefusal, Journal
from workflows.pull_request import PullRequest
from workflows.run import Entry
from workflows.stale import Base


@dataclass(frozen=True, slots=True)
class Press:
    """What publishing works with: our clone at the bundle's base, the forge and the journal.

    A pull request is opened as a ``draft``, with ``labels`` and ``reviewers`` to be asked, from a
    branch named by ``branch_template``. ``hosted`` is what a forge with people on it needs beside.
    """

    clone: Clone
    rules: Rules
    forge: Forge
    journal: Journal
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = True
    observe: Callable[[Entry], None] = lambda _: None
    branch_template: str = BRANCH_TEMPLATE
    hosted: Hosted | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Where a bundle stands now; unfinished work has a branch and no pull request.

    ``notes`` are sentences about what was left undone.
    """

    branch: str
    head: str
    pull_request: PullRequest | None
    notes: tuple[str, ...] = ()


class ForgeBusy(ForgeRefusal):
    """The forge takes no more requests for now, whatever they are about: until when."""


class AlreadyOpen(ForgeRefusal):
    """Another run's pull request for the same task waits for a person: which, and what to do."""


class StaleBase(ForgeRefusal):
    """The base branch has left the commit that was gated, and where: nothing was published."""

    def __init__(self, message: str, base: Base) -> None:
        super().__init__(message)
        self.base = base
