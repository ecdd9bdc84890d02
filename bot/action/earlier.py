"""What an earlier workflow run left of the same request, looked for before a new run is begun.

The journal's branch says which run was stopped and which workflow run worked on it. What that one
handed on is kept by the forge for some days; it is named here and fetched by the step after this.
"""

import time
from dataclasses import replace
from pathlib import Path

from bot.action.issue_forge import IssueForge
from bot.action.parcels import PROPOSAL
from bot.action.report import Summary
from scoping.refusal import Refusal
from validators.clones.own_repository import open_own
from workflows.admission import Admission, task_of
from workflows.journal_branch import JournalBranch, text_hash
from workflows.ports import ForgeRefusal
from workflows.stopped_runs import StoppedRun, stopped_run

# As it is kept, packed; unpacked a run's file may have 256 MiB.
_MAX_BYTES = 256 * 1024**2


def going_on(
    admission: Admission, forge: IssueForge, own: Path, summary: Summary
) -> tuple[Admission, str]:
    """Return the admission, of a stopped run where there is one, and the workflow run that has it.

    Whatever keeps it from being found is said, and a new run begins.
    """
    if admission.answers or admission.model_stage or admission.follow_up:
        return admission, ""
    try:
        found = _found(admission, forge, own)
        if found is None:
            return admission, ""
        _require_kept(found, admission, forge)
    except Refusal as refusal:
        summary.say(f"No earlier run is gone on with: {refusal}")
        return admission, ""
    summary.say(f"Run {found.run}, which was stopped, is gone on with.")
    known = replace(admission, run=found.run, base_commit=found.base_commit)
    return replace(known, earlier_sha256=found.journal_sha256), found.delivery


def _found(admission: Admission, forge: IssueForge, own: Path) -> StoppedRun | None:
    task = task_of(admission)
    records = JournalBranch(forge, open_own(own), time.sleep).read()
    return stopped_run(records, task.key, text_hash(task.title, task.body))


def _require_kept(found: StoppedRun, admission: Admission, forge: IssueForge) -> None:
    """Refuse what is gone, and what no workflow of the base branch itself has made."""
    kept = forge.artifact(found.delivery, PROPOSAL)
    if kept is None:
        raise ForgeRefusal(f"what run {found.run} left is not kept any more")
    if kept.is_foreign or kept.branch != admission.base_branch:
        raise ForgeRefusal(
            f"what run {found.run} left was made by a workflow of another branch, {kept.branch!r}"
        )
    if kept.size > _MAX_BYTES:
        raise ForgeRefusal(f"what run {found.run} left has {kept.size} bytes, more than is read")
    base = found.base_commit
    if base != admission.base_commit and forge.base_branch(base) != admission.base_branch:
        raise ForgeRefusal(f"run {found.run} began on commit {base[:12]}, which another branch has")
