"""What the steps of a campaign ask a model with: whom, how much it may cost, by which clock."""

from collections.abc import Callable
from dataclasses import dataclass, field

from workflows.budget import Budget, Caps
from workflows.campaign import Campaign
from workflows.campaign_ledger import CampaignLedger, TargetBound
from workflows.conversation import Conversation, ReplyLimits
from workflows.dialogue import Dialogue
from workflows.history import history_of
from workflows.ledger import Followed, Ledger, Together
from workflows.ports import Model
from workflows.purse import Allowance, EveryBound, Purse
from workflows.recorder import Recorder
from workflows.task import Task
from workflows.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Consultation:
    """``model_of`` returns the model of a run and a kind of lane, as far on as that was asked.

    ``budget`` bounds one run, ``caps`` the runs of a task and of a day, and the campaign's own
    budget all of its runs. Make one for each repository: it reads the journal once.
    """

    campaign: Campaign
    workshop: Workshop
    model_of: Callable[[str, str], Model]
    budget: Budget
    ledger: CampaignLedger
    caps: Caps = field(default_factory=Caps)
    reply: ReplyLimits = field(default_factory=ReplyLimits)

    def bound_of(self, target: str) -> TargetBound:
        """Return what holds one target, "" for none of them, to the campaign's budget."""
        return TargetBound(self.ledger, target)

    def allowance(self, task: Task, bound: TargetBound, recorder: Recorder) -> Allowance:
        """Return what a run may use now, from how long it has worked already."""
        shop = self.workshop
        journal: Followed = shop.journal
        if shop.spent_elsewhere is not None:
            journal = Together(shop.spent_elsewhere, journal)
        caps = Ledger(journal, task, self.caps, shop.now_iso)
        before_s = history_of(recorder.entries()).seconds
        bounds = EveryBound((bound, caps))
        return Allowance(self.budget, self.reply, shop.now, shop.now(), before_s, bounds)

    def dialogue(
        self, opening: Conversation, lane: str, recorder: Recorder, allowance: Allowance
    ) -> Dialogue:
        """Begin a conversation of a run, or go on with one; what was cut off is booked first."""
        recorder.history = history_of(recorder.entries())
        kind = lane.partition("-")[0]
        model = self.model_of(recorder.run, kind)
        Purse(model, recorder, allowance).book_what_was_cut_off()
        recorder.history = history_of(recorder.entries())
        return Dialogue(model, recorder, allowance, opening, lane)
