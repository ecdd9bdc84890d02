"""One task to one proposal: scope, ask, land, gate, and the findings back, until it holds.

The loop is `_attempt_until_it_holds`. What surrounds it opens the run in the journal and closes it
with the truth, whatever happened. A run that was cut off is proposed again under its own name: each
step asks the journal first, so that what was paid for or judged then is not paid or judged again.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace

from scoping.refusal import Refusal
from scoping.scope import Scope
from validators.verdict import Finding, Verdict, VerdictWord
from workflows import prompts
from workflows.budget import lost
from workflows.conversation import Conversation, Message, Reply
from workflows.dialogue import Allowance, BudgetRefusal, Dialogue
from workflows.edits import Landed, land_reply
from workflows.ledger import Ledger
from workflows.ports import Model, ModelRefusal, StaleFence
from workflows.proposal import Attempt, Proposal, ScopeLine
from workflows.recorder import Recorder, recording
from workflows.run import RunState
from workflows.sealing import write_bundle, write_partial_bundle
from workflows.steps import judged, note_attempt, note_landing, scoped
from workflows.task import Task
from workflows.unfinished import start_of
from workflows.workshop import Outcome, Revision, Wishes, Workshop


class _Ended(Exception):
    """The run ends here without a proposal, for a reason a person should read."""

    def __init__(self, state: RunState, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.state: RunState = state
        self.verdict = verdict


@dataclass(slots=True)
class _Work:
    """What a run has in hand: ``unjudged`` is what landed and has no verdict yet."""

    begun: str
    tree: str
    scope: Scope = field(default_factory=lambda: Scope(""))
    attempts: list[Attempt] = field(default_factory=list)
    unjudged: Attempt | None = None


def propose(task: Task, run: str, model: Model, workshop: Workshop, wishes: Wishes) -> Outcome:
    """Work on ``task`` as ``run`` until a proposal holds or nothing more may be tried.

    A ``run`` that the journal knows is gone on with, to the same end as if it had never stopped.
    """
    begun = wishes.revision.tree if wishes.revision else workshop.clone.base_tree
    work = _Work(begun, begun)
    start = start_of(task, model.name, workshop, wishes)
    with recording(workshop.journal, run, start, workshop.watch.entry) as recorder:
        try:
            work.scope = scoped(task, workshop, recorder)
            _require_environment(workshop, recorder)
            opening = _opening(task, work.scope, wishes.revision)
            allowance = _allowance(task, workshop, wishes, recorder)
            dialogue = Dialogue(model, recorder, allowance, opening)
            _attempt_until_it_holds(dialogue, workshop, wishes, recorder, work)
            proposal = _proposal(task, model, workshop, recorder, work)
            path = write_bundle(proposal, workshop, recorder, wishes.revision)
        except _Ended as end:
            path = (
                _unfinished(task, model, workshop, recorder, work) if end.state != "nothing" else ""
            )
            outcome = Outcome(run, end.state, end.verdict, str(end), (*work.attempts,), path)
            return _finish(recorder, outcome)
        except StaleFence:
            raise
        except BaseException:
            with suppress(Refusal):  # why the run stopped is what counts
                _unfinished(task, model, workshop, recorder, work)
            raise
        why = f"proposed after {len(work.attempts)} attempt{'s' * (len(work.attempts) > 1)}"
        outcome = Outcome(run, "proposed", proposal.verdict, why, proposal.attempts, path)
        return _finish(recorder, outcome)


def _attempt_until_it_holds(
    dialogue: Dialogue, workshop: Workshop, wishes: Wishes, recorder: Recorder, work: _Work
) -> None:
    """Fill ``work``; return when its last attempt may be shown, raise _Ended when none may."""
    while len(work.attempts) < wishes.max_attempts:
        number = len(work.attempts) + 1
        replies = _ask_until_edits(dialogue, workshop, number, work.tree)
        landed = _land(workshop, work.tree, replies[-1])
        attempt = _attempt(number, Verdict("cancelled"), landed, replies)
        note_landing(number, landed, recorder)
        if landed.tree == work.tree:
            attempt = replace(attempt, verdict=Verdict("fail", landed.findings))
            words = _what_did_not_land(landed)
        else:
            work.unjudged, work.tree = attempt, landed.tree
            verdict, evidence = judged(number, work.tree, workshop, recorder)
            attempt = replace(attempt, verdict=verdict, evidence=evidence)
            words = prompts.gates_failed(verdict)
        note_attempt(attempt, recorder)
        work.attempts.append(attempt)
        work.unjudged = None
        dialogue.say(words)
        if attempt.verdict.may_be_shown:
            return
        if attempt.verdict.word == "infrastructure":
            raise _Ended("failed", attempt.verdict, _first_message(attempt.verdict))
    last = work.attempts[-1].verdict
    why = f"no attempt of {len(work.attempts)} passed; the last: {_first_message(last)}"
    raise _Ended("nothing", last, why)


def _ask_until_edits(
    dialogue: Dialogue, workshop: Workshop, attempt: int, tree: str
) -> tuple[Reply, ...]:
    """Return the replies of one attempt; the last one is meant to hold edits."""
    replies: list[Reply] = []
    while True:
        try:
            reply = dialogue.ask(attempt, workshop.watch.words)
        except BudgetRefusal as refusal:
            raise _Ended("failed", _said("budget", "budget", str(refusal)), str(refusal)) from None
        except ModelRefusal as refusal:
            verdict = _said("infrastructure", f"model-{refusal.trouble}", str(refusal))
            raise _Ended("failed", verdict, f"the model gave no reply: {refusal}") from refusal
        replies.append(reply)
        text = reply.message.text.lstrip()
        if reply.stop == "refusal":
            why = f"the model declined the task: {text[:500]}"
            raise _Ended("nothing", _said("fail", "model-declined", why), why)
        if text.startswith(prompts.NO_CHANGE):
            reason = text[len(prompts.NO_CHANGE) : 500].strip()
            why = f"the model says that no change is needed: {reason}"
            raise _Ended("nothing", _said("fail", "no-change-needed", why), why)
        if reply.stop != "actions":
            return tuple(replies)
        reader = workshop.reader(tree)
        dialogue.say("", tuple(reader.answer(call) for call in reply.message.calls))


def _require_environment(workshop: Workshop, recorder: Recorder) -> None:
    """Build the target's environment; without one nothing can be judged, so nobody is asked."""
    trouble = workshop.prepare(recorder)
    if trouble:
        verdict = _said("infrastructure", "set-up-failed", trouble)
        raise _Ended("failed", verdict, "the target's environment could not be built")


