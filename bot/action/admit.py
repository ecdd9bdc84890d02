"""The job admit: the delivered event becomes a frozen admission and one comment, or nothing.

No model, no checkout. The comment is written before the label goes: of a job that dies in between
people find a trace, and the job settle finds the comment it has to end.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.action.attachments import Attachments
from bot.action.earlier import going_on
from bot.action.issue_forge import IssueForge
from bot.action.parcels import (
    ADMISSION,
    STALE_ADMISSION,
    admission_in,
    picture_in,
    put,
    put_admission,
)
from bot.action.report import Summary
from bot.action.superseding import end_what_was_left_open, who_works_on
from bot.action.surroundings import Surroundings
from bot.pages.settlement import Links, declined_text, working_text
from bot.settings import TARGET_FILE, Settings, from_process
from bot.wiring import Bench
from validators.clones.own_repository import open_own
from workflows.admission import Admission, FollowUp, task_of
from workflows.admit import admit
from workflows.journal_branch import (
    MOST_DISPATCHES,
    JournalBranch,
    RecordedRuns,
    stale_run,
    text_hash,
)
from workflows.occasion import Declined, Occasion, occasion_in
from workflows.reception import Reception, told_of
from workflows.rounds import RoundLimits
from workflows.run_facts import RunFacts, facts_of
from workflows.trigger import TriggerRules


def trigger_rules(settings: Settings) -> TriggerRules:
    """Return what starts a run and who may, as the settings have it."""
    told = settings.trigger
    return TriggerRules(told.label, told.remove_label, told.phrase, told.roles, told.bots)


def admit_job(around: Surroundings, forge: IssueForge, own: Path) -> Mapping[str, str]:
    """Admit what the event asks for; ``own`` is a new folder for what is fetched.

    ForgeRefusal where the forge does not say who may, so that nobody does.
    """
    summary = Summary(around.summary)
    occasion = occasion_in(around.event_name, around.event)
    if isinstance(occasion, Declined):
        return _declined(occasion, None, forge, summary)
    settings = _as_the_target_says(occasion, forge)
    admission = admit(occasion, _reception(around, forge, settings, own))
    if isinstance(admission, Declined):
        return _declined(admission, occasion, forge, summary)
    admission = replace(admission, kind=settings.rules.kind)
    # A red check waits in silence: its comment would count as the one repair that there is.
    if occasion.kind == "checks" and (busy := who_works_on(admission, around, forge)):
        return _declined(
            Declined(f"{busy}; what it commits is checked again"), None, forge, summary
        )
    announced = _announced(admission, occasion, around, forge)
    if isinstance(announced, Declined):
        return _declined(announced, None, forge, summary)
    if busy := who_works_on(announced, around, forge):
        busy = f"{busy}; {_what_becomes_of(occasion, announced.follow_up)}"
        forge.say(announced.issue, declined_text(busy), announced.progress)
        return _declined(Declined(busy), None, forge, summary)
    end_what_was_left_open(announced, around, forge, summary)
    if occasion.kind == "label" and settings.trigger.remove_label:
        forge.remove_label(occasion.issue, settings.trigger.label)
    admission = with_attachments(announced, around, summary)
    admission, earlier = going_on(admission, forge, own, summary)
    if earlier:
        text = working_text(admission, Links(around.page))
        forge.say(admission.issue, text, admission.progress)
    sha256 = put_admission(around.folder, admission)
    what = "pull request" if admission.is_pull_request else "issue"
    summary.say(f"Run {admission.run} is admitted: {what} {admission.issue}, {admission.title}")
    return {
        "admitted": "true",
        "run": admission.run,
        "base-commit": admission.base_commit,
        "sha256": sha256,
        "earlier": earlier,
    }


def _what_becomes_of(occasion: Occasion, asked: FollowUp | None) -> str:
    """Return what is done about a request that came while another run is at work."""
    threads = asked.threads if asked else ()
    # Reviews and threads stay where that run looks in the end; other words it does not see.
    stays = any(occasion.said in one.comments[-1].body for one in threads)
    if occasion.wants_changes or stays or not occasion.at:
        return "what was asked meanwhile is taken up when it ends"
    return "ask again when it has ended"


def _as_the_target_says(occasion: Occasion, forge: IssueForge) -> Settings:
    """Return the settings with the target's own file, as its base has it now."""
    head = forge.branch_head(forge.base_branch(occasion.default_branch))
    return from_process({}, forge.read_file(TARGET_FILE, head) if head else None)


