"""A bundle, checked again, becomes a branch and a pull request, once.

The publisher trusts nothing in the bundle: it lays the changes on the base it finds in the
repository, compares the tree hash, runs the base's policy again, and looks outside before each
effect, so that publishing twice is publishing once. It asks no model and runs no command of the
target.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from validators.checkout import Clone, commit, write_tree
from validators.clones.authorship import committer_of
from validators.encoding import digest
from validators.policy import judge_tree
from validators.rules import Rules
from validators.verdict import Finding
from workflows.outbound import refuse_secrets
from workflows.ports import Forge, ForgeRefusal, Journal
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft
from workflows.recorder import Recorder, leased
from workflows.run import Effect, Entry
from workflows.visible_text import visible

COMMIT_AUTHOR = "changewright <changewright@users.noreply.github.com>"


@dataclass(frozen=True, slots=True)
class Press:
    """What publishing works with: our clone at the bundle's base, the forge and the journal.

    A pull request is opened as a ``draft``, with ``labels`` and ``reviewers`` to be asked.
    """

    clone: Clone
    rules: Rules
    forge: Forge
    journal: Journal
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = True
    observe: Callable[[Entry], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Published:
    """Where a bundle stands now; unfinished work has a branch and no pull request."""

    branch: str
    head: str
    pull_request: PullRequest | None


class AlreadyOpen(ForgeRefusal):
    """Another run's pull request for the same task waits for a person: which, and what to do."""


def publish(bundle: Bundle, sha256: str, press: Press) -> Published:
    """Publish ``bundle`` (known by ``sha256``); partial work gets a branch and no pull request.

    Raises BundleRefusal when the bundle is not what it says or its base's policy forbids it,
    QuarantineRefusal when its words hold a secret,
    AlreadyOpen when another run's pull request stands in its place, and ForgeRefusal when the
    branch is not ours to write.
    """
    _check(bundle, press)
    made = commit(
        press.clone,
        bundle.applied_tree,
        bundle.base_commit,
        _message(bundle),
        COMMIT_AUTHOR,
        bundle.proposal.created,
    )
    new = Commit(made.sha, made.parent, made.tree, made.pack)
    draft = PullRequestDraft(
        key=bundle.proposal.task.key,
        branch=bundle.branch,
        base_branch=press.forge.base_branch(bundle.proposal.task.base),
        base_commit=bundle.base_commit,
        title=_subject(bundle),
        body=bundle.body,
        run=bundle.proposal.run,
        bundle_sha256=sha256,
        # Only what passed may be opened as ready, whoever wants it so.
        draft=press.draft or not bundle.proposal.verdict.passed,
        labels=press.labels,
        reviewers=press.reviewers,
    )
    run, owner = bundle.proposal.run, f"publish {sha256[:12]}"
    # One publisher of a branch at a time: between looking and opening nobody else may open.
    with (
        leased(press.journal, _lane(bundle, press), owner),
        leased(press.journal, run, owner) as pen,
    ):
        recorder = Recorder(press.journal, pen, press.observe)
        _introduce(bundle, recorder)
        _refuse_a_second(bundle, new, draft, press.forge)
        _push(new, draft, press, recorder)
        if bundle.partial:
            return Published(draft.branch, new.sha, None)
        pull_request = _open(new, draft, press.forge, recorder)
        _finish(bundle, pull_request, recorder)
        return Published(draft.branch, new.sha, pull_request)


def _lane(bundle: Bundle, press: Press) -> str:
    """Return what publishers of one branch take turns on."""
    place = f"{press.clone.repository}\n{bundle.branch}"
    return f"branch-{digest(place.encode('utf-8', 'surrogateescape'))[:12]}"


def _refuse_a_second(bundle: Bundle, new: Commit, draft: PullRequestDraft, forge: Forge) -> None:
    """Raise AlreadyOpen for a second answer to one task, unless it revises the first."""
    found = forge.find_pull_request(draft.branch)
    if found is None or found.state != "open" or _carries(found, new, draft):
        return
    revises_it = (bundle.revises, bundle.revised_run) == (found.number, found.draft.run)
    if not bundle.partial and (revises_it or found.draft.run == draft.run):
        return
    raise AlreadyOpen(
        f"pull request {found.number} (run {found.draft.run}) already answers this task and waits"
        f" for a person; run {draft.run} is not published. Decide on it first:"
        f" `changewright review show {found.number}`; once it is rejected, publish this one"
    )