def _allowance(task: Task, workshop: Workshop, wishes: Wishes, recorder: Recorder) -> Allowance:
    ledger = Ledger(workshop.journal, task, wishes.caps, workshop.now_iso)
    before_s = recorder.history.seconds
    return Allowance(wishes.budget, wishes.reply, workshop.now, workshop.now(), before_s, ledger)


def _opening(task: Task, scope: Scope, revision: Revision | None) -> Conversation:
    text = prompts.first_request(task, scope)
    if revision:
        text += "\n\n" + prompts.revision_request(revision.diff, revision.words)
    return Conversation(prompts.SYSTEM, (Message("user", text),), prompts.ACTIONS)


def _land(workshop: Workshop, tree: str, reply: Reply) -> Landed:
    """Land a reply's edits; of one that was cut off none, for it is half a change at best."""
    if reply.stop == "length":
        return Landed(tree, (), "", was_cut_off=True)
    return land_reply(workshop.clone, tree, reply.message.text)


def _what_did_not_land(landed: Landed) -> str:
    if landed.was_cut_off:
        return prompts.cut_off()
    if not landed.reports:
        return prompts.nothing_found()
    if all(report.landed for report in landed.reports):
        return prompts.nothing_changed()
    return prompts.edits_rejected(landed.reports)


def _attempt(number: int, verdict: Verdict, landed: Landed, replies: tuple[Reply, ...]) -> Attempt:
    prices = [reply.usage.usd for reply in replies]
    known = [price for price in prices if price is not None]
    return Attempt(
        number=number,
        verdict=verdict,
        edits=landed.reports,
        applied_tree=landed.tree,
        summary=landed.prose,
        replies=len(replies),
        tokens=sum(reply.usage.tokens for reply in replies),
        usd=sum(known) if len(known) == len(prices) else None,
    )


def _proposal(
    task: Task, model: Model, workshop: Workshop, recorder: Recorder, work: _Work
) -> Proposal:
    """Return what a person will see, dated by the run's start: made again it is the same."""
    lines = tuple(
        ScopeLine(e.path, e.start_line, e.end_line, e.symbol, e.kind, e.reasons)
        for e in work.scope.excerpts
    )
    attempts = (*work.attempts, *([work.unjudged] if work.unjudged else []))
    base, created = workshop.clone.base_commit, recorder.history.started_at
    gone = lost(recorder.entries())
    return Proposal(
        recorder.run, task, base, model.name, lines, attempts, created, gone.turns, gone.usd
    )


def _unfinished(
    task: Task, model: Model, workshop: Workshop, recorder: Recorder, work: _Work
) -> str:
    """Keep what landed before the run was stopped; return the bundle's path, or ""."""
    if work.tree == work.begun:
        return ""
    proposal = _proposal(task, model, workshop, recorder, work)
    return write_partial_bundle(proposal, work.tree, workshop, recorder)


def _said(word: VerdictWord, code: str, message: str) -> Verdict:
    return Verdict(word, (Finding("propose", code, "block", message),))


def _first_message(verdict: Verdict) -> str:
    findings = verdict.blocking or verdict.findings
    first = findings[0].message.strip().partition("\n")[0] if findings else ""
    return first or f"verdict {verdict.word}"


def _finish(recorder: Recorder, outcome: Outcome) -> Outcome:
    recorder.record(
        "run.finished", state=outcome.state, verdict=outcome.verdict.word, why=outcome.why
    )
    return outcome
