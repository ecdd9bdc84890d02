"""What is sealed is the very change that was judged."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from validators.checkout import write_tree
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.proposal import BUNDLE_FORMAT, Attempt, Proposal
from workflows.recorder import Recorder
from workflows.sealing import write_bundle
from workflows.workshop import Revision

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

CHANGES = (
    FileChange("data/one.txt", "100755", b"\x00\xff"),
    FileChange("data/two.txt", "000000"),
    FileChange("new\udcff.bin", "100644", b""),
)


def proposed(studio: "Studio") -> Proposal:
    tree = write_tree(studio.clone, studio.clone.base_tree, CHANGES)
    first = Attempt(1, Verdict("fail"), applied_tree="f" * 40)
    last = Attempt(2, Verdict("pass"), applied_tree=tree, evidence=studio.evidence(tree))
    base = studio.clone.base_commit
    return Proposal("r1", studio.task, base, "scripted", (), (first, last), "2026-11-21T09:00:00Z")


def test_a_bundle_holds_the_last_attempts_files_byte_for_byte(studio: "Studio") -> None:
    proposal = proposed(studio)
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))

    path = write_bundle(proposal, studio.workshop, recorder)

    bundle, sha256 = studio.bundle()
    assert bundle.changes == CHANGES
    assert bundle.applied_tree == proposal.attempts[-1].applied_tree
    assert (bundle.format, bundle.revises, bundle.partial) == (BUNDLE_FORMAT, 0, False)
    assert (bundle.base_commit, bundle.base_tree) == (
        studio.clone.base_commit,
        studio.clone.base_tree,
    )
    assert bundle.branch == "changewright/issue-7-words-counts-spaces"
    assert (bundle.title, bundle.body) == studio.render(
        proposal, studio.evidence(bundle.applied_tree)
    )
    assert bundle.proposal == proposal
    assert studio.data("bundle.written") == [
        {"sha256": sha256, "path": "r1.json", "partial": False}
        | {"files_given": 0, "files_changed": 3, "files_met": 0}
    ]
    assert path == str(studio.folder / "r1.json")


def test_a_revision_names_the_request_it_continues(studio: "Studio") -> None:
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))

    write_bundle(proposed(studio), studio.workshop, recorder, Revision(12, "t", "d", "w", "r0"))

    bundle = studio.bundle()[0]
    assert (bundle.revises, bundle.revised_run) == (12, "r0")


def test_a_proposal_without_evidence_is_a_bug(studio: "Studio") -> None:
    proposal = proposed(studio)
    bare = replace(proposal, attempts=(replace(proposal.attempts[-1], evidence=None),))
    recorder = Recorder(studio.journal, studio.journal.lease("r1", "r1"))

    with pytest.raises(ValueError, match="without evidence cannot be shown"):
        write_bundle(bare, studio.workshop, recorder)

    assert (studio.kinds(), list(studio.folder.glob("*.json"))) == ([], [])
