"""A finished proposal becomes the file that a publisher reads."""

from validators.checkout import file_changes
from workflows.proposal import BUNDLE_FORMAT, Bundle, Proposal, seal
from workflows.recorder import Recorder
from workflows.workshop import Revision, Workshop


def write_bundle(
    proposal: Proposal, workshop: Workshop, recorder: Recorder, revision: Revision | None = None
) -> str:
    """Seal the proposal into the file that a publisher reads; return its path."""
    attempt = proposal.attempts[-1]
    if attempt.evidence is None:
        raise ValueError(f"run {proposal.run}: a proposal without evidence cannot be shown")
    title, body = workshop.render(proposal, attempt.evidence)
    document, sha256 = seal(
        Bundle(
            format=BUNDLE_FORMAT,
            proposal=proposal,
            base_commit=workshop.clone.base_commit,
            base_tree=workshop.clone.base_tree,
            applied_tree=attempt.applied_tree,
            branch=proposal.task.branch,
            changes=file_changes(workshop.clone, workshop.clone.base_tree, attempt.applied_tree),
            title=title,
            body=body,
            revises=revision.number if revision else 0,
        )
    )
    path = workshop.write_bundle(proposal.run, document)
    recorder.record("bundle.written", sha256=sha256, path=path)
    return path
