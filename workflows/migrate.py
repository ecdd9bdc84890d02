"""One recipe over many targets: a command in the sandbox, gates, one proposal per target.

A target's failure never stops the rest. What a command changes outside its target's files is not
landed: the target fails and says so. A campaign that is started again goes on: targets that were
done stay done, one that was cut off goes on in its own run, and those that failed are tried anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from scoping.refusal import Refusal
from validators.checkout import write_tree
from validators.encoding import decode, digest, encode
from validators.sandbox import Changes, Completed, FileChange
from validators.verdict import Finding, Verdict, VerdictWord
from workflows.campaign import Campaign, Target, TargetResult
from workflows.ports import Journal, StaleFence
from workflows.proposal import Attempt, EditReport, Proposal
from workflows.recorder import Recorder, leased, recording
from workflows.run import Fence
from workflows.sealing import write_bundle
from workflows.steps import judged, note_attempt
from workflows.task import Task
from workflows.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a target is worked on with.

    ``execute`` runs an argv over the base tree in the sandbox and tells how it ended and what it
    changed, files that the base ignores left out.
    """

    workshop: Workshop
    execute: Callable[[Sequence[str]], tuple[Completed, Changes]]


def announce(campaign: Campaign, told: Mapping[str, object], journal: Journal) -> None:
    """Write down, once, what a campaign is and what its command was told."""
    stream = f"campaign-{campaign.key}"
    with leased(journal, stream, f"campaign {campaign.key}") as fence:
        if not any(entry.event.kind == "campaign.started" for entry in journal.read(stream)):
            pen = Recorder(journal, fence)
            pen.record(
                "campaign.started", campaign=campaign.key, plan=pen.keep(campaign), told=told
            )


def run_target(
    campaign: Campaign, target: Target, fence: Fence, bench: Workbench, new_run: Callable[[], str]
) -> TargetResult:
    """Work on one target under its ``fence``; return what became of it; raises only for a bug.

    A result that the journal holds is not made again, unless it was a failure.
    """
    workshop = bench.workshop
    pen = Recorder(workshop.journal, fence, workshop.watch.entry)
    known, run = _known(pen, workshop)
    if known is not None:
        return known
    if not run:
        run = new_run()
        pen.record("target.started", run=run)
    try:
        result = _run(campaign, target, run, bench)
    except StaleFence as lost:
        return TargetResult(target.key, "running", run, cause=str(lost))
    except Refusal as refusal:
        result = TargetResult(target.key, "failed", run, cause=str(refusal))
    pen.record("target.finished", result=result)
    return result


def _known(pen: Recorder, workshop: Workshop) -> tuple[TargetResult | None, str]:
    """Return the result to keep, or the run that was cut off; neither for one to be begun."""
    run = ""
    for entry in reversed(pen.entries()):
        data = entry.event.data
        if entry.event.kind == "target.started":
            run = data["run"]
            break
        if entry.event.kind == "target.finished":
            result = decode(encode(data["result"]), TargetResult)
            # The folder may have been moved since, and a bundle may have been removed.
            result = replace(result, bundle=workshop.find_bundle(result.run))
            is_there = result.state == "unchanged" or (result.state == "gated" and result.bundle)
            return (result if is_there else None), ""
    return None, run


def _run(campaign: Campaign, target: Target, run: str, bench: Workbench) -> TargetResult:
    """Work on one target as ``run``, from where the journal says it was left."""
    task = task_of(campaign, target)
    workshop = bench.workshop
    start = {
        "task": task,
        "task_key": task.key,
        "base_commit": workshop.clone.base_commit,
        "model": "none",
        "rules_sha256": digest(encode(workshop.rules)),
        "campaign": campaign.key,
        "target": target.key,
    }
    with recording(workshop.journal, run, start, workshop.watch.entry) as recorder:
        result, verdict = _work(task, (campaign, target), bench, recorder)
        state = "failed" if verdict == "infrastructure" else "nothing"
        state = "proposed" if result.state == "gated" else state
        recorder.record(
            "run.finished", state=state, verdict=verdict, why=result.cause or result.state
        )
        return result


