"""What the runs of a campaign have cost together, held against its bounds before each request.

Like every purse it is a view over reservations and settlements, asked again under the journal's
write lock, so that workers side by side never spend the same money.
"""

from workflows.brake import Tally
from workflows.budget import Charge
from workflows.campaign import Campaign, CampaignBudget
from workflows.campaign_streams import CampaignStreams
from workflows.ledger import Followed


class CampaignLedger:
    """Reads the whole journal once, then what was added; a campaign's own bound."""

    def __init__(self, journal: Followed, campaign: Campaign) -> None:
        self.budget: CampaignBudget = campaign.budget
        self._journal = journal
        self._streams = CampaignStreams(campaign)
        self._position = 0
        self._all = Tally()
        self._by_stream: dict[str, Tally] = {}
        self._by_run: dict[str, Tally] = {}

    def exhausted(self, reserve: Charge) -> str:
        """Return why ``reserve`` more may not be spent, or "" when it may."""
        self._refresh()
        budget, used = self.budget, self._all
        if budget.usd is not None:
            if reserve.usd is None and budget.tokens is None:
                return _unknown("budget.usd")
            if used.usd + (reserve.usd or 0.0) > budget.usd:
                return (
                    f"${used.usd:.4f} of the campaign's ${budget.usd:.2f} are spent, and the next"
                    f" request may cost ${reserve.usd or 0.0:.4f}"
                )
        if budget.tokens is not None and used.tokens + reserve.tokens > budget.tokens:
            return (
                f"{used.tokens} of the campaign's {budget.tokens} tokens are used, and the next"
                f" request may need {reserve.tokens}"
            )
        return ""

    def usd_of(self, target: str) -> float:
        """Return what all runs of one target have cost."""
        self._refresh()
        tally = self._by_stream.get(f"target-{target}")
        return tally.usd if tally else 0.0

    def _refresh(self) -> None:
        for entry in self._journal.follow(self._position):
            self._position = entry.position
            if run := self._streams.run_begun(entry):
                own = self._by_stream.setdefault(entry.run, Tally())
                own.include(run)
                self._all.include(run)
                self._by_run[run] = own
            elif payer := self._by_run.get(entry.run.partition(".")[0]):
                payer.note(entry)
                self._all.note(entry)


class TargetBound:
    """A campaign's bound, and that of one of its targets.

    ``campaign_is_spent`` tells whether the last refusal was the whole campaign's.
    """

    def __init__(self, ledger: CampaignLedger, target: str) -> None:
        self._ledger = ledger
        self._target = target
        self.campaign_is_spent = False

    def exhausted(self, reserve: Charge) -> str:
        """Return why ``reserve`` more may not be spent, or "" when it may."""
        why = self._ledger.exhausted(reserve)
        self.campaign_is_spent = bool(why)
        most = self._ledger.budget.target_usd
        if why or most is None:
            return why
        if reserve.usd is None and self._ledger.budget.tokens is None:
            return _unknown("budget.target_usd")
        used = self._ledger.usd_of(self._target)
        if used + (reserve.usd or 0.0) <= most:
            return ""
        return (
            f"${used:.4f} of the ${most:.2f} for one target are spent, and the next request may"
            f" cost ${reserve.usd or 0.0:.4f}"
        )


def _unknown(key: str) -> str:
    return (
        f"what this model costs is not known, so {key} could not be kept to; set budget.tokens, or"
        " ask a model with a price"
    )
