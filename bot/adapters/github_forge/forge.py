"""GitHub as the Forge port: the branches and pull requests of one repository.

It opens drafts, writes text and closes what is refused. It never approves, merges or marks ready:
on GitHub a person does that, with a name that GitHub vouches for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from bot.adapters.github_forge import answers, commits_api, reviews
from bot.adapters.github_forge.access import GitHubAccess
from bot.adapters.github_forge.client import Patience
from bot.adapters.github_forge.editors import last_editor
from bot.adapters.github_forge.home import is_name, is_ours
from bot.adapters.github_forge.pull_requests import PullRequests, state_of
from bot.adapters.github_forge.pushing import Remote, Yard, laid_out
from bot.adapters.github_forge.threads import ReviewThreads
from bot.adapters.github_forge.tracker import GitHubTracker
from scoping.refusal import Refusal
from validators.clones import branches
from validators.encoding import digest, encode
from workflows.ports import ForgeRefusal
from workflows.pull_request import Commit, PullRequest, PullRequestDraft, PullRequestState
from workflows.review import Review
from workflows.threads import Thread

_USUAL_PATIENCE = Patience()
_CONTAINED = frozenset({"ahead", "identical"})
_UNKNOWN = (404, 422)  # the second is for what looks like a hash


class GitHubForge(GitHubTracker):
    """The ports Forge and Tracker; ``git_dir`` is a git directory of ours with the base in it."""

    name = "github"

    def __init__(
        self, access: GitHubAccess, git_dir: Path, patience: Patience = _USUAL_PATIENCE
    ) -> None:
        super().__init__(access, patience)
        self._git_dir = git_dir
        self._remote = Remote(self._client)
        self._pulls = PullRequests(self._client, self._home)
        self._threads = ReviewThreads(self._client, self._home)

    def base_branch(self, revision: str) -> str:
        """Return the branch ``revision`` names, else the default one if it holds its commit."""
        default = self._client.repository().default_branch
        if revision == "HEAD":
            return default
        named = revision.removeprefix("refs/heads/")
        if named == default:
            return default
        if self._home.head_of(named) is not None:
            return named
        commit = self._client.find(f"commits/{quote(revision)}", answers.Made, _UNKNOWN)
        if commit is None:
            name = self.repository
            raise ForgeRefusal(f"{name} has no commit {revision!r}; push it there, or name another")
        path = f"compare/{commit.sha}...{quote(default)}"
        found = self._client.find(path, answers.Comparison)
        if found is not None and found.status in _CONTAINED:
            return default
        raise ForgeRefusal(f"no usual branch contains {revision!r}; name a branch as the base")

    def branch_head(self, branch: str) -> str | None:
        """Return the commit ``branch`` points at, or None."""
        return self._home.head_of(branch)

    def fetch_branch(self, branch: str, into_git_dir: Path) -> str | None:
        """Copy what ``branch`` holds into a git directory of ours; return its head, or None."""
        if not is_name(branch):
            return None
        with _refusing():
            return self._remote.fetch(self._home.holding(branch), branch, into_git_dir)

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        """Point ``branch`` at ``commit`` if it is at ``expected``, on which it must stand.

        Where commits are signed the branch then has another hash: ask `branch_head`.
        """
        with _refusing():
            branches.require_ours(branch)
            head = self._home.head_of(branch)
            if self._is_there(head, commit):
                return
            if head != expected:
                raise ForgeRefusal(
                    f"branch {branch} is at {head or 'no commit'}, not at"
                    f" {expected or 'no commit'}; somebody else moved it"
                )
            with laid_out(self._git_dir) as yard:
                if expected is not None and not yard.holds(expected):
                    # People worked on the branch; their commits are part of what is pushed.
                    self._remote.fetch(self._home.holding(branch), branch, yard.git_dir)
                yard.unpack(commit)
                _require_descent(yard, branch, commit, expected)
                self._send(yard, branch, commit, expected)

    def find_pull_request(self, branch: str) -> PullRequest | None:
        """Return the newest pull request whose head is ``branch``, in whatever state, or None."""
        found = self._pulls.find(branch)
        return None if found is None else self._standing(found)

    def open_pull_request(self, draft: PullRequestDraft, head: str) -> PullRequest:
        """Open a draft; the same branch and key again is the request that is open already."""
        self._require_head(draft, head)
        found = self._pulls.find(draft.branch)
        if found is not None and state_of(found) == "open":
            known = self._told(found)
            if known.draft.key == draft.key:
                return known
            raise ForgeRefusal(
                f"branch {draft.branch} belongs to pull request {known.number}, which is open"
                " for another task; close it first"
            )
        # Nobody has decided anything on what has just been made.
        return self._standing(self._pulls.get(self._pulls.open(draft).number))

    def update_pull_request(self, number: int, draft: PullRequestDraft, head: str) -> PullRequest:
        """Replace text and head of an open pull request."""
        found = self._pulls.get(number)
        _require_open(found)
        if found.head.ref != draft.branch:
            raise ForgeRefusal(f"pull request {number} is not about branch {draft.branch}")
        self._require_head(draft, head)
        self._pulls.update(found, draft)
        return self.pull_request(number)

    def close_pull_request(self, number: int, why: str) -> PullRequest:
        """Close one unmerged, saying ``why`` there; one that is not open stays as it is."""
        found = self._pulls.get(number)
        if state_of(found) != "open":
            return self._told(found)
        if not is_ours(found.head.ref):
            raise ForgeRefusal(f"pull request {number} is not ours, and so is not closed")
        self.say(number, why, "closed")
        return self._told(self._pulls.close(number))

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request; ForgeRefusal when there is none of that number."""
        return self._told(self._pulls.get(number))

    def pull_requests(
        self, state: PullRequestState | None = None, *, reviewed: bool = True
    ) -> Sequence[PullRequest]:
        """Return all on branches of ours, newest first."""
        if not reviewed:
            return [self._pulls.noun(found) for found in self._pulls.ours(state)]
        return [self._told(found) for found in self._pulls.ours(state)]

    def record_review(self, review: Review) -> PullRequest:
        """Keep a decision as a comment, unverified; one that people gave here is here already."""
        found = self._pulls.get(review.pull_request)
        known = self._told(found)
        if review in known.reviews:
            return known
        if (known.state, review.verdict) != ("merged", "accepted"):
            _require_open(found)
        key = f"review {digest(encode(review))[:16]}"
        self._put(review.pull_request, reviews.record_of(review), key)
        if known.state == "open" and review.verdict == "rejected":
            found = self._pulls.close(review.pull_request)
        return self._told(found)

    def comment(self, number: int, body: str, key: str) -> None:
        """Say something once: a second call with the same ``key`` replaces the first."""
        self._pulls.get(number)
        self.say(number, body, key)

    def threads(self, number: int) -> Sequence[Thread]:
        """Return what people said at lines of a pull request, resolved or not, oldest first."""
        return self._threads.of(number)

    def answer_thread(self, number: int, thread: str, body: str, key: str) -> None:
        """Say something in a thread once: a second call with the same ``key`` says no more."""
        self._threads.answer(number, thread, body, key)

    def resolve_thread(self, number: int, thread: str) -> None:
        """Mark a thread as dealt with; one that is resolved stays so."""
        self._threads.resolve(number, thread)

    def last_editor(self, number: int, comment: int) -> str:
        """Return who edited a comment of a pull request last; "" where GitHub does not say."""
        return last_editor(self._client, number, comment)

    def fetch_pull_request(self, number: int, into_git_dir: Path) -> str | None:
        """Copy what a pull request's head holds, even without its branch; None where it is gone."""
        self._pulls.get(number)
        with _refusing():
            return self._remote.fetch_pull(self.repository, number, into_git_dir)

    def merge(self, number: int) -> str:
        """Refuse: whoever merges on GitHub is a person there."""
        found = self._pulls.get(number)
        _require_open(found)
        raise ForgeRefusal(
            f"pull request {number} is not merged from here; a person merges it on GitHub:"
            f" {found.html_url}"
        )

    def _told(self, found: answers.Pull) -> PullRequest:
        """Return the port's noun with all that was decided on it."""
        decided = (
            *reviews.reviews_on(self._client, found.number, self.role),
            *reviews.recorded_in(self.comments(found.number)),
        )
        return self._standing(found, decided)

    def _standing(self, found: answers.Pull, decided: Sequence[Review] = ()) -> PullRequest:
        """Return the port's noun with its head as it is now."""
        # GitHub moves a pull request's head some seconds after its branch.
        is_open = state_of(found) == "open" and is_ours(found.head.ref)
        head = self._home.head_of(found.head.ref) if is_open else None
        return self._pulls.noun(found, decided, head)

    def _is_there(self, head: str | None, commit: Commit) -> bool:
        if head is None or head == commit.sha or not self._client.access.sign_commits:
            return head == commit.sha
        name = self._home.repository().full_name
        return commits_api.is_made(self._client, name, head, commit)

    def _send(self, yard: Yard, branch: str, commit: Commit, expected: str | None) -> None:
        name = self._home.repository().full_name
        try:
            if self._client.access.sign_commits:
                commits_api.make_signed(self._client, yard, (name, branch), commit)
            else:
                self._remote.push(yard, name, branch, commit.sha, expected)
        except ForgeRefusal:
            # The connection may have ended after the push was done.
            if not self._is_there(self._home.head_of(branch), commit):
                raise

    def _require_head(self, draft: PullRequestDraft, head: str) -> None:
        with _refusing():
            branches.require_ours(draft.branch)
        present = self._home.head_of(draft.branch)
        if present != head:
            raise ForgeRefusal(
                f"branch {draft.branch} is at {present or 'no commit'}, not at {head}: what was"
                " looked at is not what is there; propose again"
            )


def _require_descent(yard: Yard, branch: str, commit: Commit, expected: str | None) -> None:
    """Refuse to bury commits."""
    if expected is not None and not yard.stands_on(commit, expected):
        raise ForgeRefusal(
            f"branch {branch} is at {expected}, on which {commit.sha} does not stand: pushing"
            " it would throw commits away. Put the change on top of the branch, or delete the"
            " branch, and publish again"
        )


def _require_open(found: answers.Pull) -> None:
    if state_of(found) != "open":
        raise ForgeRefusal(f"pull request {found.number} is {state_of(found)} already")


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what git and the disk refuse into the port's own refusal."""
    try:
        yield
    except ForgeRefusal:
        raise
    except Refusal as error:
        raise ForgeRefusal(str(error)) from error
    except OSError as error:
        raise ForgeRefusal(f"a file cannot be read or written: {error}") from error
