"""Files that another campaign's pull request changes already, until people have decided on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from bot.campaigns.open_requests import OpenRequests
from bot.campaigns.opening import begun, others
from workflows.board import Board
from workflows.campaign import Campaign, Target
from workflows.ports import Journal

# By repository and path: the number of a pull request, and the campaign whose it is.
Taken = dict[str, dict[str, tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class InHand:
    """The files of other campaigns of this journal, looked up when first asked for."""

    taken: Callable[[], Taken]
    requests: OpenRequests

    def met(self, target: Target, paths: Sequence[str]) -> str:
        """Return why a change of ``paths`` has to wait, or ""."""
        known = self.taken().get(target.repository, {})
        for path in paths:
            number, campaign = known.get(path, (0, ""))
            # Its own campaign learns of a decision only when that is published again.
            if number and self.requests.is_open(target, number):
                return (
                    f"{path} is in pull request {number} of campaign {campaign} already, which"
                    " waits for a person; decide on it first"
                )
        return ""


def in_hand(campaign: Campaign, journal: Journal, requests: OpenRequests) -> InHand:
    """Return what every campaign but this one has in hand."""
    return InHand(cache(lambda: _taken(campaign, journal)), requests)


def _taken(ours: Campaign, journal: Journal) -> Taken:
    taken: Taken = {}
    for key in others(journal, ours.key):
        campaign, _ = begun(journal, key)
        if campaign.name == ours.name:
            continue  # an earlier form of this one, whose pull requests are brought up to date
        board = Board(journal, campaign)
        board.refresh()
        for target in campaign.targets:
            standing = board.standings[target.key]
            if standing.state == "published":
                held = (standing.pull_request, campaign.name or key)
                taken.setdefault(target.repository, {}).update(dict.fromkeys(target.paths, held))
    return taken
