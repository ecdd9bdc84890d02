"""The forge of a user's own machine: branches in their repository, pull requests in our folder.

Pull requests, reviews and comments are one JSON file each request in a folder of our own, so that
the repository holds nothing of ours but the branch. Nobody vouches for a reviewer's name here.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scoping.refusal import Refusal
from validators.clones import branches
from validators.clones.merging import Merge, merge
from validators.clones.repository import Place, resolve
from validators.encoding import EncodingRefusal, decode, digest, encode
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft, PullRequestState
from workflows.review import Review

_FORMAT = "changewright-pull-request/1"
_AUTHOR = "changewright <changewright@users.noreply.github.com>"
_USUAL_BASES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said on a pull request once, known by its key."""

    key: str
    body: str
    at: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one file holds. ``merge_commit`` is empty until `LocalForge.merge` made one."""

    format: str
    pull_request: PullRequest
    remarks: tuple[Remark, ...] = ()
    merge_commit: str = ""


class LocalForge:
    """The Forge port for one repository; ``store`` is the folder of all local forges' records."""

    name = "local"

    def __init__(
        self, repository: Path, git_dir: Path, store: Path, now_iso: Callable[[], str]
    ) -> None:
        self._repository = repository.resolve()
        self._git_dir = git_dir
        self._place = Place(self._repository, git_dir)
        self._folder = store / digest(os.fsencode(self._repository))[:32]
        self._now_iso = now_iso

    def base_branch(self, revision: str) -> str:
        """Return the local branch ``revision`` names, else one that contains its commit."""
        with _refusing():
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
        with _refusing():
            return branches.head_of(self._git_dir, branch)

    def fetch_branch(self, branch: str, into_git_dir: Path) -> str | None:
        """Copy what ``branch`` holds into a git directory of ours; return its head, or None."""
        with _refusing():
            head = branches.head_of(self._git_dir, branch)
            if head is not None:
                branches.copy_objects(self._git_dir, head, into_git_dir)
            return head

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        """Point ``branch`` at ``commit`` if it is at ``expected`` (None: does not exist)."""
        with _refusing():
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
        with self._writing():
            self._require_head(draft, head)
            known = self.find_pull_request(draft.branch)
            if known is not None and known.state == "open":
                if known.draft.key == draft.key:
                    return known
                raise ForgeRefusal(
                    f"branch {draft.branch} belongs to pull request {known.number}, which is open"
                    " for another task; close it first"
                )
            number = max(self._numbers(), default=0) + 1
            url = f"local:{self._repository}#{number}"
            opened = PullRequest(number, draft, head, "open", url, self._now_iso())
            self._write(Record(_FORMAT, opened))
            return opened

    def update_pull_request(self, number: int, draft: PullRequestDraft, head: str) -> PullRequest:
        """Replace text and head of an open pull request."""
        with self._writing():
            record = self._read(number)
            self._require_open(record.pull_request)
            if record.pull_request.draft.branch != draft.branch:
                raise ForgeRefusal(f"pull request {number} is not about branch {draft.branch}")
            self._require_head(draft, head)
            updated = replace(record.pull_request, draft=draft, head=head)
            self._write(replace(record, pull_request=updated))
            return updated

    def close_pull_request(self, number: int, why: str) -> PullRequest:
        """Close one unmerged, saying ``why`` there; one that is not open stays as it is."""
        with self._writing():
            record = self._read(number)
            known = record.pull_request
            if known.state != "open":
                return known
            remark = Remark("closed", why, self._now_iso())
            closed = replace(known, state="closed")
            remarks = (*record.remarks, remark)
            self._write(replace(record, pull_request=closed, remarks=remarks))
            return closed

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request; ForgeRefusal when there is none of that number."""
        return self._read(number).pull_request

    def pull_requests(
        self,
        state: PullRequestState | None = None,
        *,
        reviewed: bool = True,  # noqa: ARG002 - here it takes nothing more to know
    ) -> Sequence[PullRequest]:
        """Return all of them, newest first."""
        known = [self.pull_request(number) for number in sorted(self._numbers(), reverse=True)]
        return [request for request in known if state in {None, request.state}]

    def record_review(self, review: Review) -> PullRequest:
        """Keep a person's decision, unverified; an accepted request stays open to be merged."""
        claimed = replace(review, verified=False)
        with self._writing():
            record = self._read(review.pull_request)
            known = record.pull_request
            if claimed in known.reviews:
                return known
            if (known.state, review.verdict) != ("merged", "accepted"):
                self._require_open(known)
            state = known.state
            if state == "open" and review.verdict == "rejected":
                state = "closed"
            elif state == "open" and review.merged:
                state = "merged"
            reviewed = replace(known, state=state, reviews=(*known.reviews, claimed))
            self._write(replace(record, pull_request=reviewed))
            return reviewed

    def comment(self, number: int, body: str, key: str) -> None:
        """Say something once: a second call with the same ``key`` replaces the first."""
        with self._writing():
            record = self._read(number)
            others = tuple(remark for remark in record.remarks if remark.key != key)
            remark = Remark(key, body, self._now_iso())
            self._write(replace(record, remarks=(*others, remark)))

    def merge(self, number: int) -> str:
        """Merge an open pull request and return the merge commit; a second call returns it too."""
        with self._writing():
            record = self._read(number)
            known = record.pull_request
            if record.merge_commit:
                return record.merge_commit
            self._require_open(known)
            self._require_head(known.draft, known.head)
            title = " ".join(known.draft.title.split())
            message = f"Merge pull request {number}: {title}\n\nFrom {known.draft.branch}\n"
            wanted = Merge(known.draft.base_branch, known.head, message, _AUTHOR, self._now_iso())
            merge_commit = merge(self._place, wanted)
            merged = replace(known, state="merged")
            self._write(replace(record, pull_request=merged, merge_commit=merge_commit))
            return merge_commit

    def _require_head(self, draft: PullRequestDraft, head: str) -> None:
        branches.require_ours(draft.branch)
        present = branches.head_of(self._git_dir, draft.branch)
        if present != head:
            raise ForgeRefusal(
                f"branch {draft.branch} is at {present or 'no commit'}, not at {head}: what was"
                " looked at is not what is there; propose again"
            )

    def _require_open(self, known: PullRequest) -> None:
        if known.state != "open":
            raise ForgeRefusal(f"pull request {known.number} is {known.state} already")

    def _numbers(self) -> list[int]:
        names = (entry.stem for entry in self._folder.glob("*.json"))
        return [int(name) for name in names if name.isdecimal()]

    def _read(self, number: int) -> Record:
        file = self._folder / f"{number}.json"
        try:
            return decode(file.read_bytes(), Record)
        except FileNotFoundError:
            raise ForgeRefusal(
                f"there is no pull request {number} for {self._repository}"
            ) from None
        except EncodingRefusal as error:
            raise ForgeRefusal(f"{file} is damaged; move it away ({error})") from error

    def _write(self, record: Record) -> None:
        """Replace one file whole, and have it on the disk before anybody is told."""
        descriptor, name = tempfile.mkstemp(dir=self._folder, suffix=".unfinished")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(encode(record))
            stream.flush()
            os.fsync(descriptor)
        Path(name).rename(self._folder / f"{record.pull_request.number}.json")
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer of this repository's records at a time, over all processes."""
        with _refusing():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what git, the repository and the disk refuse into the port's own refusal."""
    try:
        yield
    except ForgeRefusal:
        raise
    except Refusal as error:
        raise ForgeRefusal(str(error)) from error
    except OSError as error:
        raise ForgeRefusal(f"a file cannot be read or written: {error}") from error
