"""A finished proposal, or what there is of one, becomes the file that a publisher reads."""

from dataclasses import replace
from pathlib import Path

from validators.checkout import file_changes
from workflows.branching import branch_of
from workflows.outbound import refuse_secrets
from workflows.proposal import BUNDLE_FORMAT, Bundle, Proposal, seal
from workflows.recorder import Recorder
from workflows.workshop import Revision, Workshop


def write_bundle(
    proposal: Proposal, workshop: Workshop, recorder: Recorder, revision: Revision | None = None
) -> str:
    """Seal the proposal into the file that a publisher reads; return its path.

    QuarantineRefusal where its words hold a secret.
    The same proposal makes the same bundle again, so a run that died here only writes it anew.
    """
    attempt = proposal.attempts[-1]
    if attempt.evidence is None:
        raise ValueError(f"run {proposal.run}: a proposal without evidence cannot be shown")
    text = workshop.render(proposal, attempt.evidence)
    refuse_secrets(proposal, *text)
    bundle = _bundle(proposal, attempt.applied_tree, text, workshop)
    if revision:
        bundle = replace(
            bundle,
            revises=revision.number,
            revised_run=revision.run,
            revised_head=revision.head,
        )
    return _write(bundle, f"{proposal.run}.json", workshop, recorder)


def write_partial_bundle(
    proposal: Proposal, tree: str, workshop: Workshop, recorder: Recorder
) -> str:
    """Seal ``tree``, the last that landed before a run was stopped; return the file's path."""
    count, has_passed = len(proposal.attempts), proposal.verdict.may_be_shown
    judged = "passed its gates, but" if has_passed else "has not passed its gates and"
    body = (
        f"Run {proposal.run} was stopped in attempt {count}. This is what had landed by then; it"
        f" {judged} is not proposed.\n"
    )
    bundle = unfinished(_bundle(proposal, tree, ("", body), workshop))
    return _write(bundle, f"{proposal.run}.partial.json", workshop, recorder)


def unfinished(bundle: Bundle) -> Bundle:
    """Return ``bundle`` as work that is kept and not shown."""
    return replace(bundle, partial=True, title=f"Unfinished: {bundle.proposal.task.title}")


def _bundle(proposal: Proposal, tree: str, text: tuple[str, str], workshop: Workshop) -> Bundle:
    clone, (title, body) = workshop.clone, text
    return Bundle(
        format=BUNDLE_FORMAT,
        proposal=proposal,
        base_commit=clone.base_commit,
        base_tree=clone.base_tree,
        applied_tree=tree,
        branch=branch_of(proposal.task, workshop.branch_template),
        changes=file_changes(clone, clone.base_tree, tree),
        title=title,
        body=body,
        rules=workshop.rules,
    )


def _write(bundle: Bundle, name: str, workshop: Workshop, recorder: Recorder) -> str:
    document, sha256 = seal(bundle)
    path = workshop.write_bundle(name, document)
    if sha256 not in recorder.history.bundles:
        name = Path(path).name
        counts = _file_counts(bundle)
        recorder.record(
            "bundle.written", sha256=sha256, path=name, partial=bundle.partial, **counts
        )
    return path


def _file_counts(bundle: Bundle) -> dict[str, int]:
    """Return how many files the model was shown, how many it changed, and how many are both."""
    given = {line.path for line in bundle.proposal.scope if line.kind != "map"}
    changed = {change.path for change in bundle.changes}
    met = len(given & changed)
    return {"files_given": len(given), "files_changed": len(changed), "files_met": met}
