"""A bundle becomes a branch and one pull request, whatever happened before; a false one nothing."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from scoping.refusal import Refusal
from tests.ending import LIMIT_S
from validators.checkout import write_tree
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.budget import Budget
from workflows.ports import ForgeRefusal, Held, JournalRefusal, StaleFence
from workflows.press import AlreadyOpen, Published
from workflows.proposal import Attempt, Bundle, BundleRefusal, seal
from workflows.publish import publish
from workflows.pull_request import PullRequest
from workflows.review import Review
from workflows.run import Entry, Event, effects, summarise

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


def shown(published: Published) -> PullRequest:
    """Return the pull request; a whole bundle always has one, at the very head of its branch."""
    made = published.pull_request
    assert made is not None
    assert (published.branch, published.head) == (made.draft.branch, made.head)
    return made


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
    made = shown(publish(*studio.bundle(), studio.press))

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

    made = shown(publish(*studio.bundle(), studio.press))

    message = run_git(studio.folder / "tally", "log", "-1", "--format=%B", made.draft.branch)
    assert "Proposed by changewright for a task given as text." in message


def test_publishing_twice_is_publishing_once(studio: "Studio", proposed: Bundle) -> None:
    first = publish(*studio.bundle(), studio.press)
    kinds = studio.kinds()

    assert publish(*studio.bundle(), studio.press) == first
    assert studio.kinds() == kinds
    assert len(studio.forge.pull_requests()) == 1


def test_publishing_again_does_not_undo_a_decision(studio: "Studio", proposed: Bundle) -> None:
    made = shown(publish(*studio.bundle(), studio.press))
    studio.forge.record_review(Review(made.number, "rejected", "ada", "no", "t"))
    fence = studio.journal.lease("r1", "review")
    ended = {"state": "rejected", "verdict": "pass", "why": "no"}
    studio.journal.append(fence, Event("run.finished", ended))
    studio.journal.release(fence)

    assert shown(publish(*studio.bundle(), studio.press)).state == "closed"
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
    made = shown(publish(*studio.bundle(), studio.press))
    studio.forge.record_review(Review(made.number, "rejected", "ada", "no", "t"))
    studio.journal.close()
    studio.journal = SqliteJournal(tmp_path / "empty.sqlite", lambda: "t", lambda: 1_000.0)

    assert shown(publish(*studio.bundle(), studio.press)).number == made.number
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


def test_a_second_run_of_the_same_issue_opens_no_second_request(
    studio: "Studio", proposed: Bundle
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    studio.seal("r2", MORE)
    kinds = studio.kinds("r2")

    with pytest.raises(AlreadyOpen) as refused:
        publish(*studio.bundle("r2"), studio.press)

    assert str(refused.value) == (
        "pull request 1 (run r1) already answers this task and waits for a person; run r2 is not"
        " published. Decide on it first: `changewright review show 1`; once it is rejected, publish"
        " this one"
    )
    assert studio.forge.pull_requests() == [first]
    assert studio.forge.branch_head(BRANCH) == first.head
    assert studio.kinds("r2") == kinds
    studio.journal.lease("r2", "somebody else")


def test_a_revision_of_what_stands_there_updates_the_open_request(
    studio: "Studio", proposed: Bundle
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    bundle = replace(studio.seal("r2", MORE), revises=first.number, revised_run="r1")

    second = shown(publish(bundle, "2" * 64, studio.press))

    assert second.number == first.number
    assert second.head == studio.forge.branch_head(BRANCH) != first.head
    assert (second.draft.run, second.draft.bundle_sha256) == ("r2", "2" * 64)


@pytest.mark.parametrize(("number", "run"), [(1, "r0"), (2, "r1"), (0, "r1")])
def test_a_revision_of_something_else_than_what_stands_there_is_refused(
    studio: "Studio", proposed: Bundle, number: int, run: str
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    bundle = replace(studio.seal("r2", MORE), revises=number, revised_run=run)

    with pytest.raises(AlreadyOpen):
        publish(bundle, "2" * 64, studio.press)

    assert studio.forge.pull_requests() == [first]


def test_of_two_revisions_of_one_proposal_the_first_is_published(
    studio: "Studio", proposed: Bundle
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    for run, text in (("r2", "uno\n"), ("r3", "eins\n")):
        bundle = studio.seal(run, {"data/one.txt": text})
        document, _ = seal(replace(bundle, revises=first.number, revised_run="r1"))
        studio.write_bundle(f"{run}.json", document)
    second = shown(publish(*studio.bundle("r2"), studio.press))

    with pytest.raises(AlreadyOpen, match=r"pull request 1 \(run r2\) already answers this task"):
        publish(*studio.bundle("r3"), studio.press)

    assert studio.forge.pull_requests() == [second]
    assert shown(publish(*studio.bundle("r2"), studio.press)) == second


def test_a_run_that_was_sealed_in_other_words_updates_its_own_request(
    studio: "Studio", proposed: Bundle
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))

    second = shown(publish(replace(proposed, title="Count words"), "2" * 64, studio.press))

    assert second.number == first.number
    assert second.head == studio.forge.branch_head(BRANCH) != first.head
    assert second.draft.title == "Count words"


def test_after_a_closed_request_the_same_issue_opens_another(
    studio: "Studio", proposed: Bundle
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    studio.forge.record_review(Review(first.number, "rejected", "ada", "no", "t"))
    studio.seal("r2", MORE)

    assert shown(publish(*studio.bundle("r2"), studio.press)).number == 2
    assert [one.state for one in studio.forge.pull_requests()] == ["open", "closed"]


def test_a_persons_commits_on_the_branch_are_not_buried(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    theirs = work_on_the_branch(studio, run_git)
    revision = replace(studio.seal("r2", MORE), revises=first.number, revised_run="r1")

    with pytest.raises(ForgeRefusal, match="somebody worked on it"):
        publish(revision, "2" * 64, studio.press)

    assert studio.forge.branch_head(BRANCH) == theirs
    assert studio.forge.pull_requests() == [first]


def test_a_persons_commits_are_not_buried_once_their_request_is_closed(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    first = shown(publish(*studio.bundle(), studio.press))
    theirs = work_on_the_branch(studio, run_git)
    studio.forge.record_review(Review(first.number, "rejected", "ada", "mine is better", "t"))
    studio.seal("r2", MORE)

    with pytest.raises(ForgeRefusal, match=f"is at {theirs}, which changewright did not put"):
        publish(*studio.bundle("r2"), studio.press)

    assert studio.forge.branch_head(BRANCH) == theirs


def test_a_persons_branch_of_our_name_is_not_ours_to_move(
    studio: "Studio", proposed: Bundle, run_git: Git
) -> None:
    repository = studio.folder / "tally"
    run_git(repository, "branch", BRANCH)
    theirs = studio.forge.branch_head(BRANCH)

    with pytest.raises(ForgeRefusal, match="somebody worked on it"):
        publish(*studio.bundle(), studio.press)

    assert studio.forge.branch_head(BRANCH) == theirs
    assert studio.forge.pull_requests() == []


def work_on_the_branch(studio: "Studio", run_git: Git) -> str:
    """Commit to the proposal's branch as a person does, and return the commit."""
    repository = studio.folder / "tally"
    tree = run_git(repository, "rev-parse", f"{BRANCH}^{{tree}}")
    theirs = run_git(repository, "commit-tree", "-p", BRANCH, "-m", "mine", tree)
    run_git(repository, "update-ref", f"refs/heads/{BRANCH}", theirs)
    return theirs


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
    refused(studio, replace(proposed, branch="main"), "is for branch .main.")


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
    first = shown(publish(*studio.bundle(), studio.press))
    revision = replace(studio.seal("r2", MORE), revises=first.number, revised_run="r1")
    run_git(repository, "switch", "--quiet", BRANCH)

    with pytest.raises(ForgeRefusal, match="checked out"):
        publish(revision, "2" * 64, studio.press)
    assert studio.kinds("r2")[-1] == "effect.intended"

    run_git(repository, "switch", "--quiet", "main")
    assert shown(publish(revision, "2" * 64, studio.press)).number == 1
    assert studio.kinds("r2")[-5:] == ["effect.intended", *PUBLISHED[1:]]


