"""The program of a campaign, written once: under a lease of its own, before any target begins.

What became of it stands in a stream beside those of the targets. A worker that finds the program
there uses it; one that finds another at it waits; one that finds that one dead goes on in its run.
"""

from collections.abc import Callable
from dataclasses import dataclass

from scoping.refusal import Refusal
from validators.encoding import decode, digest, encode
from workflows.authored_program import AuthoredProgram
from workflows.campaign import Campaign
from workflows.campaign_streams import authoring_stream
from workflows.ports import Held, Journal, StaleFence
from workflows.program_author import Commission, NotWritten
from workflows.recorder import Recorder, recording
from workflows.run import Fence
from workflows.task import Task
from workflows.write_program import write_program


class AuthoringRefusal(Refusal):
    """A campaign's program is not there: why, and how it is had."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a program is written: how a run is named, and where people find what was accepted.

    ``keep`` writes the program's files and returns their folder. ``lease_s`` is when the run of a
    worker that stands still may be taken over.
    """

    new_run: Callable[[], str]
    keep: Callable[[AuthoredProgram], str]
    lease_s: float


def authored_program(campaign: Campaign, journal: Journal) -> AuthoredProgram | None:
    """Return the program that was accepted for a campaign; None where it has none to be written.

    AuthoringRefusal where it is not written yet.
    """
    stream = authoring_stream(campaign)
    if not stream:
        return None
    for entry in reversed(journal.read(stream)):
        if entry.event.kind == "author.finished" and entry.event.data["program"]:
            return decode(journal.get_blob(entry.event.data["program"]), AuthoredProgram)
    raise AuthoringRefusal(
        f"the program of campaign {campaign.name or campaign.key} is not written yet; begin it with"
        " `changewright migrate sample` or `changewright migrate sweep`"
    )


def is_written(campaign: Campaign, journal: Journal) -> bool:
    """Return whether a campaign has the program that it needs, or needs none."""
    try:
        authored_program(campaign, journal)
    except AuthoringRefusal:
        return False
    return True


def author_once(
    campaign: Campaign, journal: Journal, fence: Fence, commission: Commission, desk: Desk
) -> None:
    """Write the campaign's program under the ``fence`` of its stream, and say what became of it.

    Held while a worker that stands still may write the run; StaleFence when it was taken over.
    """
    watch = commission.consultation.workshop.watch
    pen = Recorder(journal, fence, watch.entry)
    run = _cut_off(pen)
    if not run:
        run = desk.new_run()
        pen.record("author.started", run=run)
    reason, cause, program, place = "", "", "", ""
    try:
        accepted = _written(campaign, run, commission, desk)
        program, place = pen.keep(accepted), desk.keep(accepted)
    except NotWritten as no:
        reason, cause = no.reason, str(no)
    except (StaleFence, Held):
        raise
    except Refusal as refusal:
        reason, cause = "refused", str(refusal)
    pen.record("author.finished", run=run, reason=reason, cause=cause, program=program, place=place)


def _cut_off(pen: Recorder) -> str:
    """Return the run that a worker began and did not end, or ""."""
    last = next((one for one in reversed(pen.entries())), None)
    is_open = last is not None and last.event.kind == "author.started"
    return str(last.event.data["run"]) if last is not None and is_open else ""


def _written(campaign: Campaign, run: str, commission: Commission, desk: Desk) -> AuthoredProgram:
    shop = commission.consultation.workshop
    task = Task(
        title=f"Write the program of campaign {campaign.name or campaign.key}",
        body=commission.words,
        repository=str(shop.clone.repository),
        base=shop.clone.base_commit,
        kind="migration",
        campaign=campaign.name,
        shard="\nprogram",  # which is no name of a target
    )
    start = {
        "task": task,
        "task_key": task.key,
        "base_commit": shop.clone.base_commit,
        "model": commission.consultation.model_of(run, "").name,
        "rules_sha256": digest(encode(shop.rules)),
        "campaign": campaign.key,
        **({"action": f"code in {shop.code.interpreter.name}"} if shop.code else {}),
    }
    with recording(shop.journal, run, start, shop.watch.entry, desk.lease_s) as recorder:
        end = _ending(commission, task, recorder)
        verdict, why = (
            ("fail", str(end))
            if isinstance(end, NotWritten)
            else ("pass", "its program was accepted, and the campaign goes on with it")
        )
        recorder.record("run.finished", state="nothing", verdict=verdict, why=why)
    if isinstance(end, NotWritten):
        raise end
    return end


def _ending(commission: Commission, task: Task, recorder: Recorder) -> AuthoredProgram | NotWritten:
    """Return what writing came to, so that the run can be closed with it."""
    trouble = commission.consultation.workshop.prepare(recorder)
    if trouble:
        why = f"the target's environment could not be built: {trouble}"
        return NotWritten("environment", why)
    try:
        return write_program(commission, task, recorder)
    except NotWritten as no:
        return no
