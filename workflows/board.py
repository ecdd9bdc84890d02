"""How a campaign stands: a view over the journal, brought up to date as far as that has grown.

A worker asks it again under the journal's write lock before it claims a target, so that of two that
claim at once the second sees the first, and a pause, a cancel or a brake holds from the entry on
that says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from workflows.brake import Tally, tripped
from workflows.campaign import Campaign
from workflows.campaign_streams import CampaignStreams
from workflows.ledger import Followed
from workflows.run import Entry
from workflows.target_standing import ENDED, UNDER_WAY, TargetStanding, advanced, reopened

# More than there are workers that may be about to claim one.
_AT_ONCE = 256

HoldKind = Literal["paused", "cancelled", "brake", "budget"]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no further target may begin: who or what said so, in words for a person."""

    kind: HoldKind
    why: str


class Board:
    """Reads the whole journal once, then what was added.

    ``standings`` are by target, in the campaign's order; ``tally`` counts since the campaign last
    went on, and what it cost from its beginning, ``authoring`` what of that its program cost, which
    is kept at ``program``; ``claims`` how often a worker began a target.
    """

    def __init__(self, journal: Followed, campaign: Campaign) -> None:
        self.campaign = campaign
        self.standings: dict[str, TargetStanding] = {
            one.key: TargetStanding() for one in campaign.targets
        }
        self.tally, self.authoring = Tally(), Tally()
        self.program = ""
        self.claims = 0
        self._journal = journal
        self._position = 0
        self._stream = f"campaign-{campaign.key}"
        self._targets = {f"target-{key}": key for key in self.standings}
        self._open = dict.fromkeys(self.standings)
        self._under_way: dict[str, None] = {}
        self._scope = frozenset(self.standings)
        self._word: HoldKind | None = None
        self._why = ""
        self._tripped = self._spent = ""
        self._first_is_settled = False
        self._streams = CampaignStreams(campaign)

    def refresh(self) -> None:
        """Take in what the journal has got since the last time."""
        for entry in self._journal.follow(self._position):
            self._position = entry.position
            if run := self._streams.run_begun(entry):
                self.tally.include(run)
                if entry.run == self._streams.author:
                    self.authoring.include(run)
            if entry.run == self._stream:
                self._control(entry.event.kind, entry.event.data)
            elif entry.run == self._streams.author:
                self._note_author(entry.event.kind, entry.event.data)
            elif (key := self._targets.get(entry.run)) is not None:
                self._move(key, entry)
            else:
                self.tally.note(entry)
                self.authoring.note(entry)
            # A bound that was reached stays so, whatever the targets that still run come to.
            self._tripped = self._tripped or tripped(self.campaign.rollout.pause_at, self.tally)

    @property
    def under_way(self) -> tuple[str, ...]:
        """The targets that a worker has claimed and not ended, whether or not it still lives."""
        return tuple(self._under_way)

    @property
    def is_over(self) -> bool:
        """Whether nothing of what was asked for is left to begin or to wait for."""
        return not any(key in self._scope for key in chain(self._open, self._under_way))

    @property
    def in_scope(self) -> tuple[str, ...]:
        """The targets that were asked for, in order; all, unless a sample was."""
        return tuple(key for key in self.standings if key in self._scope)

    def hold(self) -> Hold | None:
        """Return why nothing may begin now, or None when something may."""
        if self._word:
            return Hold(self._word, self._why)
        why = self._tripped or self._first_failed()
        if why:
            return Hold("brake", why)
        if self._spent:
            return Hold("budget", self._spent)
        budget, tally = self.campaign.budget, self.tally
        if budget.usd is not None and tally.usd >= budget.usd:
            return Hold("budget", f"${tally.usd:.4f} of ${budget.usd:.2f} are spent")
        if budget.tokens is not None and tally.tokens >= budget.tokens:
            return Hold("budget", f"{tally.tokens} of {budget.tokens} tokens are used")
        return None

    def claimable(self) -> Iterator[str]:
        """Yield the targets that a worker may begin, in the campaign's order."""
        first = self._first()
        is_open = all(self.standings[key].state in ENDED for key in first)
        wanted = (key for key in self._open if key in self._scope and (is_open or key in first))
        # A part of them, because what is read meanwhile changes which there are.
        yield from tuple(islice(wanted, _AT_ONCE))

    def refused(self, key: str, workers: int) -> str:
        """Return why a worker may not claim ``key`` after all, or ""; for use under the lock."""
        self.refresh()
        if hold := self.hold():
            return hold.why
        others = sum(1 for one in self._under_way if one != key)
        if others >= workers:
            return f"{others} targets are worked on already"
        if self.standings[key].state in ENDED:
            return f"target {key} is {self.standings[key].state} already"
        return ""

    def _first(self) -> frozenset[str]:
        count = self.campaign.rollout.first
        if not count or len(self._scope) < len(self.standings):
            return frozenset()  # a sample is what goes first
        return frozenset(islice(self.standings, count))

    def _first_failed(self) -> str:
        """Return why the campaign does not go beyond its first targets."""
        if self._first_is_settled or not self.campaign.rollout.first:
            return ""
        standings = [self.standings[key] for key in self._first()]
        if not standings or any(one.state not in ENDED for one in standings):
            return ""
        failed = sum(1 for one in standings if one.state == "failed")
        self._first_is_settled = not failed
        return f"{failed} of the first {len(standings)} targets failed" if failed else ""

    def _move(self, key: str, entry: Entry) -> None:
        standing = advanced(self.standings[key], entry)
        self.standings[key] = standing
        self.claims += entry.event.kind == "target.claimed"
        if entry.event.kind == "target.finished":
            self.tally.ended(failed=standing.state == "failed")
            if standing.result and standing.result.reason == "spent":
                self._spent = standing.cause
        elif standing.state == "closed":
            self.tally.refuse(standing.run)
        self._sort(key, standing)

    def _sort(self, key: str, standing: TargetStanding) -> None:
        if standing.state == "pending":
            self._open[key] = None
        else:
            self._open.pop(key, None)
        if standing.state in UNDER_WAY:
            self._under_way[key] = None
        else:
            self._under_way.pop(key, None)

    def _control(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "campaign.swept":
            self._sweep(data)
        elif self._word == "cancelled":
            return  # nothing undoes that
        elif kind == "campaign.cancelled":
            self._word, self._why = "cancelled", "the campaign was cancelled"
        elif kind == "campaign.paused":
            self._word = "brake" if data.get("by") == "brake" else "paused"
            self._why = data.get("why") or "the campaign is paused"
        elif kind == "campaign.resumed":
            self._first_is_settled |= self._word == "brake" and bool(self._first_failed())
            self._word, self._why = None, ""
            self._go_on()

    def _note_author(self, kind: str, data: Mapping[str, Any]) -> None:
        """Stop where the program of all targets could not be written."""
        if kind == "author.finished" and data["place"]:
            self.program, self._tripped = data["place"], ""
        elif kind == "author.finished" and data["reason"] == "spent":
            self._spent = data["cause"]
        elif kind == "author.finished" and data["cause"]:
            self._tripped = f"there is no program: {data['cause']}"

    def _go_on(self) -> None:
        self.tally.go_on()
        self._tripped = self._spent = ""

    def _sweep(self, data: Mapping[str, Any]) -> None:
        """Begin to work on what was asked for, anew on what is to be tried again."""
        only = data["only"]
        self._scope = frozenset(self.standings if only is None else only)
        for key in data["again"]:
            if key in self.standings and self.standings[key].state in ENDED:
                self.standings[key] = reopened(self.standings[key])
                self._sort(key, self.standings[key])
                self._first_is_settled = False
        if self._word is None:
            self._go_on()
