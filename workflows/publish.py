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
from validators.policy import judge_tree
from validators.rules import Rules
from validators.verdict import Finding
from workflows.ports import Forge, ForgeRefusal, Journal
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft
from workflows.recorder import Recorder
from workflows.run import Effect, Entry

COMMIT_AUTHOR = "changewright <changewright@users.noreply.github.com>"
_LEASE_S = 300.0


@dataclass(frozen=True, slots=True)
class Press:
    """What publishing works with: our clone at the bundle's base, the forge and the journal."""

    clone: Clone
    rules: Rules
    forge: Forge
    journal: Journal
    labels: tuple[str, ...] = ()
    observe: Callable[[Entry], None] = lambda _: None


def publish(bundle: Bundle, sha256: str, press: Press) -> PullRequest:
    """Publish ``bundle`` (known by ``sha256``) and return its pull request.

    Raises BundleRefusal when the bundle is not what it says or its base's policy forbids it, and
    ForgeRefusal when the branch is not ours to write.
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
        title=bundle.title,
        body=bundle.body,
        run=bundle.proposal.run,
        bundle_sha256=sha256,
        labels=press.labels,
    )
    run = bundle.proposal.run
    fence = press.journal.lease(run, owner=f"publish {sha256[:12]}", ttl_s=_LEASE_S)
    try:
        recorder = Recorder(press.journal, fence, press.observe)
        _introduce(bundle, recorder)
        _push(new, draft, press.forge, recorder)
        pull_request = _open(new, draft, press.forge, recorder)
        _finish(bundle, pull_request, recorder)
    finally:
        press.journal.release(fence)
    return pull_request


def _check(bundle: Bundle, press: Press) -> None:
    """Refuse a bundle that is not exactly what its hashes and the base's rules allow."""
    clone, evidence = press.clone, bundle.evidence
    if bundle.partial or evidence is None or not bundle.proposal.verdict.may_be_shown:
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
    if evidence.applied_tree != bundle.applied_tree or evidence.base_tree != bundle.base_tree:
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


def _push(new: Commit, draft: PullRequestDraft, forge: Forge, recorder: Recorder) -> None:
    def act() -> dict[str, Any]:
        head = forge.branch_head(draft.branch)
        if head != new.sha:
            _refuse_to_bury(head, draft.branch, forge)
            forge.push(draft.branch, new, head)
        return {"head": new.sha}

    request = {"branch": draft.branch, "commit": new.sha}
    recorder.perform(Effect(f"push {draft.branch} {new.sha}", "push", request), act)


def _refuse_to_bury(head: str | None, branch: str, forge: Forge) -> None:
    """Raise ForgeRefusal when somebody added commits of their own to an open pull request."""
    found = forge.find_pull_request(branch)
    if head and found is not None and found.state == "open" and found.head != head:
        raise ForgeRefusal(
            f"branch {branch} is at {head}, not at {found.head} where pull request {found.number}"
            " put it: somebody worked on it. Keep that work on another branch, set this one back,"
            " and publish again"
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
    effect = Effect(f"pull-request {draft.branch} {new.sha}", "pull-request", request)
    return forge.pull_request(int(recorder.perform(effect, act)["number"]))


def _carries(found: PullRequest, new: Commit, draft: PullRequestDraft) -> bool:
    """Whether this very bundle stands there already, whatever a person decided on it since."""
    return (found.head, found.draft.bundle_sha256) == (new.sha, draft.bundle_sha256)


def _message(bundle: Bundle) -> str:
    task = bundle.proposal.task
    asked = f"issue {task.number}" if task.number else "a task given as text"
    return (
        f"{bundle.title}\n\n"
        f"Proposed by changewright for {asked}.\n\n"
        f"Changewright-Run: {bundle.proposal.run}\n"
    )


def _listed(findings: list[Finding]) -> str:
    return "\n".join(f"- {finding.path}: {finding.message}" for finding in findings)
