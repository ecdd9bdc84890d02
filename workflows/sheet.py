"""What is about to go out: the commit, on top of what is there already, and the words with it.

On a forge with people the base is looked at first: what has moved there decides whether anything
may go out at all.
"""

from dataclasses import dataclass

from validators.clones.commits import commit_on
from workflows.continuing import COMMIT_AUTHOR, Ground, ground_for
from workflows.hosted import Circumstances, Hosted, reviewers
from workflows.outbound import refuse_secrets
from workflows.ports import ForgeRefusal
from workflows.press import Press, StaleBase
from workflows.proposal import Bundle
from workflows.pull_request import Commit, PullRequestDraft
from workflows.recorder import Recorder
from workflows.stale import Base, base_now
from workflows.visible_text import visible

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """A commit, on what it is made, and what is said with it."""

    new: Commit
    ground: Ground
    draft: PullRequestDraft


def sheet_of(bundle: Bundle, sha256: str, press: Press, recorder: Recorder) -> Sheet:
    """Make the commit, on what is there already, and the words; nothing outside is touched yet."""
    hosted, clone, task = press.hosted, press.clone, bundle.proposal.task
    base_branch = press.forge.base_branch(task.base)
    message = _message(bundle, sha256, press.hosted)
    title, body, wanted = bundle.title, bundle.body, press.reviewers
    ground = Ground(bundle.branch, None, (bundle.base_commit,), bundle.applied_tree)
    if hosted:
        base = _base(bundle, base_branch, press, recorder)
        ground = ground_for(bundle, message, clone, press.forge)
        moved = base.head if base.state == "moved-elsewhere" else ""
        closes = "" if task.is_pull_request else task.number
        told = Circumstances(
            ground.branch, closes, moved, ground.commits_below, hosted.was_verified
        )
        if not bundle.partial:
            title, body = hosted.words(bundle, told)
            refuse_secrets(bundle.proposal, title, body)
            wanted = reviewers(wanted, hosted, [change.path for change in bundle.changes])
    new = Commit(ground.head or "", "", ground.tree, b"")
    if not ground.is_there:
        signed = (COMMIT_AUTHOR, bundle.proposal.created)
        made = commit_on(clone, ground.tree, ground.parents, message, signed)
        new = Commit(made.sha, made.parent, made.tree, made.pack, ground.parents[1:])
    draft = PullRequestDraft(
        key=task.key,
        branch=ground.branch,
        base_branch=base_branch,
        base_commit=bundle.base_commit,
        title=_one_line(title),
        body=body,
        run=bundle.proposal.run,
        bundle_sha256=sha256,
        # Only what passed may be opened as ready, whoever wants it so, and where people and other
        # programs wait for that sign, nothing may.
        draft=press.draft or hosted is not None or not bundle.proposal.verdict.passed,
        labels=press.labels,
        reviewers=wanted,
    )
    return Sheet(new, ground, draft)


def _base(bundle: Bundle, base_branch: str, press: Press, recorder: Recorder) -> Base:
    """Return how the base stands; StaleBase, also on record, where nothing may go out on it."""
    head = press.forge.fetch_branch(base_branch, press.clone.git_dir)
    if head is None:
        raise ForgeRefusal(
            f"the base branch {base_branch} is not on the forge any more; nothing was published"
        )
    touched = [change.path for change in bundle.changes]
    base = base_now(press.clone.git_dir, bundle.base_commit, head, touched)
    # Unfinished work is for who goes on with it, and is not held against the base.
    if base.may_be_published_on or (bundle.partial and base.state == "stale"):
        return base
    recorder.record("base.stale", base_commit=base.recorded, head=base.head, paths=len(base.paths))
    if base.state == "rewritten":
        raise StaleBase(
            f"base rewritten: branch {base_branch} of the forge does not hold commit"
            f" {base.recorded[:12]}, on which run {bundle.proposal.run} worked. Its history was"
            " replaced since, or that commit was never pushed. Nothing was published; push it, or"
            " ask again to work on what is there now",
            base,
        )
    raise StaleBase(
        f"the base is stale: of the files that run {bundle.proposal.run} changes,"
        f" {_shown(base.paths)} changed on {base_branch} meanwhile. Nothing was published, since"
        " its gates judged what is gone; propose again on the present base",
        base,
    )


def _shown(paths: tuple[str, ...]) -> str:
    first, more = ", ".join(map(repr, paths[:_SHOWN])), len(paths) - _SHOWN
    return f"{first} and {more} more" if more > 0 else first


def _message(bundle: Bundle, sha256: str, hosted: Hosted | None) -> str:
    task = bundle.proposal.task
    what = "pull request" if task.is_pull_request else "issue"
    words = f"campaign {task.campaign}" if task.campaign else "a task given as text"
    asked = f"{what} {task.number}" if task.number else words
    made = "Revised" if bundle.revises else "Proposed"
    made = "Left unfinished" if bundle.partial else made
    requester = hosted.requester if hosted else None
    trailers = [f"Changewright-Run: {bundle.proposal.run}"]
    if hosted:
        # A run that is gone on with has several: by this they are told apart.
        trailers.append(f"Changewright-Bundle: {sha256[:16]}")
    if requester and requester.trailer:
        trailers.append(requester.trailer)
    lines = "\n".join(trailers)
    return f"{_one_line(bundle.title)}\n\n{made} by changewright for {asked}.\n\n{lines}\n"


def _one_line(title: str) -> str:
    """Return a title as one line: behind a line break it could add trailers to the commit."""
    return " ".join(visible(title).split())
