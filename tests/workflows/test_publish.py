"""A bundle becomes a branch and one pull request, whatever happened before; a false one nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from scoping.refusal import Refusal
from validators.checkout import write_tree
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.ports import ForgeRefusal, JournalRefusal
from workflows.proposal import Attempt, Bundle, BundleRefusal
from workflows.publish import publish
from workflows.review import Review
from workflows.run import Event, effects, summarise

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

BRANCH = "changewright/issue-7-words-counts-spaces"
MORE = {"data/one.txt": "uno\n"}
PUBLISHED = [
    "effect.intended",
    "effect.settled",
    "effect.intended",
    "effect.settled",
    "run.finished",
]
Git = Callable[..., str]


@pytest.fixture
def proposed(studio: "Studio") -> Bundle:
    return studio.seal()


def with_attempt(bundle: Bundle, attempt: Attempt) -> Bundle:
    return replace(bundle, proposal=replace(bundle.proposal, attempts=(attempt,)))


def with_change(studio: "Studio", bundle: Bundle, change: FileChange) -> Bundle:
    """Return a bundle of another change whose hashes and evidence all agree."""
    tree = write_tree(studio.clone, studio.clone.base_tree, [change])
    attempt = replace(bundle.proposal.attempts[-1], applied_tree=tree)
    attempt = replace(attempt, evidence=studio.evidence(tree))
    return with_attempt(replace(bundle, changes=(change,), applied_tree=tree), attempt)


def test_a_bundle_becomes_a_branch_and_a_pull_request(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    made = publish(*studio.bundle(), studio.press)

    assert studio.branches() == [BRANCH, "main"]
    assert studio.forge.branch_head(BRANCH) == made.head
    repository = studio.folder / "tally"
    assert run_git(repository, "rev-parse", f"{BRANCH}^{{tree}}") == proposed.applied_tree
    assert run_git(repository, "log", "-1", "--format=%P", BRANCH) == proposed.base_commit
    assert run_git(repository, "log", "-1", "--format=%B", BRANCH) == (
        f"{proposed.title}\n\nProposed by changewright for issue 7.\n\nChangewright-Run: r1"
    )
    draft = made.draft
    assert (draft.key, draft.branch, draft.base_branch) == ("issue-7", BRANCH, "main")
    assert (draft.title, draft.body) == (proposed.title, proposed.body)
    assert (draft.run, draft.bundle_sha256, draft.labels) == ("r1", studio.bundle()[1], ("bot",))
    assert studio.kinds()[-5:] == PUBLISHED
    assert summarise(studio.journal.read("r1")).state == "published"
    assert [one.outcome for one in effects(studio.journal.read("r1")).values()] == [
        {"head": made.head},
        {"number": 1},
    ]


def test_a_task_without_a_number_is_named_in_the_commit_as_text(
    studio: "Studio", run_git: Git
) -> None:
    studio.task = replace(studio.task, number="")
    studio.seal()

    made = publish(*studio.bundle(), studio.press)

    message = run_git(studio.folder / "tally", "log", "-1", "--format=%B", made.draft.branch)
    assert "Proposed by changewright for a task given as text." in message


def test_publishing_twice_is_publishing_once(studio: "Studio", proposed: Bundle) -> None:
    first = publish(*studio.bundle(), studio.press)
    kinds = studio.kinds()

    assert publish(*studio.bundle(), studio.press) == first
    assert studio.kinds() == kinds
    assert len(studio.forge.pull_requests()) == 1


def test_publishing_again_does_not_undo_a_decision(studio: "Studio", proposed: Bundle) -> None:
    made = publish(*studio.bundle(), studio.press)
    studio.forge.record_review(Review(made.number, "rejected", "ada", "no", "t"))
    fence = studio.journal.lease("r1", "review")
    ended = {"state": "rejected", "verdict": "pass", "why": "no"}
    studio.journal.append(fence, Event("run.finished", ended))
    studio.journal.release(fence)

    assert publish(*studio.bundle(), studio.press).state == "closed"
    assert summarise(studio.journal.read("r1")).state == "rejected"
    assert len(studio.forge.pull_requests()) == 1


@pytest.mark.parametrize("survivors", [0, 1, 2, 3])
def test_a_publisher_that_died_anywhere_is_taken_up_without_a_second_pull_request(
    studio: "Studio", proposed: Bundle, tmp_path: Path, survivors: int
) -> None:
    first = publish(*studio.bundle(), studio.press)
    # The same run in a journal that ends where the other publisher died; outside, all was done.
    entries = studio.journal.read("r1")
    whole = studio.kinds()
    kept = entries[: len(entries) - len(PUBLISHED) + survivors + 1]
    assert kept[-1].event.kind == PUBLISHED[survivors]
    shorter = SqliteJournal(tmp_path / "shorter.sqlite", lambda: "t", lambda: 1_000.0)
    fence = shorter.lease("r1", "another publisher", ttl_s=0)
    for entry in kept:
        shorter.append(fence, entry.event)
    studio.journal.close()
    studio.journal = shorter

    again = publish(*studio.bundle(), studio.press)

    assert again == first
    assert len(studio.forge.pull_requests()) == 1
    assert studio.kinds() == whole


def test_a_publisher_that_died_before_a_person_rejected_opens_no_second_request(
    studio: "Studio", proposed: Bundle, tmp_path: Path
) -> None:
    made = publish(*studio.bundle(), studio.press)
    studio.forge.record_review(Review(made.number, "rejected", "ada", "no", "t"))
    studio.journal.close()
    studio.journal = SqliteJournal(tmp_path / "empty.sqlite", lambda: "t", lambda: 1_000.0)

    assert publish(*studio.bundle(), studio.press).number == made.number
    assert [one.state for one in studio.forge.pull_requests()] == ["closed"]


def test_a_bundle_from_another_machine_is_introduced_to_this_journal(
    studio: "Studio", proposed: Bundle, tmp_path: Path
) -> None:
    studio.journal.close()
    studio.journal = SqliteJournal(tmp_path / "other.sqlite", lambda: "t", lambda: 1_000.0)

    publish(*studio.bundle(), studio.press)

    assert studio.kinds() == ["run.started", *PUBLISHED]
    assert studio.data("run.started")[0]["imported"] is True
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.task) == ("published", "pass", "issue-7")


def test_a_new_proposal_for_the_same_issue_updates_the_open_request(
    studio: "Studio", proposed: Bundle
) -> None:
    first = publish(*studio.bundle(), studio.press)
    studio.seal("r2", MORE)

    second = publish(*studio.bundle("r2"), studio.press)

    assert second.number == first.number
    assert second.head != first.head
    assert second.draft.run == "r2"


def test_after_a_closed_request_the_same_issue_opens_another(
    studio: "Studio", proposed: Bundle
) -> None:
    first = publish(*studio.bundle(), studio.press)
    studio.forge.record_review(Review(first.number, "rejected", "ada", "no", "t"))
    studio.seal("r2", MORE)

    assert publish(*studio.bundle("r2"), studio.press).number == 2
    assert [one.state for one in studio.forge.pull_requests()] == ["open", "closed"]


def test_a_persons_commits_on_the_branch_are_not_buried(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    publish(*studio.bundle(), studio.press)
    repository = studio.folder / "tally"
    tree = run_git(repository, "rev-parse", f"{BRANCH}^{{tree}}")
    theirs = run_git(repository, "commit-tree", "-p", BRANCH, "-m", "mine", tree)
    run_git(repository, "update-ref", f"refs/heads/{BRANCH}", theirs)
    studio.seal("r2", MORE)

    with pytest.raises(ForgeRefusal, match="somebody worked on it"):
        publish(*studio.bundle("r2"), studio.press)

    assert studio.forge.branch_head(BRANCH) == theirs


def refused(
    studio: "Studio", bundle: Bundle, why: str, kind: type[Refusal] = BundleRefusal
) -> None:
    entries = studio.journal.read(bundle.proposal.run)
    with pytest.raises(kind, match=why):
        publish(bundle, "0" * 64, studio.press)
    assert studio.branches() == ["main"]
    assert studio.forge.pull_requests() == []
    if kind is BundleRefusal:
        assert studio.journal.read(bundle.proposal.run) == entries


def test_changes_that_make_another_tree_are_refused(studio: "Studio", proposed: Bundle) -> None:
    false = replace(proposed, changes=(FileChange("tally.py", "100644", b"import os\n"),))

    refused(studio, false, "do not make the tree that its gates judged")


def test_a_tree_that_the_evidence_is_not_about_is_refused(
    studio: "Studio", proposed: Bundle
) -> None:
    other = with_change(studio, proposed, FileChange("a.py", "100644", b"pass\n"))
    evidence = proposed.proposal.attempts[-1].evidence
    attempt = replace(other.proposal.attempts[-1], evidence=evidence)

    refused(studio, with_attempt(other, attempt), "evidence is about another change")


def test_evidence_of_another_base_is_refused(studio: "Studio", proposed: Bundle) -> None:
    attempt = proposed.proposal.attempts[-1]
    assert attempt.evidence is not None
    evidence = replace(attempt.evidence, base_tree="d" * 40)

    refused(
        studio,
        with_attempt(proposed, replace(attempt, evidence=evidence)),
        "evidence is about another change",
    )


def test_another_base_is_refused(studio: "Studio", proposed: Bundle) -> None:
    why = "not what the repository has there"

    refused(studio, replace(proposed, base_commit="d" * 40), why)
    refused(studio, replace(proposed, base_tree="d" * 40), why)


def test_a_file_that_the_base_protects_is_refused(studio: "Studio", proposed: Bundle) -> None:
    change = FileChange(".github/workflows/x.yml", "100644", b"on: push\n")

    refused(
        studio,
        with_change(studio, proposed, change),
        r"the base's rules forbid this change:\n- \.github/workflows/x\.yml: ",
    )


def test_a_path_that_leaves_the_tree_is_refused(studio: "Studio", proposed: Bundle) -> None:
    change = FileChange("../x.py", "100644", b"")

    refused(studio, replace(proposed, changes=(change,)), "is refused", Refusal)


def test_a_branch_that_is_not_ours_is_refused(studio: "Studio", proposed: Bundle) -> None:
    refused(studio, replace(proposed, branch="main"), "main", ForgeRefusal)


def test_a_partial_bundle_is_refused(studio: "Studio", proposed: Bundle) -> None:
    refused(studio, replace(proposed, partial=True), "run r1 did not pass its gates")


def test_a_bundle_that_failed_is_refused(studio: "Studio", proposed: Bundle) -> None:
    attempt = replace(proposed.proposal.attempts[-1], verdict=Verdict("fail"))

    refused(studio, with_attempt(proposed, attempt), "did not pass its gates")


def test_a_bundle_without_evidence_is_refused(studio: "Studio", proposed: Bundle) -> None:
    attempt = replace(proposed.proposal.attempts[-1], evidence=None)

    refused(studio, with_attempt(proposed, attempt), "did not pass its gates")


def test_a_run_that_is_still_being_written_is_not_published(
    studio: "Studio", proposed: Bundle
) -> None:
    studio.journal.lease("r1", "somebody")

    refused(studio, proposed, "is being written by somebody", JournalRefusal)


def test_a_forge_that_refuses_leaves_an_intention_and_no_lease(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    repository = studio.folder / "tally"
    run_git(repository, "branch", BRANCH)
    run_git(repository, "switch", "--quiet", BRANCH)

    with pytest.raises(ForgeRefusal, match="checked out"):
        publish(*studio.bundle(), studio.press)
    assert studio.kinds()[-1] == "effect.intended"

    run_git(repository, "switch", "--quiet", "main")
    assert publish(*studio.bundle(), studio.press).number == 1
    assert studio.kinds()[-5:] == ["effect.intended", *PUBLISHED[1:]]
