"""One run or campaign carried out on an opened bench, whether it begins or is taken up again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bundle_files import found_bundle, published_bundle, read_bundle
from bot.gate_room import judging
from bot.settings import Settings
from bot.wiring import Bench, engine_of
from bot.workshop import migration_bench, models_for, workshop
from validators.checkout import write_tree
from validators.encoding import decode, encode
from workflows.campaign import EngineLimits
from workflows.history import History
from workflows.proposal import BundleRefusal
from workflows.propose import propose
from workflows.revise import revision_of
from workflows.task import Task
from workflows.unfinished import left_behind, start_of
from workflows.workshop import Outcome, Revision, Watch, Wishes

if TYPE_CHECKING:
    from workflows.campaign import Campaign, TargetResult
    from workflows.campaign_plan import ShardBy


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
    revision = revision_of(pull_request, earlier, bench.clone)
    wishes = replace(wishes_of(bench.settings, told), revision=revision)
    start = start_of(earlier.proposal.task, "", shop, wishes)
    run = left_behind(bench.journal, start) or bench.new_run()
    return propose(earlier.proposal.task, run, models_for(bench, run), shop, wishes)


def go_on(run: str, history: History, bench: Bench, watch: Watch) -> Outcome:
    """Take up a run of the journal where it stopped."""
    begun = history.started or {}
    task = decode(encode(begun["task"]), Task)
    bench = judging(bench, task.change)
    wishes = wishes_of(bench.settings, begun["told"])
    if begun["revision"]:
        revision = decode(bench.journal.get_blob(begun["revision"]), Revision)
        _lay_again(revision, bench)
        wishes = replace(wishes, revision=revision)
    return propose(task, run, models_for(bench, run), workshop(bench, watch), wishes)


def carry_out(
    bench: Bench, told: Mapping[str, Any], watch: Watch
) -> "tuple[Campaign, list[TargetResult]]":
    """Run the campaign that ``told`` describes, as far as it is not done already."""
    from workflows.campaign_plan import plan  # noqa: PLC0415 - only a campaign's
    from workflows.migrate import announce, run_target  # noqa: PLC0415 - only a campaign's

    work = migration_bench(judging(bench, "refactor"), watch)
    shard: ShardBy = told["shard"]
    campaign = plan(told["rule"], told["on"], work.workshop, shard)
    announce(campaign, told, bench.journal)
    results = engine_of(bench).execute(
        campaign,
        lambda one, target, fence: run_target(one, target, fence, work, bench.new_run),
        EngineLimits(workers=1),
    )
    return campaign, list(results)


def wishes_of(settings: Settings, told: Mapping[str, Any]) -> Wishes:
    """Return how much a run may use."""
    caps = settings.caps
    return Wishes(settings.budget, settings.max_attempts, settings.candidates, caps=caps, told=told)


def _lay_again(revision: Revision, bench: Bench) -> None:
    """Have the tree that a revision starts from in this clone, too."""
    place = found_bundle(bench.settings.state, f"{revision.run}.json")
    if not place:
        raise BundleRefusal(
            f"the bundle of run {revision.run}, which is revised, is not in"
            f" {bench.settings.state / 'bundles'}; `changewright journal import` brings it back"
        )
    earlier, _ = read_bundle(Path(place))
    clone = bench.clone
    if write_tree(clone, clone.base_tree, earlier.changes) != revision.tree:
        raise BundleRefusal(f"{place} is not the bundle that is revised; put that back")