def task_of(campaign: Campaign, target: Target) -> Task:
    """Return the task that one target's pull request answers."""
    folder = PurePosixPath(target.paths[0]).parent if len(campaign.targets) > 1 else None
    place = f" in {folder}" if folder is not None else ""
    body = (
        f"Ran this command over {len(target.paths)} files{place}, of those matching"
        f" {' '.join(campaign.on)}:\n\n    {' '.join(campaign.rule)}"
    )
    return Task(
        title=f"{campaign.title}{place}",
        body=body,
        repository=target.repository,
        base=campaign.base,
        kind="migration",
    )


def _work(
    task: Task, unit: tuple[Campaign, Target], bench: Workbench, recorder: Recorder
) -> tuple[TargetResult, VerdictWord]:
    """Return what became of a target, and the word its run ends with."""
    (campaign, target), workshop, run = unit, bench.workshop, recorder.run
    clone = workshop.clone
    no_environment = workshop.prepare(recorder)
    if no_environment:
        cause = f"the target's environment could not be built: {no_environment}"
        return TargetResult(target.key, "failed", run, cause=cause), "infrastructure"
    trouble, changes = _changes(unit, bench, recorder)
    if trouble:
        return TargetResult(target.key, "failed", run, cause=trouble), "fail"
    tree = write_tree(clone, clone.base_tree, changes)
    if tree == clone.base_tree:
        return TargetResult(target.key, "unchanged", run), "pass"
    verdict, evidence = judged(1, tree, workshop, recorder)
    edits = tuple(EditReport(change.path, landed=True, how="command") for change in changes)
    summary = f"Made by the command, not by a model: {' '.join(campaign.rule)}"
    attempt = Attempt(1, verdict, edits, tree, summary, usd=0.0, evidence=evidence)
    note_attempt(attempt, recorder)
    if not verdict.may_be_shown:
        failed = TargetResult(target.key, "failed", run, "", _cause(verdict), len(changes))
        return failed, verdict.word
    created = recorder.history.started_at
    proposal = Proposal(run, task, clone.base_commit, "none", (), (attempt,), created)
    path = write_bundle(proposal, workshop, recorder)
    return TargetResult(target.key, "gated", run, path, "", len(changes)), verdict.word


def _changes(
    unit: tuple[Campaign, Target], bench: Workbench, recorder: Recorder
) -> tuple[str, tuple[FileChange, ...]]:
    """Run the command, once; return why its result may not be used, or what it changed."""
    known = recorder.history.command
    if known is not None:
        changed = decode(recorder.kept(known["changes"]), tuple[FileChange, ...])
        return known["trouble"], changed
    campaign, target = unit
    # A stranger named the files, and a name must not be taken for an option.
    names = (f"./{path}" if path.startswith("-") else path for path in target.paths)
    completed, changes = bench.execute((*campaign.rule, *names))
    trouble = _trouble(completed, changes, target)
    recorder.record(
        "command.finished",
        outcome=completed.outcome,
        code=completed.code,
        trouble=trouble,
        changes=recorder.keep(changes.files),
    )
    return trouble, changes.files


def _trouble(completed: Completed, changes: Changes, target: Target) -> str:
    """Return why a command's result may not be used, or an empty string."""
    if completed.outcome not in {"ok", "failed"}:
        return f"the command ended with {completed.outcome}: {completed.detail or 'see its output'}"
    if changes.refused:
        path, why = changes.refused[0]
        return f"the command left something that cannot be part of a change: {path}: {why}"
    strays = sorted({change.path for change in changes.files} - set(target.paths))
    if strays:
        return f"the command changed {len(strays)} files outside its target, first {strays[0]}"
    if completed.outcome == "failed" and not changes.files:
        tail = (completed.stderr.text or completed.stdout.text).strip()[-300:]
        return f"the command failed with exit code {completed.code}: {tail}"
    return ""


def _cause(verdict: Verdict) -> str:
    findings: tuple[Finding, ...] = verdict.blocking or verdict.findings
    first = findings[0].message.strip().partition("\n")[0] if findings else ""
    return f"{verdict.word}: {first}" if first else f"verdict {verdict.word}"
