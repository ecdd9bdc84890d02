"""The forge of a user's own machine: branches in their repository, pull requests in our folder.

Pull requests, reviews and comments are one JSON file each request in a folder of our own, so that
the repository holds nothing of ours but the branch. Nobody vouches for a reviewer's name here.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.adapters.local_forge import talk
from bot.adapters.local_forge.decisions import (
    merged_by_hand,
    require_looked_at,
    require_open,
    require_seen,
    with_review,
)
from bot.adapters.local_forge.records import FORMAT, Record, Records, Remark, refusing
from bot.adapters.local_forge.register import Standing
from validators.clones import branches
from validators.clones.ancestry import has_commit
from validators.clones.merging import Merge, merge
from validators.clones.repository import Place, resolve
from validators.encoding import digest
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft, PullRequestState, Seen
from workflows.review import Review
from workflows.threads import Side, Thread, ThreadComment

_AUTHOR = "changewright <changewright@users.noreply.github.com>"
_USUAL_BASES = ("main", "master", "trunk", "develop")


class LocalForge:
    """The Forge port for one repository; ``store`` is the folder of all local forges' records."""

    name = "local"

    def __init__(
        self, repository: Path, git_dir: Path, store: Path, now_iso: Callable[[], str]
    ) -> None:
        self._repository = repository.resolve()
        self._git_dir = git_dir
        self._place = Place(self._repository, git_dir)
        folder = store / digest(os.fsencode(self._repository))[:32]
        self._records = Records(folder, str(self._repository))
        self._now_iso = now_iso

    def base_branch(self, revision: str) -> str:
        """Return the local branch ``revision`` names, else one that contains its commit."""
        with refusing():
            current = branches.current(self._git_dir)
            if revision == "HEAD" and current is not None:
                return current
            named = revision.removeprefix("refs/heads/")
            if branches.head_of(self._git_dir, named) is not None:
                return named
            commit = resolve(self._git_dir, revision)
            holding = branches.containing(self._git_dir, commit)
        for branch in (current, *_USUAL_BASES):
            if branch in holding:
                return str(branch)
        raise ForgeRefusal(f"no usual branch contains {revision!r}; name a branch as the base")

    def branch_head(self, branch: str) -> str | None:
        """Return the commit ``branch`` points at, or None."""
        with refusing():
            return branches.head_of(self._git_dir, branch)

    def fetch_branch(self, branch: str, into_git_dir: Path) -> str | None:
        """Copy what ``branch`` holds into a git directory of ours; return its head, or None."""
        with refusing():
            head = branches.head_of(self._git_dir, branch)
            if head is not None:
                branches.copy_objects(self._git_dir, head, into_git_dir)
            return head

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        """Point ``branch`` at ``commit`` if it is at ``expected`` (None: does not exist)."""
        with refusing():
            branches.require_ours(branch)
            head = branches.head_of(self._git_dir, branch)
            if head == commit.sha:
                return
            if head != expected:
                raise ForgeRefusal(
                    f"branch {branch} is at {head or 'no commit'}, not at"
                    f" {expected or 'no commit'}; somebody else moved it"
                )
            place = branches.checked_out(self._place, branch)
            if place is not None:
                raise ForgeRefusal(
                    f"branch {branch} is checked out in {place.work_tree}; switch it to another"
                    " branch, then publish again"
                )
            branches.add_objects(self._git_dir, commit.pack)
            branches.move(self._git_dir, branch, commit.sha, expected)

    def find_pull_request(self, branch: str) -> PullRequest | None:
        """Return the newest pull request whose head is ``branch``, in whatever state, or None."""
        return next((r for r in self.pull_requests() if r.draft.branch == branch), None)

    def open_pull_request(self, draft: PullRequestDraft, head: str) -> PullRequest:
        """Open a draft; the same branch and key again is the request that is open already."""
        with self._records.writing():
            self._require_head(draft, head)
            known = self.find_pull_request(draft.branch)
            if known is not None and known.state == "open":
                if known.draft.key == draft.key:
                    return known
                raise ForgeRefusal(
                    f"branch {draft.branch} belongs to pull request {known.number}, which is open"
                    " for another task; close it first"
                )
            number = max(self._records.numbers(), default=0) + 1
            url = f"local:{self._repository}#{number}"
            opened = PullRequest(number, draft, head, "open", url, self._now_iso())
            self._records.write(Record(FORMAT, opened))
            return opened

    def update_pull_request(self, number: int, draft: PullRequestDraft, head: str) -> PullRequest:
        """Replace text and head of an open pull request."""
        with self._records.writing():
            record = self._records.read(number)
            require_open(record.pull_request)
            if record.pull_request.draft.branch != draft.branch:
                raise ForgeRefusal(f"pull request {number} is not about branch {draft.branch}")
            self._require_head(draft, head)
            updated = replace(record.pull_request, draft=draft, head=head)
            self._records.write(replace(record, pull_request=updated))
            return updated

    def close_pull_request(self, number: int, why: str) -> PullRequest:
        """Close one unmerged, saying ``why`` there; one that is not open stays as it is."""
        with self._records.writing():
            record = self._records.read(number)
            known = record.pull_request
            if known.state != "open":
                return known
            remark = Remark("closed", why, self._now_iso())
            closed = replace(known, state="closed", ended=self._now_iso())
            remarks = (*record.remarks, remark)
            self._records.write(replace(record, pull_request=closed, remarks=remarks))
            return closed

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request; ForgeRefusal when there is none of that number."""
        return self._records.read(number).pull_request

    def pull_requests(
        self,
        state: PullRequestState | None = None,
        *,
        reviewed: bool = True,  # noqa: ARG002 - here it takes nothing more to know
    ) -> Sequence[PullRequest]:
        """Return all of them, newest first."""
        wanted = (one for one in self._records.standings() if state in {None, one.state})
        known = (self.pull_request(one.number) for one in wanted)
        return [request for request in known if state in {None, request.state}]

    def standings(self) -> Sequence[Standing]:
        """Return how each pull request stands, newest first, at no cost for those that rest."""
        return self._records.standings()

    def record_review(self, review: Review) -> PullRequest:
        """Keep a person's decision, unverified; an accepted request stays open to be merged."""
        return self.decide(review)

    def decide(
        self, review: Review, seen: Seen | None = None, *, merge: bool = False
    ) -> PullRequest:
        """Keep a decision, and ``merge`` with it, if all is as the person had ``seen`` it.

        Looked at and kept under one lock, over all processes: of two who saw the same one decides,
        and the other is told by `Overtaken`. Both are done, or neither.
        """
        with self._records.writing():
            record = self._records.read(review.pull_request)
            require_seen(record.pull_request, seen)
            if merge:
                record = self._merged(record)
            decided = with_review(record, replace(review, verified=False), self._now_iso())
            self._records.write(decided)
            return decided.pull_request

    def comment(self, number: int, body: str, key: str) -> None:
        """Say something once: a second call with the same ``key`` replaces the first."""
        with self._records.writing():
            record = self._records.read(number)
            others = tuple(remark for remark in record.remarks if remark.key != key)
            remark = Remark(key, body, self._now_iso())
            self._records.write(replace(record, remarks=(*others, remark)))

    def threads(self, number: int) -> Sequence[Thread]:
        """Return what people said at lines of a pull request, resolved or not, oldest first."""
        return self._records.read(number).threads

    def begin_thread(
        self, number: int, place: tuple[str, int, Side], comment: ThreadComment
    ) -> Thread:
        """Begin a thread at path, line and side, in the words of somebody who claims a name."""
        return self._talked(number, lambda record: talk.begun(record, comment, *place)).threads[-1]

    def reply(self, number: int, thread: str, comment: ThreadComment) -> None:
        """Add a person's turn to a thread, which opens it again."""
        self._talked(number, lambda record: talk.replied(record, thread, comment))

    def answer_thread(self, number: int, thread: str, body: str, key: str) -> None:
        """Say something in a thread once: a second call with the same ``key`` says no more."""
        at = self._now_iso()
        self._talked(number, lambda record: talk.answered(record, thread, body, key, at))

    def resolve_thread(self, number: int, thread: str, turns: int | None = None) -> None:
        """Mark a thread as dealt with; one that is resolved stays so.

        With ``turns`` only if it has no more than that many: nobody buries what they did not read.
        """
        self._talked(number, lambda record: talk.resolved(record, thread, turns))

    def fetch_pull_request(self, number: int, into_git_dir: Path) -> str | None:
        """Copy what a pull request's head holds, even without its branch; None where it is gone."""
        head = self._records.read(number).pull_request.head
        with refusing():
            if not has_commit(self._git_dir, head):
                return None
            branches.copy_objects(self._git_dir, head, into_git_dir)
            return head

    def merge(self, number: int) -> str:
        """Merge an open pull request and return the merge commit; a second call returns it too."""
        with self._records.writing():
            record = self._records.read(number)
            if not record.merge_commit:
                record = self._merged(record)
                self._records.write(record)
            return record.merge_commit

    def note_merge(self, number: int, at: str) -> None:
        """Have an open pull request be merged since ``at``, when somebody did that with git."""
        self._talked(number, lambda record: merged_by_hand(record, at))

    def _merged(self, record: Record) -> Record:
        """Merge, and return the record that says so, to be written by who holds the lock."""
        known = record.pull_request
        require_open(known)
        branches.require_ours(known.draft.branch)
        require_looked_at(known, branches.head_of(self._git_dir, known.draft.branch))
        title = " ".join(known.draft.title.split())
        message = f"Merge pull request {known.number}: {title}\n\nFrom {known.draft.branch}\n"
        wanted = Merge(known.draft.base_branch, known.head, message, _AUTHOR, self._now_iso())
        commit = merge(self._place, wanted)
        merged = replace(known, state="merged", ended=self._now_iso(), merge_commit=commit)
        return replace(record, pull_request=merged, merge_commit=commit)

    def _talked(self, number: int, change: Callable[[Record], Record]) -> Record:
        with self._records.writing():
            record = change(self._records.read(number))
            self._records.write(record)
            return record

    def _require_head(self, draft: PullRequestDraft, head: str) -> None:
        branches.require_ours(draft.branch)
        present = branches.head_of(self._git_dir, draft.branch)
        if present != head:
            raise ForgeRefusal(
                f"branch {draft.branch} is at {present or 'no commit'}, not at {head}: what was"
                " looked at is not what is there; propose again"
            )
