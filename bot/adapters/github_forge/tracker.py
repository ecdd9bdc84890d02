"""GitHub's issues: who may ask, what was said, and the one comment of ours that is kept true."""

import base64
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import cast, get_args
from urllib.parse import quote

from bot.adapters.github_forge import answers, marker
from bot.adapters.github_forge.access import GitHubAccess
from bot.adapters.github_forge.check_results import check_log, check_results
from bot.adapters.github_forge.checks import show_check
from bot.adapters.github_forge.client import Client, Patience
from bot.adapters.github_forge.faults import Answered, Unsettled
from bot.adapters.github_forge.home import Home
from bot.adapters.github_forge.transport import PAGE, Verb
from workflows.ports import ForgeRefusal
from workflows.tracker import Artifact, CheckResult, CheckRun, Issue, IssueComment, Role

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?")
_ROLES = frozenset(get_args(Role))


class GitHubTracker:
    """The Tracker port for one repository."""

    def __init__(self, access: GitHubAccess, patience: Patience) -> None:
        self._client = Client(access, patience)
        self._home = Home(self._client, patience)

    @property
    def repository(self) -> str:
        """Return owner/name as GitHub spells it now."""
        return self._client.repository().full_name

    def role(self, login: str) -> Role:
        """Return what ``login`` may do now: of a custom role, the standard one it is based on."""
        if not _LOGIN.fullmatch(login):
            return "none"
        path = f"collaborators/{quote(login)}/permission"
        found = self._client.find(path, answers.Permission)
        if found is None:
            return "none"
        named = found.role_name if found.role_name in _ROLES else found.permission
        return cast("Role", named) if named in _ROLES else "none"

    def issue(self, number: int) -> Issue:
        """Return an issue or a pull request as it stands now."""
        return _issue(self._client.read(f"issues/{number}", answers.Issue))

    def comments(self, number: int) -> Sequence[IssueComment]:
        """Return everything said there, oldest first, each comment once."""
        login = self._home.login()
        found = {
            comment.id: _comment(comment, login)
            for comment in self._client.pages(f"issues/{number}/comments", answers.Comment)
        }
        return [found[number] for number in sorted(found)]

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off; one that is not there is no error."""
        try:
            self._client.send("DELETE", f"issues/{number}/labels/{quote(label, safe='')}")
        except (Answered, Unsettled) as error:
            if isinstance(error, Answered) and error.status != 404:  # noqa: PLR2004 - HTTP's own
                raise
            if label.lower() in {name.lower() for name in self.issue(number).labels}:
                raise

    def say(self, number: int, body: str, key: str) -> IssueComment:
        """Say something once: a comment of ours with the same ``key`` is replaced, not repeated."""
        return self._put(number, marker.broken(body), key)

    def check(self, head: str, run: CheckRun) -> str:
        """Show ``run`` beside commit ``head`` and return where a person finds it."""
        return show_check(self._client, head, run)

    def check_results(self, commit: str) -> Sequence[CheckResult]:
        """Return how every check but ours ended beside a commit, each time that it was run."""
        return check_results(self._client, commit)

    def check_log(self, check: CheckResult) -> str:
        """Return the end of what a check printed, untrusted; "" where GitHub does not keep it."""
        return check_log(self._client, check)

    def read_file(self, path: str, commit: str) -> bytes | None:
        """Return a file as it stands in ``commit``, without a checkout, or None where none is."""
        try:
            found = self._client.read(f"contents/{quote(path)}", answers.Content, {"ref": commit})
        except Answered as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        if (found.type, found.encoding) != ("file", "base64"):
            raise ForgeRefusal(
                f"{path} at commit {commit[:12]} is no plain file of less than 1 MB; make it one"
            )
        return base64.b64decode(found.content)

    def artifact(self, workflow_run: str, name: str) -> Artifact | None:
        """Return what a workflow run left under ``name``, or None where none is kept any more."""
        path = f"actions/runs/{quote(workflow_run, safe='')}/artifacts"
        try:
            wanted: dict[str, str | int] = {"name": name, "per_page": PAGE}
            found = self._client.read(path, answers.Artifacts, wanted)
        except Answered as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        for one in found.artifacts:
            run = one.workflow_run
            if one.name == name and not one.expired and run and str(run.id) == workflow_run:
                is_foreign = run.head_repository_id != run.repository_id
                return Artifact(one.name, one.size_in_bytes, run.head_branch, is_foreign)
        return None

    def dispatch(self, workflow: str, revision: str, inputs: Mapping[str, str]) -> None:
        """Start ``workflow`` (a file name below ``.github/workflows``) anew."""
        path = f"actions/workflows/{quote(workflow, safe='')}/dispatches"
        try:
            self._client.send("POST", path, {"ref": revision, "inputs": dict(inputs)})
        except Unsettled as error:
            raise Unsettled(
                f"{error}. See under Actions whether {workflow} runs; if it does not, start it"
                " there by hand"
            ) from error

    def is_under_way(self, workflow_run: str) -> bool:
        """Whether that run of a workflow has not ended; GitHub forgets runs after some months."""
        path = f"actions/runs/{quote(workflow_run, safe='')}"
        found = self._client.find(path, answers.WorkflowRunStatus)
        return found is not None and found.status != "completed"

    def _put(self, number: int, body: str, key: str) -> IssueComment:
        """Say what may hold marks of ours."""
        text = marker.keyed(body, key)
        known = self._said(number, key)
        if known is not None and known.body == text:
            return known
        verb: Verb = "PATCH" if known else "POST"
        path = f"issues/comments/{known.id}" if known else f"issues/{number}/comments"
        try:
            made = self._client.write(verb, path, answers.Comment, {"body": text})
        except Unsettled:
            found = self._said(number, key)
            if found is None or found.body != text:
                raise
            return found
        return _comment(made, self._home.login())

    def _said(self, number: int, key: str) -> IssueComment | None:
        """Return the oldest comment of ours with ``key``; two processes may have said it."""
        ours = (one for one in self.comments(number) if one.is_ours)
        return next((one for one in ours if marker.is_keyed(one.body, key)), None)


def _issue(found: answers.Issue) -> Issue:
    return Issue(
        number=found.number,
        title=found.title,
        body=found.body or "",
        author=found.user.login if found.user else "",
        state="open" if found.state == "open" else "closed",
        labels=tuple(label.name for label in found.labels),
        url=found.html_url,
        is_pull_request=found.pull_request is not None,
    )


def _comment(found: answers.Comment, login: str) -> IssueComment:
    author, body = found.user.login if found.user else "", found.body or ""
    return IssueComment(
        id=found.id,
        author=author,
        body=body,
        created=found.created_at,
        edited=found.updated_at,
        url=found.html_url,
        is_ours=author.lower() == login.lower() and marker.is_marked(body),
    )
