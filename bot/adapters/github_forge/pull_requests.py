"""Pull requests: looked for by their branch before one is made, known again by a hidden line."""

from collections.abc import Iterator, Sequence

from bot.adapters.github_forge import answers, marker
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.faults import Answered, Unsettled
from bot.adapters.github_forge.home import Home, is_ours
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest, PullRequestDraft, PullRequestState
from workflows.review import Review

_KIND = "pull-request"
_UNPROCESSABLE = 422
_TO_DRAFT = """mutation($id: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $id}) { pullRequest { isDraft } }
}"""


class PullRequests:
    """The pull requests of one repository whose heads are branches of ours."""

    def __init__(self, client: Client, home: Home) -> None:
        self._client = client
        self._home = home

    def find(self, branch: str) -> answers.Pull | None:
        """Return the newest one whose head is ``branch`` where our branches live, or None."""
        owner = self._home.holding(branch).partition("/")[0]
        wanted = {"head": f"{owner}:{branch}", "state": "all", "direction": "desc"}
        found = (
            pull
            for pull in self._client.pages("pulls", answers.Pull, wanted)
            if pull.head.ref == branch and self._is_at_home(pull)
        )
        return max(found, key=lambda pull: pull.number, default=None)

    def get(self, number: int) -> answers.Pull:
        """Return one; ForgeRefusal when there is none of that number."""
        found = self._client.find(f"pulls/{number}", answers.Pull)
        if found is None:
            name = self._client.repository().full_name
            raise ForgeRefusal(f"there is no pull request {number} in {name}")
        return found

    def ours(self, state: PullRequestState | None) -> Iterator[answers.Pull]:
        """Yield those on branches of ours, newest first."""
        asked = {None: "all", "open": "open"}.get(state, "closed")
        wanted = {"state": asked, "sort": "created", "direction": "desc"}
        seen: set[int] = set()
        for pull in self._client.pages("pulls", answers.Pull, wanted):
            is_wanted = is_ours(pull.head.ref) and self._is_at_home(pull)
            if is_wanted and pull.number not in seen and state in {None, state_of(pull)}:
                seen.add(pull.number)
                yield pull

    def open(self, draft: PullRequestDraft) -> answers.Pull:
        """Open a draft once, whatever becomes of the answer."""
        home = self._home.repository().full_name
        is_fork = home != self._client.repository().full_name
        document = {
            "title": draft.title,
            "head": f"{home.partition('/')[0]}:{draft.branch}" if is_fork else draft.branch,
            "base": draft.base_branch,
            "body": _text(draft),
            "draft": draft.draft,
        }
        try:
            made = self._client.write("POST", "pulls", answers.Pull, document)
        except (Answered, Unsettled) as error:
            is_known = isinstance(error, Unsettled) or (
                error.status == _UNPROCESSABLE and "already exists" in error.words.lower()
            )
            made = self._looked_up(draft, error) if is_known else _refuse(error)
        self._dress(made, draft)
        return made

    def update(self, pull: answers.Pull, draft: PullRequestDraft) -> answers.Pull:
        """Replace text and base; one that is ready becomes a draft again, never the reverse."""
        if draft.draft and not pull.draft:
            self._client.graphql(_TO_DRAFT, {"id": pull.node_id})
        document = {"title": draft.title, "body": _text(draft), "base": draft.base_branch}
        made = self._changed(pull.number, document)
        self._dress(made, draft)
        return made

    def close(self, number: int) -> answers.Pull:
        """Close one without merging it."""
        return self._changed(number, {"state": "closed"})

    def noun(
        self, pull: answers.Pull, reviews: Sequence[Review] = (), head: str | None = None
    ) -> PullRequest:
        """Return the port's noun; ``head`` where it is known better than GitHub's list does."""
        body = pull.body or ""
        is_trusted = self._is_trusted(pull)
        found = marker.revealed(_KIND, body, marker.Origin) if is_trusted else None
        origin = found or marker.Origin()
        draft = PullRequestDraft(
            key=origin.key,
            branch=pull.head.ref,
            base_branch=pull.base.ref,
            base_commit=origin.base_commit,
            title=pull.title,
            body=marker.without(_KIND, body),
            run=origin.run,
            bundle_sha256=origin.bundle_sha256,
            draft=pull.draft,
            labels=tuple(label.name for label in pull.labels),
            reviewers=tuple(user.login for user in pull.requested_reviewers or ()),
        )
        return PullRequest(
            pull.number,
            draft,
            head or pull.head.sha,
            state_of(pull),
            pull.html_url,
            pull.created_at,
            tuple(reviews),
            pull.merged_at or pull.closed_at or "",
            # Of one that is open it is a merge that GitHub only tried.
            (pull.merge_commit_sha or "") if pull.merged_at else "",
            is_foreign=not (self._is_at_home(pull) or self._is_of_target(pull)),
            is_unmarked=is_trusted and found is None and self._is_by_us(pull),
        )

    def _changed(self, number: int, document: dict[str, str]) -> answers.Pull:
        try:
            return self._client.write("PATCH", f"pulls/{number}", answers.Pull, document)
        except Unsettled:
            now = self.get(number)
            there = {"title": now.title, "body": now.body, "base": now.base.ref, "state": now.state}
            if any(there[name] != value for name, value in document.items()):
                raise
            return now

    def _looked_up(self, draft: PullRequestDraft, error: ForgeRefusal) -> answers.Pull:
        """Return what stands on the branch after a write that may or may not have been done."""
        found = self.find(draft.branch)
        if found is None or state_of(found) != "open":
            raise ForgeRefusal(
                f"{error}; no open pull request stands on {draft.branch}. Nothing was sent twice:"
                " publish again"
            ) from error
        known = self.noun(found).draft.key
        if known != draft.key:
            raise ForgeRefusal(
                f"branch {draft.branch} belongs to pull request {found.number}, which is open for"
                " another task; close it first"
            ) from error
        return found

    def _dress(self, pull: answers.Pull, draft: PullRequestDraft) -> None:
        """Add labels and ask reviewers that are not there yet; nobody's are taken away."""
        labels = {label.name.lower() for label in pull.labels}
        missing = [name for name in draft.labels if name.lower() not in labels]
        if missing:
            self._client.send("POST", f"issues/{pull.number}/labels", {"labels": missing})
        author = pull.user.login if pull.user else ""
        asked = {user.login.lower() for user in pull.requested_reviewers or ()} | {author.lower()}
        wanted = [name for name in draft.reviewers if name.lower() not in asked]
        if not wanted:
            return
        document = {
            "reviewers": [name for name in wanted if "/" not in name],
            "team_reviewers": [name.partition("/")[2] for name in wanted if "/" in name],
        }
        try:
            self._client.send("POST", f"pulls/{pull.number}/requested_reviewers", document)
        except Answered as error:
            # Who does not belong to the repository cannot be asked: the proposal stands all the
            # same, and its text names who wanted it.
            if error.status != _UNPROCESSABLE:
                raise

    def _is_at_home(self, pull: answers.Pull) -> bool:
        home = self._home.repository().full_name
        return pull.head.repo is not None and pull.head.repo.full_name.lower() == home.lower()

    def _is_of_target(self, pull: answers.Pull) -> bool:
        name = self._client.repository().full_name
        return pull.head.repo is not None and pull.head.repo.full_name.lower() == name.lower()

    def _is_by_us(self, pull: answers.Pull) -> bool:
        return pull.user is not None and pull.user.login.lower() == self._home.login().lower()

    def _is_trusted(self, pull: answers.Pull) -> bool:
        """Whether only we and people with write access can have made it what it is."""
        if not (is_ours(pull.head.ref) and self._is_at_home(pull)):
            return False
        is_fork = self._home.repository().full_name != self._client.repository().full_name
        return not is_fork or self._is_by_us(pull)


def state_of(pull: answers.Pull) -> PullRequestState:
    """Return the state; GitHub calls a merged one closed."""
    if pull.merged_at:
        return "merged"
    return "open" if pull.state == "open" else "closed"


def _text(draft: PullRequestDraft) -> str:
    origin = marker.Origin(draft.key, draft.run, draft.bundle_sha256, draft.base_commit)
    return f"{marker.broken(draft.body)}\n\n{marker.hidden(_KIND, origin)}"


def _refuse(error: ForgeRefusal) -> answers.Pull:
    raise error
