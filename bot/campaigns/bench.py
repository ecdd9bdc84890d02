"""What the targets of one repository are worked on with, made from its bench."""

from collections.abc import Sequence

from bot.campaigns.step_place import StepPlace, consultation_of, model_name
from bot.campaigns.steps import ask_a_model, steps_of
from bot.gate_room import GateRoom, required
from bot.scratch import private
from bot.wiring import Bench, tools
from bot.workshop import workshop
from validators.clones.ignored import not_ignored
from validators.clones.written_trees import TreePlace, written_tree
from validators.environment import Environment
from validators.processes.staging import owner
from validators.sandbox import TOOLS, Changes, Completed, Limits, Phase
from workflows.authoring import authored_program
from workflows.campaign import Campaign
from workflows.target_attempt import NO_MODEL, Workbench
from workflows.workshop import Watch

# Kinds of steps that need nothing of the target but its files.
_SELF_CONTAINED = frozenset({"ruff", "codemod"})


def migration_bench(bench: Bench, campaign: Campaign, watch: Watch, lease_s: float) -> Workbench:
    """Return a repository's workshop with a campaign's steps."""
    self_contained = all(recipe.kind in _SELF_CONTAINED for recipe in campaign.steps)
    room = None if self_contained else GateRoom(bench)
    shop = workshop(bench, watch)
    program = authored_program(campaign, bench.journal)
    place = StepPlace(
        bench,
        lambda argv, tree: _execute(bench, room, argv, tree),
        consultation_of(bench, campaign, shop, program),
        program,
    )
    model = model_name(bench) if ask_a_model(campaign.steps) else NO_MODEL
    steps = steps_of(campaign.steps, place)
    return Workbench(shop, steps, lease_s, model, program, self_contained)


def _execute(
    bench: Bench, room: GateRoom | None, argv: Sequence[str], base: str
) -> tuple[Completed, Changes]:
    """Run a migration's command over a tree, in the target's environment if there is a ``room``."""
    clone = bench.clone
    environment = room.environment() if room else Environment("", mounts=tools())
    phase = Phase(
        "codemod",
        mounts=environment.mounts,
        # A tool's cache in the tree would look like a change beside the target's files.
        environment={**environment.variables, "RUFF_NO_CACHE": "true"},
        path=(TOOLS, *environment.path),
        require=required(bench),
    )
    place = TreePlace(bench.scratch / "gates", private(bench.settings.state / "trees"), owner())
    tree = written_tree(clone, base, place)
    with bench.sandbox.open(tree, phase, Limits()) as session:
        completed = session.run(argv)
        return completed, not_ignored(clone, clone.base_tree, session.changes())
