"""A campaign's steps over one target: changes, gates, one proposal.

A target's failure never stops the rest. What a step changes outside its target's files is not
landed: the target fails and says so. What does not pass is tried again by steps that learn, and
then undone step by step, to the last tree that passes. A target that was cut off goes on in its own
run, where each step and each judgement that the journal holds is taken from there.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from scoping.refusal import Refusal
from validators.checkout import file_changes
from validators.encoding import digest, encode
from validators.verdict import VerdictWord
from workflows.applying import Made, applied
from workflows.campaign import MOST_LEFT, Campaign, FailureReason, Target, TargetResult
from workflows.migration_step import StepInput
from workflows.ports import Held, Journal, StaleFence
from workflows.proposal import Attempt, Proposal
from workflows.recorder import Recorder, leased, recording
from workflows.run import Fence
from workflows.sealing import write_bundle
from workflows.target_attempt import NO_MODEL, Workbench, attempt_of, cause_of, told_of
from workflows.task import Task

# After these another try would come to the same, or may not be made.
_FINAL: frozenset[FailureReason] = frozenset({"model", "budget", "spent"})


def announce(campaign: Campaign, told: Mapping[str, object], journal: Journal) -> None:
    """Write down what a campaign is and what its command was told, where that is news."""
    stream = f"campaign-{campaign.key}"
    with leased(journal, stream, f"campaign {campaign.key}") as fence:
        pen = Recorder(journal, fence)
        plan = pen.keep(campaign)
        known = [e.event.data for e in journal.read(stream) if e.event.kind == "campaign.started"]
        if not known or known[-1]["plan"] != plan:
            pen.record("campaign.started", campaign=campaign.key, plan=plan, told=told)


def run_target(
    campaign: Campaign, target: Target, fence: Fence, bench: Workbench, new_run: Callable[[], str]
) -> TargetResult:
    """Work on one target under its ``fence``; return what became of it; raises only for a bug.

    Held while a worker that stands still may write the target's run.
    """
    workshop = bench.workshop
    pen = Recorder(workshop.journal, fence, workshop.watch.entry)
    run = _cut_off(pen)
    if not run:
        run = new_run()
        pen.record("target.started", run=run)
    try:
        result = _run((campaign, target), run, bench, pen)
    except StaleFence as lost:
        return TargetResult(target.key, "running", run, cause=str(lost))
    except Held:
        raise
    except Refusal as refusal:
        result = TargetResult(target.key, "failed", run, cause=str(refusal), reason="refused")
    pen.record("target.finished", result=result)
    return result


def _cut_off(pen: Recorder) -> str:
    """Return the run that a worker began for the target and did not end, or ""."""
    for entry in reversed(pen.entries()):
        if entry.event.kind == "target.started":
            return str(entry.event.data["run"])
        if entry.event.kind == "target.finished":
            break
    return ""


def _run(unit: tuple[Campaign, Target], run: str, bench: Workbench, pen: Recorder) -> TargetResult:
    """Work on one target as ``run``, from where the journal says it was left."""
    campaign, target = unit
    task, workshop = task_of(campaign, target), bench.workshop
    start = {
        "task": task,
        "task_key": task.key,
        "base_commit": workshop.clone.base_commit,
        "model": bench.model,
        "rules_sha256": digest(encode(workshop.rules)),
        "campaign": campaign.key,
        "target": target.key,
    }
    with recording(workshop.journal, run, start, workshop.watch.entry, bench.lease_s) as recorder:
        result, verdict = _work(unit, bench, recorder, pen)
        state = "failed" if verdict == "infrastructure" else "nothing"
        state = "proposed" if result.state == "gated" else state
        recorder.record(
            "run.finished", state=state, verdict=verdict, why=result.cause or result.state
        )
        return result


def task_of(campaign: Campaign, target: Target) -> Task:
    """Return the task that one target's pull request answers; it is the same on every base."""
    template = campaign.template
    title = template.title
    if "{shard}" in title:
        title = title.replace("{shard}", target.name or "all files")
    elif target.name:
        title = f"{title} in {target.name}"
    return Task(
        title=title,
        body=template.body,
        repository=target.repository,
        base=campaign.branch or target.base,
        kind="migration",
        campaign=campaign.name,
        shard=target.name if campaign.name else "",
    )


