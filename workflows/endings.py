"""How a run ends: with less than was hoped for, sealed, or stopped with work that is kept."""

from validators.verdict import Verdict
from workflows.asking import Ended
from workflows.attempts import last_shown, made_of, unfinished_plan
from workflows.outbound import QuarantineRefusal
from workflows.proposal import Proposal
from workflows.recorder import Recorder
from workflows.sealing import write_bundle, write_partial_bundle
from workflows.task import Task
from workflows.work import Work, proposal_of
from workflows.workshop import Outcome, Revision, Workshop


def settle_for_less(end: Ended, work: Work) -> None:
    """Leave what passed before ``end`` as the last attempt; raise ``end`` where nothing did.

    No answer to a veto holds: a person decides about what passed, and reads the veto.
    """
    shown = work.vetoed
    if shown is None and end.state == "nothing" and work.plan.done:
        shown = last_shown(work.attempts)
    if shown is None:
        raise end
    work.attempts.remove(shown)
    if shown != work.vetoed:
        shown = unfinished_plan(shown, work.plan, str(end))
    work.attempts.append(shown)
    work.tree, work.unjudged, work.author = shown.applied_tree, None, None


def sealed(
    proposal: Proposal, workshop: Workshop, recorder: Recorder, revision: Revision | None
) -> str:
    """Write the bundle; what would carry a secret to the forge is no proposal."""
    try:
        return write_bundle(proposal, workshop, recorder, revision)
    except QuarantineRefusal as refusal:
        raise Ended("nothing", Verdict("fail", refusal.findings), str(refusal)) from None


def keep_unfinished(task: Task, workshop: Workshop, recorder: Recorder, work: Work) -> str:
    """Keep what landed before the run was stopped; return the bundle's path, or ""."""
    author = work.author
    landed = author.tools.unfinished() if author else None
    if author and landed and landed.by_calls:
        number = len(work.attempts) + 1
        work.unjudged = made_of(number, author.name, landed, work.replies)
        work.tree = landed.tree
    if work.tree == work.begun:
        return ""
    proposal = proposal_of(task, workshop, recorder, work)
    return write_partial_bundle(proposal, work.tree, workshop, recorder)


def finish(recorder: Recorder, outcome: Outcome) -> Outcome:
    """Write down how the run ended, as the last event before its lease is given back."""
    verdict = outcome.verdict
    # Whoever asks next need not tell by our words what a run without a proposal came to.
    codes = [one.code for one in verdict.blocking] if outcome.state == "nothing" else []
    code = {"code": codes[0]} if codes else {}
    recorder.record(
        "run.finished", state=outcome.state, verdict=verdict.word, why=outcome.why, **code
    )
    return outcome