def at_once(studio: "Studio", *runs: str) -> list[Published | Refusal]:
    """Publish the bundles of ``runs`` from a thread each, and return how each of them went."""
    together = threading.Barrier(len(runs), timeout=LIMIT_S)

    def work(run: str) -> Published | Refusal:
        bundle, sha256 = studio.bundle(run)
        together.wait(LIMIT_S)
        try:
            return publish(bundle, sha256, studio.press)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(runs)) as pool:
        return list(pool.map(work, runs))


def test_two_runs_that_publish_at_once_open_one_pull_request(
    studio: "Studio", proposed: Bundle
) -> None:
    studio.seal("r2", MORE)

    ends = at_once(studio, "r1", "r2")

    made = [shown(end) for end in ends if isinstance(end, Published)]
    assert studio.forge.pull_requests() == made
    assert len(made) == 1
    (other,) = (end for end in ends if isinstance(end, Refusal))
    assert isinstance(other, AlreadyOpen | Held)
    loser = "r2" if made[0].draft.run == "r1" else "r1"
    assert not {"effect.intended", "effect.settled"} & set(studio.kinds(loser))
    with pytest.raises(AlreadyOpen):
        publish(*studio.bundle(loser), studio.press)


def test_while_another_publishes_on_the_branch_nothing_is_done(
    studio: "Studio", proposed: Bundle
) -> None:
    held: list[str] = []

    def interrupt(entry: Entry) -> None:
        if entry.event.kind == "effect.intended":
            studio.seal(f"r{len(held) + 2}", MORE)
            with pytest.raises(Held) as refused:
                publish(*studio.bundle(f"r{len(held) + 2}"), studio.press)
            held.append(str(refused.value))

    made = shown(publish(*studio.bundle(), replace(studio.press, observe=interrupt)))

    assert len(held) == 2  # before the push, and before the pull request
    assert all(f"is being written by publish {studio.bundle()[1][:12]}" in why for why in held)
    assert studio.forge.pull_requests() == [made]


