"""The job settle: whatever happened to the others, the one comment comes to its one end."""

from collections.abc import Mapping

from bot.action.admit import trigger_rules
from bot.action.asked_meanwhile import take_up_what_was_asked
from bot.action.issue_forge import IssueForge
from bot.action.parcels import admission_in, outcome_in, publication_in, verification_in
from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.pages.settlement import Links, settled_text
from bot.settings import from_process
from workflows.admission import Admission
from workflows.handover import HandoverRefusal, Publication, RunOutcome
from workflows.journal_branch import MOST_DISPATCHES
from workflows.occasion import Declined, Occasion, occasion_in
from workflows.ports import ForgeRefusal
from workflows.reception import progress_key
from workflows.settle import Known, Settlement, settle


def settle_job(around: Surroundings, forge: IssueForge) -> Mapping[str, str]:
    """End the progress comment of this workflow run, and start it anew where the base was stale."""
    summary = Summary(around.summary)
    if around.handed.get("admit", {}).get("admitted") == "false":
        summary.say("Nothing was admitted, so there is nothing to settle.")
        return {"state": "nothing"}
    known, why = _known(around)
    if known.admission is None:
        return _without_admission(around, forge, known, summary)
    settlement = Settlement("our-fault", why) if why else settle(known, MOST_DISPATCHES)
    settlement = _started_again(settlement, known.admission, around, forge)
    links = Links(around.page)
    text = settled_text(
        settlement, known.outcome, known.publication, links, admission=known.admission
    )
    forge.say(known.admission.issue, text, known.admission.progress)
    summary.say(f"Run {known.admission.run} is settled: {settlement.state}. {settlement.why}")
    if known.publication is not None and known.publication.state == "cancelled":
        return {"state": settlement.state}  # whoever stopped it asks again where it shall go on
    # Only now: whoever asks after this is seen by the job that they start themselves.
    take_up_what_was_asked(known.admission, around, forge, summary)
    return {"state": settlement.state}


def _known(around: Surroundings) -> tuple[Known, str]:
    """Return what the jobs left, and what is wrong with it where it cannot be believed."""
    folder, results = around.folder, around.results
    admission: Admission | None = None
    outcome: RunOutcome | None = None
    publication: Publication | None = None
    try:
        admission = admission_in(folder, around.handed.get("admit", {}).get("sha256", ""))
        if admission is None:
            return Known(results=results), ""
        publication = publication_in(folder, admission.run)
        outcome = outcome_in(folder, admission.run)
        verification = verification_in(folder, admission.run)
    except HandoverRefusal as refusal:
        # A draft that is open is open, whatever another job left beside it.
        is_open = publication is not None and publication.state == "published"
        return Known(admission, None, None, publication, results), "" if is_open else str(refusal)
    return Known(admission, outcome, verification, publication, results), ""


def _started_again(
    settlement: Settlement, admission: Admission, around: Surroundings, forge: IssueForge
) -> Settlement:
    if not settlement.starts_again:
        return settlement
    inputs = {"run": admission.run, "workflow-run": around.delivery}
    try:
        forge.dispatch(around.workflow, admission.base_branch, inputs)
    except ForgeRefusal as refusal:
        return Settlement(settlement.state, f"{settlement.why}; starting anew failed: {refusal}")
    return settlement


def _without_admission(
    around: Surroundings, forge: IssueForge, known: Known, summary: Summary
) -> Mapping[str, str]:
    """End what admit began and did not come to hand on, where people were told of it at all."""
    occasion = occasion_in(around.event_name, around.event)
    if isinstance(occasion, Declined) or not _is_waited_for(occasion, around, forge):
        summary.say("No run was begun, so there is nothing to settle.")
        return {"state": "nothing"}
    settlement = settle(known, MOST_DISPATCHES)
    text = settled_text(settlement, None, None, Links(around.page))
    forge.say(occasion.issue, text, progress_key(occasion, around.delivery))
    if occasion.kind == "label":
        # Else whoever asks again would have to take it off first.
        forge.remove_label(occasion.issue, occasion.label)
    summary.say(f"Settled without an admission: {settlement.state}. {settlement.why}")
    return {"state": settlement.state}


def _is_waited_for(occasion: Occasion, around: Surroundings, forge: IssueForge) -> bool:
    """Whether somebody sees our comment of this delivery, or set our label and sees nothing."""
    if not occasion.issue:
        return False
    key = progress_key(occasion, around.delivery)
    if any(one.is_ours and key in one.body for one in forge.comments(occasion.issue)):
        return True
    rules = trigger_rules(from_process({}))
    is_ours = occasion.kind == "label" and occasion.label == rules.label
    return is_ours and forge.role(occasion.sender) in rules.roles