def _check(bundle: Bundle, press: Press) -> None:
    """Refuse a bundle that is not exactly what its hashes and the base's rules allow."""
    clone, evidence = press.clone, bundle.evidence
    shown = bundle.proposal.verdict.may_be_shown and evidence is not None
    if not (bundle.partial or shown):
        raise BundleRefusal(
            f"run {bundle.proposal.run} did not pass its gates; there is nothing to publish"
        )
    if clone.base_commit != bundle.base_commit or clone.base_tree != bundle.base_tree:
        raise BundleRefusal(
            f"the bundle was made on commit {bundle.base_commit}, which is not what the repository"
            " has there; propose again on the present base"
        )
    if write_tree(clone, clone.base_tree, bundle.changes) != bundle.applied_tree:
        raise BundleRefusal(
            "the bundle's changes do not make the tree that its gates judged; do not trust it"
        )
    refuse_secrets(bundle.proposal, bundle.title, bundle.body)
    judged = evidence and (evidence.base_tree, evidence.applied_tree)
    if not bundle.partial and judged != (bundle.base_tree, bundle.applied_tree):
        raise BundleRefusal("the bundle's evidence is about another change; do not trust it")
    blocking = [
        finding
        for finding in judge_tree(clone, clone.base_tree, bundle.applied_tree, press.rules)
        if finding.severity == "block"
    ]
    if blocking:
        raise BundleRefusal("the base's rules forbid this change:\n" + _listed(blocking))


def _introduce(bundle: Bundle, recorder: Recorder) -> None:
    """Write down where a bundle from another machine came from: it has no run here yet."""
    if not recorder.entries():
        task = bundle.proposal.task
        recorder.record("run.started", task=task, task_key=task.key, imported=True)


def _finish(bundle: Bundle, pull_request: PullRequest, recorder: Recorder) -> None:
    """Close the run as published, once: a person's decision since then is not undone by it."""
    ended = {
        entry.event.data["state"]
        for entry in recorder.entries()
        if entry.event.kind == "run.finished"
    }
    if "published" not in ended:
        recorder.record(
            "run.finished",
            state="published",
            verdict=bundle.proposal.verdict.word,
            why=f"pull request {pull_request.number}: {pull_request.url}",
        )


def _push(new: Commit, draft: PullRequestDraft, press: Press, recorder: Recorder) -> None:
    def act() -> dict[str, Any]:
        head = press.forge.branch_head(draft.branch)
        if head != new.sha:
            _refuse_to_bury(head, draft.branch, press)
            press.forge.push(draft.branch, new, head)
        return {"head": new.sha}

    request = {"branch": draft.branch, "commit": new.sha}
    recorder.perform(Effect(f"push {draft.branch} {new.sha}", "push", request), act)


def _refuse_to_bury(head: str | None, branch: str, press: Press) -> None:
    """Raise ForgeRefusal when somebody worked on the branch: their commits are never moved."""
    if head is None:
        return
    found = press.forge.find_pull_request(branch)
    is_known = found is not None and found.head == head
    if not is_known and committer_of(press.clone, head) != COMMIT_AUTHOR:
        raise ForgeRefusal(
            f"branch {branch} is at {head}, which changewright did not put there: somebody worked"
            " on it. Keep that work on another branch, set this one back or delete it, and publish"
            " again"
        )


def _open(new: Commit, draft: PullRequestDraft, forge: Forge, recorder: Recorder) -> PullRequest:
    def act() -> dict[str, Any]:
        found = forge.find_pull_request(draft.branch)
        if found is None or (found.state != "open" and not _carries(found, new, draft)):
            found = forge.open_pull_request(draft, new.sha)
        elif not _carries(found, new, draft):
            found = forge.update_pull_request(found.number, draft, new.sha)
        return {"number": found.number}

    request = {"branch": draft.branch, "commit": new.sha, "bundle": draft.bundle_sha256}
    key = f"pull-request {draft.branch} {new.sha} {draft.bundle_sha256[:12]}"
    effect = Effect(key, "pull-request", request)
    return forge.pull_request(int(recorder.perform(effect, act)["number"]))


def _carries(found: PullRequest, new: Commit, draft: PullRequestDraft) -> bool:
    """Whether this very bundle stands there already, whatever a person decided on it since."""
    return (found.head, found.draft.bundle_sha256) == (new.sha, draft.bundle_sha256)


def _message(bundle: Bundle) -> str:
    task = bundle.proposal.task
    asked = f"issue {task.number}" if task.number else "a task given as text"
    made = "Left unfinished" if bundle.partial else "Proposed"
    return (
        f"{_subject(bundle)}\n\n"
        f"{made} by changewright for {asked}.\n\n"
        f"Changewright-Run: {bundle.proposal.run}\n"
    )


def _subject(bundle: Bundle) -> str:
    """Return the title as one line: behind a line break it could add trailers to the commit."""
    return " ".join(visible(bundle.title).split())


def _listed(findings: list[Finding]) -> str:
    return "\n".join(f"- {finding.path}: {finding.message}" for finding in findings)
