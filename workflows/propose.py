"""One task to one proposal: scope, ask, land, gate, and the findings back, until it holds.

The loop is `_attempt_until_it_holds`. What surrounds it opens the run in the journal and closes it
with the truth, whatever happened.
"""

from scoping.scope import Scope
from validators.encoding import digest, encode
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict, VerdictWord
from workflows import prompts
from workflows.conversation import Conversation, Message, Reply
from workflows.dialogue import Allowance, BudgetRefusal, Dialogue
from workflows.edits import Landed, land_reply
from workflows.ports import Model, ModelRefusal
from workflows.proposal import Attempt, Proposal, ScopeLine
from workflows.recorder import Recorder, recording
from workflows.run import RunState
from workflows.sealing import write_bundle
from workflows.task import Task
from workflows.workshop import Outcome, Revision, Wishes, Workshop


class _Ended(Exception):
    """The run ends here without a proposal, for a reason a person should read."""

    def __init__(self, state: RunState, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.state: RunState = state
        self.verdict = verdict


def propose(task: Task, run: str, model: Model, workshop: Workshop, wishes: Wishes) -> Outcome:
    """Work on ``task`` as ``run`` until a proposal holds or nothing more may be tried."""
    start = {
        "task": task,
        "task_key": task.key,
        "base_commit": workshop.clone.base_commit,
        "model": model.name,
        "rules_sha256": digest(encode(workshop.rules)),
        "prompts_sha256": digest(prompts.SYSTEM.encode()),
        "budget": wishes.budget,
        "revises": wishes.revision.number if wishes.revision else 0,
    }
    with recording(workshop.journal, run, start, workshop.watch.entry) as recorder:
        attempts: list[Attempt] = []
        try:
            scope = _scope(task, workshop, recorder)
            _require_environment(workshop, recorder)
            allowance = Allowance(wishes.budget, wishes.reply, workshop.now, workshop.now())
            opening = _opening(task, scope, wishes.revision)
            dialogue = Dialogue(model, recorder, allowance, opening)
            _attempt_until_it_holds(dialogue, workshop, wishes, recorder, attempts)
        except _Ended as end:
            return _finish(recorder, Outcome(run, end.state, end.verdict, str(end), (*attempts,)))
        lines = tuple(
            ScopeLine(e.path, e.start_line, e.end_line, e.symbol, e.kind, e.reasons)
            for e in scope.excerpts
        )
        proposal = Proposal(
            run,
            task,
            workshop.clone.base_commit,
            model.name,
            lines,
            (*attempts,),
            workshop.now_iso(),
        )
        path = write_bundle(proposal, workshop, recorder, wishes.revision)
        why = f"proposed after {len(attempts)} attempt{'s' * (len(attempts) > 1)}"
        return _finish(
            recorder, Outcome(run, "proposed", proposal.verdict, why, (*attempts,), path)
        )


def _attempt_until_it_holds(
    dialogue: Dialogue,
    workshop: Workshop,
    wishes: Wishes,
    recorder: Recorder,
    attempts: list[Attempt],
) -> None:
    """Fill ``attempts``; return when the last one may be shown, raise _Ended when none may."""
    tree = wishes.revision.tree if wishes.revision else workshop.clone.base_tree
    while len(attempts) < wishes.max_attempts:
        number = len(attempts) + 1
        replies = _ask_until_edits(dialogue, workshop, number, tree)
        landed = _land(workshop, tree, replies[-1])
        recorder.record("patch.landed", attempt=number, tree=landed.tree, edits=landed.reports)
        if landed.tree == tree:
            verdict, evidence = Verdict("fail", landed.findings), None
            dialogue.say(_what_did_not_land(landed))
        else:
            tree = landed.tree
            verdict, evidence = workshop.judge(tree, recorder)
            dialogue.say(prompts.gates_failed(verdict))
        attempts.append(_attempt(number, (verdict, evidence), landed, replies))
        recorder.record("attempt.finished", attempt=attempts[-1])
        if verdict.may_be_shown:
            return
        if verdict.word == "infrastructure":
            raise _Ended("failed", verdict, _first_message(verdict))
    last = attempts[-1].verdict
    why = f"no attempt of {len(attempts)} passed; the last: {_first_message(last)}"
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


def _scope(task: Task, workshop: Workshop, recorder: Recorder) -> Scope:
    """Choose what the model reads, and keep every excerpt in the journal."""
    scope = workshop.select(task)
    recorder.record(
        "scope.selected",
        files=[ranked.path for ranked in scope.files],
        functions=[ranked.id for ranked in scope.functions],
        skipped=scope.skipped,
        tokens=scope.tokens,
        excerpts=recorder.keep(scope.excerpts),
    )
    return scope


def _require_environment(workshop: Workshop, recorder: Recorder) -> None:
    """Build the target's environment; without one nothing can be judged, so nobody is asked."""
    trouble = workshop.prepare(recorder)
    if trouble:
        verdict = _said("infrastructure", "set-up-failed", trouble)
        raise _Ended("failed", verdict, "the target's environment could not be built")


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


def _attempt(
    number: int,
    judged: tuple[Verdict, Evidence | None],
    landed: Landed,
    replies: tuple[Reply, ...],
) -> Attempt:
    verdict, evidence = judged
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
        evidence=evidence,
    )


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
