"""What a run has in hand while it is under way, and what of it a person will see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scoping.scope import Scope
from validators.checkout import Clone, diff_text, file_changes
from workflows import prompts
from workflows.authors import Author
from workflows.budget import lost
from workflows.conversation import Reply
from workflows.opinion import cost_of_opinions
from workflows.plan import NO_PLAN, Plan
from workflows.proposal import Attempt, Proposal, ScopeLine
from workflows.quoting import Words
from workflows.recorder import Recorder
from workflows.remarks import remarks
from workflows.run import cache_hit_rate
from workflows.task import Task
from workflows.thread_answers import answers_of, unanswered
from workflows.workshop import Workshop

_MAX_DIFF_BYTES = 100_000


@dataclass(slots=True)
class Work:
    """What a run has in hand: ``unjudged`` is what landed and has no verdict yet.

    ``begun`` is the tree it started from, ``held`` the last one of which every step of the plan
    held, ``tree`` the one that edits land on. ``words`` are what its author is to be told.
    ``vetoed`` is the attempt that passed and that a second opinion sent back. ``author`` is who was
    asked last, ``replies`` are those of the attempt that is under way.
    """

    begun: str
    tree: str
    held: str
    scope: Scope = field(default_factory=lambda: Scope(""))
    attempts: list[Attempt] = field(default_factory=list)
    unjudged: Attempt | None = None
    vetoed: Attempt | None = None
    author: Author | None = None
    replies: list[Reply] = field(default_factory=list)
    plan: Plan = NO_PLAN
    words: Words = field(default_factory=lambda: Words(""))


def proposal_of(task: Task, workshop: Workshop, recorder: Recorder, work: Work) -> Proposal:
    """Return what a person will see, dated by the run's start: made again it is the same."""
    lines = tuple(
        ScopeLine(e.path, e.start_line, e.end_line, e.symbol, e.kind, e.reasons)
        for e in work.scope.excerpts
    )
    attempts = (*work.attempts, *([work.unjudged] if work.unjudged else []))
    entries = recorder.entries()
    gone = lost(entries)
    tokens, usd = cost_of_opinions(entries)
    answers = answers_of(entries, recorder.kept, _changed(workshop.clone, work.begun, attempts))
    found = remarks(entries, attempts[-1].number if attempts else 0)
    return Proposal(
        run=recorder.run,
        task=task,
        base_commit=workshop.clone.base_commit,
        model=attempts[-1].model if attempts else "",
        scope=lines,
        attempts=attempts,
        created=recorder.history.started_at,
        lost_replies=gone.turns,
        lost_usd=gone.usd,
        remarks=(*found, *unanswered(answers)),
        cache_hit_rate=cache_hit_rate(entries),
        opinion_tokens=tokens,
        opinion_usd=usd,
        answers=answers,
    )


def _changed(clone: Clone, begun: str, attempts: Sequence[Attempt]) -> frozenset[str]:
    """Return the paths in which what is proposed differs from what the run started from."""
    tree = attempts[-1].applied_tree if attempts else ""
    return frozenset(one.path for one in file_changes(clone, begun, tree)) if tree else frozenset()


def facts_of(workshop: Workshop, work: Work) -> Words:
    """Return what the next stage is told: what was done and held, and what was tried in vain."""
    clone = workshop.clone

    def between(before: str, after: str) -> str:
        return diff_text(clone, before, after, limit_bytes=_MAX_DIFF_BYTES)

    done = between(work.begun, work.held) if work.held != work.begun else ""
    tried = between(work.held, work.tree)
    return prompts.earlier_attempt(done, work.plan.present, tried, work.attempts[-1].verdict)
