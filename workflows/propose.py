"""One task to one proposal: scope, ask, land, gate, and the findings back, until it holds.

The loop is `_work_until_it_holds`, one turn of it `_try`. What surrounds it opens the run in the
journal and closes it with the truth, whatever happened (`endings`). A run that was cut off is
proposed again under its own name: each step asks the journal first, so that what was paid for or
judged then is not paid or judged again.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

from scoping.globs import chosen
from scoping.refusal import Refusal
from scoping.scope import Scope
from validators.evidence import Evidence
from validators.verdict import Verdict
from workflows import prompts
from workflows.adjudicate import adjudicate
from workflows.asking import Ended, ask_until_edits, first_message, verdict_of
from workflows.attempts import (
    held_step,
    last_shown,
    made_of,
    the_best,
    what_did_not_land,
)
from workflows.authors import Author, Authors
from workflows.conversation import Conversation
from workflows.endings import finish, keep_unfinished, sealed, settle_for_less
from workflows.instructions import instructions
from workflows.ledger import Followed, Ledger, Together
from workflows.opinion import Opinion
from workflows.plan import NO_PLAN, Plan, plan_in
from workflows.ports import Model, StaleFence
from workflows.proposal import Attempt
from workflows.purse import Allowance, EveryBound, Purse, SharedBound
from workflows.quoting import Words, said
from workflows.recorder import Recorder, recording
from workflows.rerank import reranker
from workflows.steps import judged, kept_diff, note_attempt, note_landing, scoped
from workflows.task import Task
from workflows.tools import actions_of, toolbox_of
from workflows.unfinished import start_of
from workflows.work import Work, facts_of, proposal_of
from workflows.workshop import Outcome, Revision, Wishes, Workshop

SecondOpinion = Callable[..., Opinion | None]


def propose(
    task: Task, run: str, models: tuple[Model, ...], workshop: Workshop, wishes: Wishes
) -> Outcome:
    """Work on ``task`` as ``run`` until a proposal holds or nothing more may be tried.

    ``models`` are asked in their order, the next one when gates failed what the one before wrote.
    A ``run`` that the journal knows is gone on with, to the same end as if it had never stopped.
    """
    begun = wishes.revision.tree if wishes.revision else workshop.clone.base_tree
    work = Work(begun, begun, begun)
    start = start_of(task, " > ".join(model.name for model in models), workshop, wishes)
    with (
        recording(workshop.journal, run, start, workshop.watch.entry) as recorder,
        ExitStack() as stack,
    ):
        try:
            allowance = _allowance(task, workshop, wishes, recorder)
            Purse(models[0], recorder, allowance).book_what_was_cut_off()
            reorder = reranker(task, models[0], recorder, allowance) if workshop.reranks else None
            work.scope = scoped(task, workshop, recorder, reorder)
            _require_environment(workshop, recorder)
            system = prompts.SYSTEM if workshop.code is None else prompts.SYSTEM_IN_CODE
            toolbox = toolbox_of(workshop.code, recorder)
            if toolbox is not None:
                stack.callback(toolbox.close)
            opening = Conversation(system, (), actions_of(workshop.code, toolbox))
            words = _first_words(task, workshop, work.scope, wishes.revision)
            authors = Authors(
                *(models, workshop, recorder, allowance, opening, words, stack), toolbox=toolbox
            )
            second_opinion = partial(adjudicate, task, workshop, recorder, allowance)
            try:
                _work_until_it_holds(authors, wishes, work, second_opinion)
            except Ended as end:
                settle_for_less(end, work)
            proposal = proposal_of(task, workshop, recorder, work)
            path = sealed(proposal, workshop, recorder, wishes.revision)
        except Ended as end:
            path = keep_unfinished(task, workshop, recorder, work) if end.state != "nothing" else ""
            outcome = Outcome(run, end.state, end.verdict, str(end), (*work.attempts,), path)
            return finish(recorder, outcome)
        except StaleFence:  # another process writes this run now, its end as well
            raise
        except BaseException:
            with suppress(Refusal):  # why the run stopped is what counts
                keep_unfinished(task, workshop, recorder, work)
            raise
        why = f"proposed after {len(work.attempts)} attempt{'s' * (len(work.attempts) > 1)}"
        outcome = Outcome(run, "proposed", proposal.verdict, why, proposal.attempts, path)
        return finish(recorder, outcome)


def _work_until_it_holds(
    authors: Authors, wishes: Wishes, work: Work, second_opinion: SecondOpinion
) -> None:
    """Fill ``work``; return when its last attempt may be shown, raise Ended when none may."""
    author = _best_of(wishes.candidates, authors, work)
    tries = 1
    while True:
        last = work.attempts[-1]
        holds = held_step(last.verdict, work.plan)
        if last.verdict.word == "infrastructure":
            raise Ended("failed", last.verdict, first_message(last.verdict))
        if holds and work.plan.left > 1:  # one step of several: the next has tries of its own
            work.held, work.plan, tries = work.tree, work.plan.advanced, 0
            author.dialogue.say(prompts.next_step(work.plan.present))
        elif holds:
            opinion = second_opinion(last, may_go_back=tries < wishes.max_attempts)
            if opinion is None or not opinion.goes_back:
                return
            work.vetoed = last
            author.dialogue.say(prompts.vetoed(opinion))
        elif tries == wishes.max_attempts:
            why = f"no attempt of {len(work.attempts)} passed; the last: "
            raise Ended("nothing", last.verdict, why + first_message(last.verdict))
        elif last.evidence and not work.vetoed and authors.escalate():  # gates failed it
            author = authors.successor(work.held, facts_of(authors.workshop, work))
            work.tree = work.held
        else:
            author.dialogue.say(work.words)
        _try(author, authors, work)
        tries += 1


def _best_of(candidates: int, authors: Authors, work: Work) -> Author:
    """Ask as often as wished, each time anew; leave the best attempt as the last one.

    One that only asks or declines is no candidate; it ends the run where no other is better.
    """
    found: list[tuple[Author, str, Words, Plan]] = []
    ends: list[Ended] = []
    for number in range(1, candidates + 1):
        work.tree, work.plan = work.begun, NO_PLAN
        author = authors.candidate(number, work.begun)
        try:
            _try(author, authors, work)
        except Ended as end:
            ends.append(end)
            if end.state != "nothing":  # no money, or no model: nobody else is asked
                break
        else:
            found.append((author, work.tree, work.words, work.plan))
    is_cut_short = bool(ends) and ends[-1].state != "nothing"
    if not found or (is_cut_short and not last_shown(work.attempts)):
        raise ends[-1] if is_cut_short else ends[0]
    best = the_best(work.attempts)
    author, work.tree, work.words, work.plan = found[best]
    work.attempts.append(work.attempts.pop(best))
    work.author = None
    return author


def _try(author: Author, authors: Authors, work: Work) -> None:
    """Make one attempt on ``work.tree``: ask, land, judge, write down."""
    workshop, recorder = authors.workshop, authors.recorder
    number = len(work.attempts) + 1
    landed = author.tools.landed(ask_until_edits(author, workshop, number, work))
    attempt = made_of(number, author.name, landed, work.replies)
    # Before it is noted, and both at once: whoever is stopped from here on keeps what landed.
    work.unjudged, work.tree = (attempt if landed.tree != work.tree else None), landed.tree
    if not work.plan.done and not work.plan.steps:
        work.plan = plan_in(reply.message.text for reply in work.replies)
    note_landing(number, landed, recorder, kept_diff(landed.tree, workshop, recorder))
    if work.tree == author.judged or not landed.is_whole:
        attempt = replace(attempt, verdict=Verdict("fail", landed.findings))
        work.words = what_did_not_land(landed)
    else:
        author.judged = work.tree
        verdict, evidence = _judged(attempt, workshop, recorder, work)
        attempt = replace(attempt, verdict=verdict, evidence=evidence)
        work.words = prompts.gates_failed(verdict)
    note_attempt(attempt, recorder)
    work.attempts.append(attempt)
    work.unjudged = None


def _judged(
    attempt: Attempt, workshop: Workshop, recorder: Recorder, work: Work
) -> tuple[Verdict, Evidence | None]:
    """Judge what landed, unless an attempt before came to the very same."""
    same = (one for one in work.attempts if one.applied_tree == attempt.applied_tree)
    known = next((one for one in same if one.evidence is not None), None)
    if known is not None and known.verdict.word != "infrastructure":
        return known.verdict, known.evidence
    return judged(attempt.number, attempt.applied_tree, workshop, recorder)


def _require_environment(workshop: Workshop, recorder: Recorder) -> None:
    """Build the target's environment; without one nothing can be judged, so nobody is asked."""
    trouble = workshop.prepare(recorder)
    if trouble:
        verdict = verdict_of("infrastructure", "set-up-failed", trouble)
        raise Ended("failed", verdict, "the target's environment could not be built")


def _allowance(task: Task, workshop: Workshop, wishes: Wishes, recorder: Recorder) -> Allowance:
    journal: Followed = workshop.journal
    if workshop.spent_elsewhere is not None:
        journal = Together(workshop.spent_elsewhere, journal)
    ledger: SharedBound = Ledger(journal, task, wishes.caps, workshop.now_iso)
    if workshop.bound is not None:
        ledger = EveryBound((workshop.bound, ledger))
    before_s = recorder.history.seconds
    return Allowance(wishes.budget, wishes.reply, workshop.now, workshop.now(), before_s, ledger)


def _first_words(task: Task, workshop: Workshop, scope: Scope, revision: Revision | None) -> Words:
    is_shown = chosen(workshop.include, workshop.exclude)
    told = instructions(workshop.clone, [excerpt.path for excerpt in scope.excerpts], is_shown)
    first = prompts.first_request(task, scope, told)
    if revision:
        return said(first, prompts.revision_request(revision))
    return first