def _reception(around: Surroundings, forge: IssueForge, settings: Settings, own: Path) -> Reception:
    def stale(run: str) -> Admission | Declined:
        return _stale(run, around.folder, forge, own)

    def facts() -> Sequence[RunFacts]:
        records = JournalBranch(forge, open_own(own), time.sleep).read()
        return tuple(facts_of(RecordedRuns(records).follow()).values())

    wanted = settings.pull_request
    return Reception(
        tracker=forge,
        forge=forge,
        rules=trigger_rules(settings),
        run=Bench.new_run(),
        delivery=around.delivery,
        stages=settings.model_stages,
        run_usd=settings.budget.usd,
        stale=stale,
        rounds=RoundLimits(wanted.max_rounds, wanted.max_usd),
        facts=cache(facts),
        own=cache(lambda: open_own(own.with_name("revised.git")).git_dir),
        rules_file=TARGET_FILE,
        workflow=around.workflow,
    )


def _stale(run: str, folder: Path, forge: IssueForge, own: Path) -> Admission | Declined:
    """Return what a run was asked whose base the journal shows as stale, or why it may not be."""
    records = JournalBranch(forge, open_own(own), time.sleep).read()
    known = stale_run(records, run)
    if known is None:
        return Declined(f"the journal does not show run {run} as one whose base was stale")
    if not known.may_be_answered:
        answered = f"run {known.answered_by} took it up" if known.answered_by else "it was the last"
        return Declined(f"run {run} is not started anew: {answered} of {MOST_DISPATCHES}")
    before = admission_in(folder, parcel=STALE_ADMISSION)
    if before is None:
        return Declined(f"what run {run} was asked is not kept any more; set the label again")
    task = task_of(before)
    if before.run != run or text_hash(task.title, task.body) != known.text_sha256:
        return Declined(f"what was handed over is not what run {run} was asked; label it again")
    return replace(before, dispatched=known.dispatched)


def _announced(
    admission: Admission, occasion: Occasion, around: Surroundings, forge: IssueForge
) -> Admission | Declined:
    """Open the one progress comment; Declined where another delivery of the event was faster."""
    links = Links(around.page)
    said = forge.say(admission.issue, working_text(admission, links), admission.progress)
    if not admission.answers:
        first = told_of(occasion, forge.comments(admission.issue))
        if first is not None and first.id < said.id:
            why = "another delivery of the same event is being worked on already"
            forge.say(admission.issue, declined_text(why), admission.progress)
            return Declined(why)
    return replace(admission, progress_id=said.id, progress_url=said.url)


def with_attachments(admission: Admission, around: Surroundings, summary: Summary) -> Admission:
    """Return the admission with what is attached to it; a stale run's is handed on as it was."""
    if admission.answers:
        for picture in admission.attachments:
            content = picture_in(around.folder, picture, parcel=STALE_ADMISSION)
            put(around.folder / ADMISSION / picture.name, content)
        return admission
    said = "\n".join([admission.body, admission.words, *(c.body for c in admission.comments)])
    fetched = Attachments(around.server_url, around.folder).of(said)
    for trouble in fetched.troubles:
        summary.say(trouble)
    return replace(admission, attachments=fetched.pictures, texts=fetched.texts)


def _declined(
    declined: Declined, occasion: Occasion | None, forge: IssueForge, summary: Summary
) -> Mapping[str, str]:
    summary.say(f"Nothing is started: {declined.why}")
    place = declined.place or (occasion.issue if occasion else 0)
    if declined.is_told and occasion is not None and place:
        key = f"told-{declined.topic}" if declined.topic else f"answer-{occasion.key}"
        forge.say(place, declined_text(declined.why), key)
    return {"admitted": "false"}
