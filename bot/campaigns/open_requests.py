"""The pull requests of a campaign: which are open, and what people decided on the others.

An open one is known by the key of its task, whichever form of the campaign made it: one whose steps
were changed since is the same campaign.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.forge_access import AccessRefusal
from bot.wiring import Bench
from scoping.refusal import Refusal
from workflows.campaign import Target
from workflows.press import ForgeBusy
from workflows.pull_request import PullRequest
from workflows.task import campaign_of

Decided = Literal["merged", "closed"]
_DECIDED: dict[str, Decided] = {"merged": "merged", "closed": "closed"}


# What is refused to one is refused to every other, and is not asked again and again.
FOR_ALL = (AccessRefusal, ForgeBusy)


class OutOfReach(Refusal):
    """A repository's forge cannot be asked: why. The others can."""


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """What is open on each repository's forge; each is listed once, and refused once."""

    open_bench: Callable[[Target], Bench]
    _open: dict[str, dict[int, str]] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)

    def open_on(self, target: Target) -> dict[int, str]:
        """Return the open ones of a target's repository, by number with the keys of their tasks.

        Raises OutOfReach where they cannot be listed, and one of ``FOR_ALL`` where none can.
        """
        place = target.repository
        if place in self._refused:
            raise OutOfReach(self._refused[place])
        if place not in self._open:
            try:
                listed = self.open_bench(target).forge.pull_requests("open", reviewed=False)
            except FOR_ALL:
                raise
            except Refusal as refusal:
                self._refused[place] = str(refusal)
                raise OutOfReach(str(refusal)) from refusal
            self._open[place] = {one.number: one.draft.key for one in listed}
        return self._open[place]

    def add(self, target: Target, made: PullRequest) -> None:
        """Count one that was opened, or brought up to date, just now."""
        if made.state == "open":
            self._open[target.repository][made.number] = made.draft.key

    def waiting(self, campaign: str) -> int:
        """Return how many of a campaign are open in the repositories that were asked so far."""
        keys = (key for found in self._open.values() for key in found.values())
        return sum(1 for key in keys if campaign_of(key) == campaign)

    def is_open(self, target: Target, number: int) -> bool:
        """Whether a pull request of a target's repository waits for a person."""
        return number in self.open_on(target)

    def decided(self, target: Target, number: int) -> tuple[Decided, PullRequest] | None:
        """Return what people decided on a pull request, or None while it waits."""
        if self.is_open(target, number):
            return None
        # A list may be some seconds old; what is asked by its number is not.
        found = self.open_bench(target).forge.pull_request(number)
        step = _DECIDED.get(found.state)
        if step is None:
            self.add(target, found)
            return None
        return step, found
