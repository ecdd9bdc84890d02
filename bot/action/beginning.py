"""What the author's job begins with: what was admitted, the bench for it, and work left before."""

from dataclasses import replace

from bot.action.parcels import admission_in
from bot.action.surroundings import ActionRefusal, Surroundings
from bot.execution import wishes_of
from bot.gate_room import judging
from bot.wiring import Bench
from validators.clones.branches import head_of
from validators.encoding import decode
from workflows.admission import Admission, task_of
from workflows.branching import branch_of
from workflows.history import history_of
from workflows.left_over import left_over
from workflows.ports import Journal
from workflows.recorder import ResumeRefusal
from workflows.revise import revision_at
from workflows.task import Task
from workflows.workshop import Revision, Wishes

# Where a checkout of all branches has those of the forge.
REMOTE = "refs/remotes/origin/"


def admitted_in(around: Surroundings) -> Admission:
    """Return what was admitted; ActionRefusal where nothing was."""
    admission = admission_in(around.folder, around.handed.get("admit", {}).get("sha256", ""))
    if admission is None:
        raise ActionRefusal(f"there is no admission in {around.folder}; admit writes it")
    return admission


def as_asked(opened: Bench, admission: Admission) -> Bench:
    """Return the bench with what the comment asked for: a lower cap, one of the listed models."""
    bench = judging(opened, task_of(admission).change)
    settings = bench.settings
    if admission.run_usd is not None:
        lower = min(settings.budget.usd, admission.run_usd)
        settings = replace(settings, budget=replace(settings.budget, usd=lower))
    stage = admission.model_stage
    if stage and stage not in settings.model_stages:
        raise ActionRefusal(f"model.stages does not list {stage[:80]!r} any more")
    if stage:
        settings = replace(settings, model_stages=(stage,))
    return replace(bench, settings=settings)


def wishes_for(admission: Admission, bench: Bench) -> Wishes:
    """Return how much a run may use, and what it begins with: what it revises, or left-overs."""
    told = {"command": "propose", "model": bench.settings.model, "unsafe": False}
    wishes, asked = wishes_of(bench.settings, told), admission.follow_up
    if asked is not None:
        return replace(wishes, revision=revision_at(admission.issue, asked, bench.clone))
    begun = begun_with(task_of(admission), admission.run, bench, bench.journal)
    return replace(wishes, revision=begun)


def begun_with(task: Task, run: str, bench: Bench, journal: Journal) -> Revision | None:
    """Return the unfinished work that ``run`` of ``journal`` begins with, or began with.

    ResumeRefusal where that does not stand on its branch any more. The branch was checked out with
    the rest.
    """
    branch = branch_of(task, bench.settings.pull_request.branch_template)
    head = head_of(bench.clone.original_git_dir, branch, among=REMOTE)
    begun = history_of(journal.read(run)).started
    if begun is None:
        return left_over(bench.clone, head) if head else None
    if not begun["revision"]:
        return None
    known = decode(journal.get_blob(begun["revision"]), Revision)
    if head is None or left_over(bench.clone, head, known.run) != known:
        raise ResumeRefusal(
            f"run {run} cannot go on: the work of run {known.run}, with which it began, does not"
            f" stand on branch {branch} any more"
        )
    return known
