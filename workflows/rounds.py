"""How often one pull request is worked on after its first proposal, and for how much money."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoping.refusal import Refusal

if TYPE_CHECKING:  # settings know the limits alone, and every command reads settings
    from workflows.run_facts import RunFacts


class RoundsRefusal(Refusal):
    """A pull request is not revised once more: which limit is reached, and what to do."""


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """How many runs may revise one pull request, and what all runs about it may cost together.

    ``usd`` is None where only the other caps hold.
    """

    most: int = 5
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Rounds:
    """What a pull request has had: ``count`` revisions, and ``usd`` over all runs about it."""

    count: int
    usd: float

    def objection(self, limits: RoundLimits) -> str:
        """Return why there is no further round, for the people who asked for one, or ""."""
        if self.count >= limits.most:
            times = "once" if self.count == 1 else f"{self.count} times"
            return (
                f"this pull request was revised {times} already, which is as often as"
                " `pr.max_rounds` allows; finish it by hand, close it, or raise that limit"
            )
        if limits.usd is not None and self.usd >= limits.usd:
            return (
                f"${self.usd:.2f} were spent on this pull request, and `pr.max_usd` allows"
                f" ${limits.usd:.2f}; finish it by hand, close it, or raise that limit"
            )
        return ""

    def left_usd(self, limits: RoundLimits) -> float | None:
        """Return what the next round may cost at most, or None where nothing bounds it here."""
        return None if limits.usd is None else limits.usd - self.usd


def rounds_of(number: int, facts: "Iterable[RunFacts]") -> Rounds:
    """Return what pull request ``number`` has had, by what is known of all runs."""
    known = list(facts)
    revisions = [one for one in known if one.revises == number]
    about = [one for one in known if number in {one.revises, one.number}]
    return Rounds(len(revisions), sum(one.usd for one in about))
