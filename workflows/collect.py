"""What became of our pull requests is looked up and written down, again and again, each once.

Which there are the journal says: every one was an effect of a run. What is settled is not looked at
any more, so that each collection costs what is new. The forge is read; the one thing said there is
the question why something was closed, and that once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from scoping.refusal import Refusal
from validators.checkout import Clone
from validators.clones.ancestry import has_commit, is_ancestor
from workflows.aftermath import Trees, aftermath_of, changed_by_us, merge_commit_of
from workflows.ports import Forge
from workflows.pull_request import PullRequest
from workflows.pull_request_outcome import (
    MOST_PATHS,
    REASON_DAYS,
    OutcomeState,
    PullRequestOutcome,
    days_after,
    utc,
)
from workflows.reasons import QUESTION_KEY, is_question, labelled, question, reviewed, ticked
from workflows.review import RejectionKind
from workflows.run_facts import RunFacts
from workflows.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Collector:
    """Where is looked: the forge, its tracker if it has people, and a clone to have commits in.

    ``may_tick`` says whether the box in a comment of a pull request, by their numbers, was ticked
    by somebody who may, as far as the forge knows who it was.
    """

    forge: Forge
    tracker: Tracker | None
    clone: Clone
    now_iso: str
    may_tick: Callable[[int, int], bool] = lambda _number, _comment: True


@dataclass(frozen=True, slots=True)
class Collected:
    """What was found out about one pull request: its run and outcome, or the ``trouble`` there was.

    It ``is_asked`` when people have been asked why it was closed.
    """

    run: str
    number: int
    outcome: PullRequestOutcome | None = None
    trouble: str = ""
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class _Made:
    """A pull request that runs made; ``run`` is the newest, on ``base``, and ``task`` theirs."""

    number: int
    run: str
    task: str
    base: str
    known: PullRequestOutcome | None


def collect(facts: Iterable[RunFacts], collector: Collector) -> Iterator[Collected]:
    """Yield what is new about the pull requests of the runs in ``facts``, oldest first.

    One that cannot be looked at does not keep the others from it.
    """
    made = _made(facts)
    for number in sorted(made):
        one = made[number]
        if one.known is not None and one.known.is_settled(collector.now_iso):
            continue
        try:
            found = _look(one, collector, _later(one, made.values()))
        except Refusal as refusal:
            yield Collected(one.run, number, trouble=str(refusal))
            continue
        if found.outcome != one.known:
            yield found


def _made(facts: Iterable[RunFacts]) -> Mapping[int, _Made]:
    found: dict[int, _Made] = {}
    for one in sorted(facts, key=lambda one: one.drafted):
        if one.number:
            before = found.get(one.number)
            known = one.outcome or (before.known if before else None)
            found[one.number] = _Made(one.number, one.run, one.task, one.base, known)
    return found


def _later(one: _Made, others: Iterable[_Made]) -> bool:
    return any(other.task == one.task and other.number > one.number for other in others)


def _look(one: _Made, collector: Collector, has_successor: bool) -> Collected:  # noqa: FBT001 - one of three facts
    pull_request = collector.forge.pull_request(one.number)
    if not pull_request.draft.base_commit:  # somebody wrote its description anew
        draft = replace(pull_request.draft, base_commit=one.base)
        pull_request = replace(pull_request, draft=draft)
    outcome = PullRequestOutcome(
        number=one.number,
        task=one.task,
        state="pending",
        opened=utc(pull_request.created),
        reviewed=min((utc(one.at) for one in pull_request.reviews if one.at), default=""),
        ended=utc(pull_request.ended),
        rounds=sum(one.verdict == "changes-requested" for one in pull_request.reviews),
    )
    outcome = _with_trees(outcome, pull_request, collector, one.known, has_successor)
    if pull_request.state == "merged" or outcome.aftermath is not None:
        return Collected(one.run, one.number, replace(outcome, state="accepted"))
    if pull_request.state == "open":
        return Collected(one.run, one.number, outcome)
    before = one.known.reason if one.known else ""
    reason, is_asked = _reason(pull_request, outcome, collector, before, has_successor)
    state: OutcomeState = "superseded" if has_successor and not reason else "rejected"
    return Collected(
        one.run, one.number, replace(outcome, state=state, reason=reason), "", is_asked
    )


def _with_trees(
    outcome: PullRequestOutcome,
    pull_request: PullRequest,
    collector: Collector,
    before: PullRequestOutcome | None,
    has_successor: bool,  # noqa: FBT001 - as above
) -> PullRequestOutcome:
    """Add what the commits tell; a head or base that is gone tells nothing."""
    trees = _trees(pull_request, collector)
    if trees is None:
        return outcome
    lines, paths = changed_by_us(trees)
    # What a later one has on the same branch holds the commits of the one that was closed.
    is_over = pull_request.state == "closed" and has_successor
    merge = "" if is_over else merge_commit_of(trees)
    known = replace(outcome, lines=lines, files=len(paths), paths=paths[:MOST_PATHS])
    if not merge:
        return known
    ended = known.ended
    if pull_request.state != "merged":  # past the forge, which cannot say when
        was_known = before is not None and before.state == "accepted"
        ended = before.ended if before and was_known else collector.now_iso
    dated = replace(trees, pull_request=replace(pull_request, ended=ended))
    standing = collector.forge.branch_head(pull_request.draft.branch)
    if standing is not None and is_ancestor(trees.own.git_dir, standing, merge):
        # People's commits went onto the branch, and into the merge, past the forge.
        dated = replace(dated, head=standing)
    aftermath = aftermath_of(dated, merge)
    return replace(known, ended=ended, aftermath=aftermath) if aftermath else known


def _trees(pull_request: PullRequest, collector: Collector) -> Trees | None:
    forge, git_dir = collector.forge, collector.clone.git_dir
    branch, head = pull_request.draft.base_branch, pull_request.head
    if not has_commit(git_dir, head):
        fetched = forge.fetch_pull_request(pull_request.number, git_dir)
        if fetched is None:
            return None
        head = fetched
    base_head = forge.branch_head(branch)
    if base_head is not None and not has_commit(git_dir, base_head):
        base_head = forge.fetch_branch(branch, git_dir)
    if base_head is None or not has_commit(git_dir, pull_request.draft.base_commit):
        return None
    return Trees(collector.clone, pull_request, head, base_head)


def _reason(
    pull_request: PullRequest,
    outcome: PullRequestOutcome,
    collector: Collector,
    before: RejectionKind | Literal[""],
    has_successor: bool,  # noqa: FBT001 - as above
) -> tuple[RejectionKind | Literal[""], bool]:
    """Return why it was closed, where anybody said or had said so ``before``, and if it is asked.

    Nobody is asked about one that a later one took the place of.
    """
    said = reviewed(pull_request) or labelled(pull_request.draft.labels)
    if said is not None or collector.tracker is None:
        return said or before, False
    number = pull_request.number
    asked = [one for one in collector.tracker.comments(number) if one.is_ours]
    asked = [one for one in asked if is_question(one.body)]
    if asked:
        kind = ticked(asked[0].body)
        may_tick = kind is not None and collector.may_tick(number, asked[0].id)
        return kind if kind and may_tick else before, True
    is_late = collector.now_iso > days_after(outcome.ended, REASON_DAYS)
    if before or has_successor or is_late:
        return before, False
    collector.forge.comment(number, question(), QUESTION_KEY)
    return "", True
