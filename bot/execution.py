"""One run carried out on an opened bench, whether it begins or is taken up again."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.bundle_files import found_bundle, published_bundle, read_bundle
from bot.gate_room import judging
from bot.settings import Settings
from bot.wiring import Bench
from bot.workshop import models_for, workshop
from validators.checkout import Clone, write_tree
from validators.encoding import decode, encode
from workflows.history import History
from workflows.ports import JournalRefusal
from workflows.proposal import BundleRefusal
from workflows.propose import propose
from workflows.revise import AnsweredReview, revision_of
from workflows.rounds import RoundLimits, RoundsRefusal, rounds_of
from workflows.run_facts import RunFacts, facts_of
from workflows.task import Task
from workflows.thread_answers import revision_in
from workflows.threads import waiting
from workflows.unfinished import left_behind, start_of
from workflows.workshop import Outcome, Revision, Watch, Wishes


def begin_task(task: Task, bench: Bench, told: Mapping[str, Any], watch: Watch) -> Outcome:
    """Work on ``task`` in a new run, or in one of the same words that a dead process left."""
    task = replace(task, kind=bench.settings.rules.kind)
    shop, wishes = workshop(bench, watch), wishes_of(bench.settings, told)
    start = start_of(task, "", shop, wishes)
    run = left_behind(bench.journal, start) or bench.new_run()
    return propose(task, run, models_for(bench, run), shop, wishes)


def begin_revision(number: int, bench: Bench, told: Mapping[str, Any], watch: Watch) -> Outcome:
    """Answer the newest review of pull request ``number`` in a new run, or one left behind."""
    pull_request = bench.forge.pull_request(number)
    earlier = published_bundle(bench.settings.state, pull_request)
    bench = judging(bench, earlier.proposal.task.change)
    shop = workshop(bench, watch)
    threads = waiting(bench.forge.threads(number))
    answered = _answered(number, bench) if threads else ()
    revision = revision_of(pull_request, earlier, bench.clone, threads, answered)
    wishes = replace(wishes_of(bench.settings, told), revision=revision)
    start = start_of(earlier.proposal.task, "", shop, wishes)
    run = left_behind(bench.journal, start)
    if not run:
        run, wishes = bench.new_run(), _one_more_round(number, wishes, bench)
    return propose(earlier.proposal.task, run, models_for(bench, run), shop, wishes)


def go_on(run: str, history: History, bench: Bench, watch: Watch) -> Outcome:
    """Take up a run of the journal where it stopped."""
    begun = history.started or {}
    task = decode(encode(begun["task"]), Task)
    bench = judging(bench, task.change)
    wishes = wishes_of(bench.settings, begun["told"])
    if begun["revision"]:
        revision = decode(bench.journal.get_blob(begun["revision"]), Revision)
        lay_again(revision, bench.clone, bench.settings.state)
        wishes = replace(wishes, revision=revision)
    return propose(task, run, models_for(bench, run), workshop(bench, watch), wishes)


def wishes_of(settings: Settings, told: Mapping[str, Any]) -> Wishes:
    """Return how much a run may use."""
    caps = settings.caps
    return Wishes(settings.budget, settings.max_attempts, settings.candidates, caps=caps, told=told)


def _one_more_round(number: int, wishes: Wishes, bench: Bench) -> Wishes:
    """Return what one more revision may use; RoundsRefusal where there have been enough."""
    wanted = bench.settings.pull_request
    limits = RoundLimits(wanted.max_rounds, wanted.max_usd)
    rounds = rounds_of(number, _facts_here(bench))
    if told := rounds.objection(limits):
        raise RoundsRefusal(f"{told} (pull request {number})")
    left = rounds.left_usd(limits)
    if left is None:
        return wishes
    return replace(wishes, budget=replace(wishes.budget, usd=min(left, wishes.budget.usd)))


def _answered(number: int, bench: Bench) -> Iterator[AnsweredReview]:
    """Yield the words about a pull request that runs of this journal answered without a commit."""
    journal = bench.journal
    for one in _facts_here(bench):
        if one.revises == number and one.answered:
            revision = None
            with suppress(JournalRefusal):  # what was dropped with age is asked once more
                revision = revision_in(journal.read(one.run), journal.get_blob)
            if revision is not None:
                yield AnsweredReview(one.started, revision.words)


def _facts_here(bench: Bench) -> Iterator[RunFacts]:
    """Yield what is known of the runs of the bench's repository."""
    place = str(bench.clone.repository)
    known = facts_of(bench.journal.follow()).values()
    return (one for one in known if one.repository == place)


def lay_again(revision: Revision, clone: Clone, state: Path) -> None:
    """Have the tree that a revision starts from in ``clone``, too."""
    place = found_bundle(state, f"{revision.run}.json")
    if not place:
        raise BundleRefusal(
            f"the bundle of run {revision.run}, which is revised, is not in {state / 'bundles'};"
            " `changewright journal import` brings it back"
        )
    earlier, _ = read_bundle(Path(place))
    if write_tree(clone, clone.base_tree, earlier.changes) != revision.tree:
        raise BundleRefusal(f"{place} is not the bundle that is revised; put that back")