def _work(
    unit: tuple[Campaign, Target], bench: Workbench, recorder: Recorder, pen: Recorder
) -> tuple[TargetResult, VerdictWord]:
    """Return what became of a target, and the word its run ends with."""
    (campaign, target), workshop, run = unit, bench.workshop, recorder.run
    if not bench.self_contained and (trouble := workshop.prepare(recorder)):
        return _without_environment(target, run, trouble), "infrastructure"
    tries = campaign.attempts if any(step.learns for step in bench.steps) else 1
    attempts: list[Attempt] = []
    told = ""
    for number in range(1, tries + 1):
        given = StepInput(target, workshop.clone.base_tree, told, recorder)
        made = applied(bench.steps, number, given, workshop.clone)
        if made.failed is None and made.trees[-1] == workshop.clone.base_tree:
            return _left_in(TargetResult(target.key, "unchanged", run, tries=number), made), "pass"
        if made.failed is None:
            if bench.self_contained and (trouble := workshop.prepare(recorder)):
                return _without_environment(target, run, trouble), "infrastructure"
            pen.record("target.changed", tree=made.trees[-1], files=len(made.hows))
            attempts.append(attempt_of(len(attempts) + 1, made.trees[-1], made, bench, recorder))
            if attempts[-1].verdict.may_be_shown or attempts[-1].verdict.word == "infrastructure":
                break
        elif made.failed.reason in _FINAL:
            break
        told = made.failed.trouble if made.failed else told_of(attempts[-1].verdict)
    return _concluded(unit, (made, attempts, number), bench, recorder)


def _without_environment(target: Target, run: str, trouble: str) -> TargetResult:
    cause = f"the target's environment could not be built: {trouble}"
    return TargetResult(target.key, "failed", run, cause=cause, reason="environment")


def _concluded(
    unit: tuple[Campaign, Target],
    tried: tuple[Made, list[Attempt], int],
    bench: Workbench,
    recorder: Recorder,
) -> tuple[TargetResult, VerdictWord]:
    """Propose the last tree that passes, which may be one before the last step."""
    (campaign, target), (made, attempts, tries), run = unit, tried, recorder.run
    changed = len(made.hows)
    cause, reason, word = _objection(made, attempts)
    if cause:
        undone = (
            _last_green(made, attempts, bench, recorder) if reason != "infrastructure" else None
        )
        if undone is None:
            changed = 0 if made.failed else changed
            failed = TargetResult(target.key, "failed", run, "", cause, changed)
            return _left_in(replace(failed, reason=reason, tries=tries), made), word
        kept = made.trees.index(undone.applied_tree) + 1
        cause = f"only {kept} of {len(bench.steps)} steps are in it; with the next: {cause}"
        attempts.append(undone)
        changed = len(undone.edits)
    clone = bench.workshop.clone
    created = recorder.history.started_at
    task = task_of(campaign, target)
    model = bench.model if any(one.replies for one in attempts) else NO_MODEL
    proposal = Proposal(run, task, clone.base_commit, model, made.shown, tuple(attempts), created)
    proposal = replace(proposal, program=bench.program)
    path = write_bundle(proposal, bench.workshop, recorder)
    gated = TargetResult(target.key, "gated", run, path, cause, changed, tries=tries)
    return _left_in(gated, made), attempts[-1].verdict.word


def _left_in(result: TargetResult, made: Made) -> TargetResult:
    return replace(result, left=made.left[:MOST_LEFT], left_count=len(made.left))


def _objection(made: Made, attempts: list[Attempt]) -> tuple[str, FailureReason, VerdictWord]:
    """Return why the last try may not be shown, or ""; and the word that the run ends with then."""
    if made.failed is not None:
        return made.failed.trouble, made.failed.reason or "step", "fail"
    verdict = attempts[-1].verdict
    if verdict.may_be_shown:
        return "", "", verdict.word
    reason: FailureReason = "infrastructure" if verdict.word == "infrastructure" else "gates"
    return cause_of(verdict), reason, verdict.word


def _last_green(
    made: Made, attempts: list[Attempt], bench: Workbench, recorder: Recorder
) -> Attempt | None:
    """Return the attempt that is left when steps are undone from the last on, until one passes.

    What stands before a step that failed is kept only where that asks a model: a command may be
    what makes the change of those before it whole.
    """
    clone, trees = bench.workshop.clone, made.trees[:-1]
    if made.failed is not None:
        is_model = bench.steps[len(made.trees)].learns and made.failed.reason != "spent"
        trees = made.trees if is_model else ()
    seen = {clone.base_tree} | ({made.trees[-1]} if made.failed is None else set())
    number = len(attempts)
    for tree in reversed(trees):
        if tree in seen:
            continue
        seen.add(tree)
        number += 1
        touched = {change.path for change in file_changes(clone, clone.base_tree, tree)}
        part = replace(made, hows={p: how for p, how in made.hows.items() if p in touched})
        attempt = attempt_of(number, tree, part, bench, recorder)
        if attempt.verdict.may_be_shown:
            return attempt
    return None
