"""A bundle, checked again, becomes a branch and a pull request, once.

The publisher trusts nothing in the bundle: it lays the changes on the base it finds in the
repository, compares the tree hash, runs the base's policy again, and looks outside before each
effect, so that publishing twice is publishing once. It asks no model and runs no command of the
target.
"""

from dataclasses import replace
from typing import Any

from validators.checkout import write_tree
from validators.clones.authorship import committer_of
from validators.encoding import digest
from validators.policy import judge_tree
from validators.verdict import Finding
from workflows.branching import branch_of
from workflows.continuing import COMMIT_AUTHOR
from workflows.hosted import Hosted
from workflows.outbound import refuse_secrets
from workflows.ports import Forge, ForgeRefusal
from workflows.press import AlreadyOpen, Press, Published
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft
from workflows.recorder import Recorder, leased
from workflows.run import Effect
from workflows.sheet import Sheet, sheet_of

_MOST_TRIES = 3


def publish(bundle: Bundle, sha256: str, press: Press) -> Published:
    """Publish ``bundle`` (known by ``sha256``); partial work gets a branch and no pull request.

    Raises BundleRefusal when the bundle is not what it says or its base's policy forbids it,
    QuarantineRefusal when its words hold a secret, StaleBase when its files moved under it,
    AlreadyOpen when another run's pull request stands in its place, and ForgeRefusal when the
    branch is not ours to write.
    """
    _check(bundle, press)
    run, owner = bundle.proposal.run, f"publish {sha256[:12]}"
    # One publisher of a branch at a time: between looking and opening nobody else may open.
    with (
        leased(press.journal, _lane(bundle, press), owner),
        leased(press.journal, run, owner) as pen,
    ):
        recorder = Recorder(press.journal, pen, press.observe)
        _introduce(bundle, recorder)
        draft, new = _pushed(bundle, sha256, press, recorder)
        if bundle.partial:
            return Published(draft.branch, new.sha, None)
        pull_request = _open(new, draft, press.forge, recorder)
        notes = _show(bundle, pull_request, press.hosted, recorder)
        _finish(bundle, pull_request, recorder)
        return Published(draft.branch, new.sha, pull_request, notes)


def _pushed(
    bundle: Bundle, sha256: str, press: Press, recorder: Recorder
) -> tuple[PullRequestDraft, Commit]:
    """Push the commit and return it with its words; laid anew when somebody was quicker."""
    for tries_left in reversed(range(_MOST_TRIES)):
        sheet = sheet_of(bundle, sha256, press, recorder)
        _refuse_a_second(bundle, sheet.new, sheet.draft, press)
        try:
            return sheet.draft, _push(sheet, press, recorder)
        except ForgeRefusal:
            # Two labels at once are two publishers, on two machines that share no lease.
            is_as_seen = press.forge.branch_head(sheet.ground.branch) == sheet.ground.head
            if press.hosted is None or is_as_seen or not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _lane(bundle: Bundle, press: Press) -> str:
    """Return what publishers of one branch take turns on."""
    place = f"{press.clone.repository}\n{bundle.branch}"
    return f"branch-{digest(place.encode('utf-8', 'surrogateescape'))[:12]}"


def _refuse_a_second(bundle: Bundle, new: Commit, draft: PullRequestDraft, press: Press) -> None:
    """Raise AlreadyOpen for a second answer to one task, unless it revises the first.

    Where it is laid on top of what stands there, nothing is lost: who asks again goes on with it.
    """
    found = press.forge.find_pull_request(draft.branch)
    if found is None or found.state != "open" or _carries(found, new, draft):
        return
    # What a campaign made anew for a target takes the place of what it had made before.
    is_remade = bool(bundle.proposal.task.campaign)
    if (press.hosted or is_remade) and found.draft.key == draft.key:
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
    wanted = branch_of(bundle.proposal.task, press.branch_template)
    if bundle.branch != wanted:
        raise BundleRefusal(
            f"the bundle is for branch {bundle.branch[:80]!r}, and {wanted} is the one for its task"
            " by pr.branch_template; propose again with the same settings"
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


def _push(sheet: Sheet, press: Press, recorder: Recorder) -> Commit:
    """Point the branch at the commit and return it as the forge has it, which may sign it anew."""
    new, draft = sheet.new, sheet.draft

    def act() -> dict[str, Any]:
        if press.hosted and not sheet.ground.is_there:  # looks itself, and leaves what is there
            press.forge.push(draft.branch, new, sheet.ground.head)
            return {"head": press.forge.branch_head(draft.branch) or new.sha}
        head = press.forge.branch_head(draft.branch)
        if head == new.sha or sheet.ground.is_there:
            return {"head": head or new.sha}
        _refuse_to_bury(head, draft.branch, press)
        press.forge.push(draft.branch, new, head)
        return {"head": new.sha}

    request = {"branch": draft.branch, "commit": new.sha}
    effect = Effect(f"push {draft.branch} {new.sha}", "push", request)
    head = recorder.perform(effect, act)["head"]
    if press.hosted is None and _is_missed(new, draft, press.forge):
        press.forge.push(draft.branch, new, None)
    return replace(new, sha=head)


def _is_missed(new: Commit, draft: PullRequestDraft, forge: Forge) -> bool:
    """Whether somebody deleted the branch of what still waits for a person."""
    if forge.branch_head(draft.branch) is not None:
        return False
    found = forge.find_pull_request(draft.branch)
    return found is None or (found.state, found.head) == ("open", new.sha)


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
    opened: list[PullRequest] = []

    def act() -> dict[str, Any]:
        found = forge.find_pull_request(draft.branch)
        if found is None or (found.state != "open" and not _carries(found, new, draft)):
            found = forge.open_pull_request(draft, new.sha)
        if found.state == "open" and not _carries(found, new, draft):
            found = forge.update_pull_request(found.number, draft, new.sha)
        opened.append(found)
        return {"number": found.number}

    request = {"branch": draft.branch, "commit": new.sha, "bundle": draft.bundle_sha256}
    key = f"pull-request {draft.branch} {new.sha} {draft.bundle_sha256[:12]}"
    effect = Effect(key, "pull-request", request)
    number = int(recorder.perform(effect, act)["number"])
    return opened[0] if opened else forge.pull_request(number)


def _show(
    bundle: Bundle, pull_request: PullRequest, hosted: Hosted | None, recorder: Recorder
) -> tuple[str, ...]:
    """Show beside the commit what the gates found; without it the proposal stands all the same."""
    if hosted is None:
        return ()
    run = hosted.check(bundle, pull_request)
    request = {"head": pull_request.head, "bundle": pull_request.draft.bundle_sha256}
    key = f"check {pull_request.head} {pull_request.draft.bundle_sha256[:12]}"

    def act() -> dict[str, Any]:
        hosted.tracker.check(pull_request.head, run)
        return {"head": pull_request.head}

    try:
        recorder.perform(Effect(key, "check", request), act)
    except ForgeRefusal as refusal:
        return (f"the findings are not shown beside the commit: {refusal}",)
    return ()


def _carries(found: PullRequest, new: Commit, draft: PullRequestDraft) -> bool:
    """Whether this very bundle stands there already, whatever a person decided on it since."""
    return (found.head, found.draft.bundle_sha256) == (new.sha, draft.bundle_sha256)


def _listed(findings: list[Finding]) -> str:
    return "\n".join(f"- {finding.path}: {finding.message}" for finding in findings)