def test_a_publisher_that_lost_its_lease_opens_nothing(studio: "Studio", proposed: Bundle) -> None:
    def lose(entry: Entry) -> None:
        if entry.event.kind == "effect.intended":
            owner = f"publish {studio.bundle()[1][:12]}"
            studio.journal.lease("r1", owner)

    press = replace(studio.press, observe=lose)

    with pytest.raises(StaleFence):
        publish(*studio.bundle(), press)

    assert studio.kinds()[-1] == "effect.intended"
    assert studio.forge.pull_requests() == []


@pytest.fixture
def unfinished(studio: "Studio", wrong: str) -> tuple[Bundle, str]:
    """The partial bundle of a run whose budget was used up after an attempt that failed."""
    outcome = studio.propose([wrong, wrong], budget=Budget(turns=1))
    assert (outcome.state, outcome.bundle) == ("failed", str(studio.folder / "r1.partial.json"))
    return studio.bundle("r1.partial")


def test_unfinished_work_gets_a_branch_and_no_pull_request(
    studio: "Studio", unfinished: tuple[Bundle, str], run_git: Git
) -> None:
    made = publish(*unfinished, studio.press)

    assert made == Published(BRANCH, studio.forge.branch_head(BRANCH) or "", None)
    assert studio.forge.pull_requests() == []
    repository = studio.folder / "tally"
    assert run_git(repository, "log", "-1", "--format=%B", BRANCH) == (
        "Unfinished: words() counts spaces\n\nLeft unfinished by changewright for issue 7.\n\n"
        "Changewright-Run: r1"
    )
    assert run_git(repository, "rev-parse", f"{BRANCH}^{{tree}}") == unfinished[0].applied_tree
    assert studio.kinds()[-2:] == ["effect.intended", "effect.settled"]
    assert summarise(studio.journal.read("r1")).state == "failed"
    kinds = studio.kinds()
    assert publish(*unfinished, studio.press) == made
    assert studio.kinds() == kinds


def test_a_run_that_was_finished_after_all_takes_its_unfinished_works_place(
    studio: "Studio", unfinished: tuple[Bundle, str], wrong: str, after_wrong: str
) -> None:
    before = publish(*unfinished, studio.press)

    assert studio.propose([wrong, after_wrong]).state == "proposed"
    made = shown(publish(*studio.bundle(), studio.press))

    assert made.head == studio.forge.branch_head(BRANCH) != before.head
    assert [one.number for one in studio.forge.pull_requests()] == [1]


def test_unfinished_work_never_takes_the_place_of_an_open_request(
    studio: "Studio", unfinished: tuple[Bundle, str]
) -> None:
    studio.seal("r2")
    first = shown(publish(*studio.bundle("r2"), studio.press))
    revising = replace(unfinished[0], revises=first.number, revised_run="r2")

    for bundle in (unfinished[0], revising):
        with pytest.raises(AlreadyOpen, match="run r1 is not published"):
            publish(bundle, unfinished[1], studio.press)

    assert studio.forge.branch_head(BRANCH) == first.head
    assert studio.forge.pull_requests() == [first]


def test_unfinished_work_is_held_to_the_bases_rules_all_the_same(
    studio: "Studio", unfinished: tuple[Bundle, str]
) -> None:
    change = FileChange(".github/workflows/x.yml", "100644", b"on: push\n")

    refused(studio, with_change(studio, unfinished[0], change), "the base's rules forbid this")


def test_unfinished_work_buries_nobodys_commits(
    studio: "Studio", unfinished: tuple[Bundle, str], run_git: Git
) -> None:
    publish(*unfinished, studio.press)
    theirs = work_on_the_branch(studio, run_git)
    studio.seal("r2")

    for bundle in (unfinished, studio.bundle("r2")):
        # The first stood there already, so nothing is left to do; its branch is not set back.
        with suppress(ForgeRefusal):
            publish(*bundle, studio.press)
        assert studio.forge.branch_head(BRANCH) == theirs
    assert studio.forge.pull_requests() == []


def test_what_did_not_simply_pass_is_a_draft_whatever_the_settings_want(studio: "Studio") -> None:
    studio.seal()
    bundle, sha256 = studio.bundle()
    (attempt,) = bundle.proposal.attempts
    flaky = replace(attempt, verdict=Verdict("flaky"))
    bundle = replace(bundle, proposal=replace(bundle.proposal, attempts=(flaky,)))

    opened = publish(bundle, sha256, replace(studio.press, draft=False)).pull_request

    assert opened is not None
    assert opened.draft.draft


@pytest.mark.parametrize("draft", [True, False])
def test_a_request_is_opened_as_the_settings_want_it(studio: "Studio", draft: bool) -> None:  # noqa: FBT001
    studio.seal()
    press = replace(studio.press, draft=draft, labels=("bot", "fix"), reviewers=("ada",))

    opened = publish(*studio.bundle(), press).pull_request

    assert opened is not None
    assert (opened.draft.draft, opened.draft.labels) == (draft, ("bot", "fix"))
    assert opened.draft.reviewers == ("ada",)
