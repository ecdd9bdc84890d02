"""What people say about a pull request, and how GitHub tells the workflows of it.

Everything is said by the API first, as that person, and the delivery is octokit's example of it
with what was said laid over: so what an event claims and what stands there are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.github import our_action, payloads
from tests.github.acting import Ran
from tests.github.payloads import Payload
from tests.github.story import OWNER, Story
from tests.github.threads import ReviewThread

_COLLECT = our_action.WORKFLOW.with_name("changewright-collect.yml")
_STATES = {"REQUEST_CHANGES": "changes_requested", "COMMENT": "commented", "APPROVE": "approved"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as GitHub delivers it."""

    event: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said on one pull request of a story; its ``number``."""

    story: Story
    number: int

    @property
    def threads(self) -> list[ReviewThread]:
        github = self.story.github
        return github.state.threads.get((github.repository, self.number), [])

    @property
    def comments(self) -> list[str]:
        return self.story.comments_on(self.number)

    @property
    def pull(self) -> dict[str, Any]:
        return dict(self.story.github.ask(OWNER, "GET", f"pulls/{self.number}"))

    def review(
        self,
        login: str,
        words: str,
        lines: Sequence[tuple[str, int, str]] = (),
        verdict: str = "REQUEST_CHANGES",
    ) -> Delivery:
        """Hand in a review with words at ``lines``: path, line, what is said there."""
        comments = [{"path": path, "line": line, "body": body} for path, line, body in lines]
        said = {"event": verdict, "body": words, "comments": comments}
        made = self.story.github.ask(login, "POST", f"pulls/{self.number}/reviews", said)
        review = {name: made[name] for name in ("id", "user", "body", "submitted_at")}
        review |= {"state": _STATES[verdict]}
        return self._delivery("pull_request_review", "submitted", login, review=review)

    def reply(self, login: str, thread: int, words: str) -> Delivery:
        """Say something in a thread that is there already, and is told by its place among them."""
        first = self.threads[thread].said[0].id
        place = f"pulls/{self.number}/comments/{first}/replies"
        made = self.story.github.ask(login, "POST", place, {"body": words})
        comment = {name: made[name] for name in ("id", "user", "body", "created_at", "html_url")}
        return self._delivery("pull_request_review_comment", "created", login, comment=comment)

    def comment(self, login: str, words: str) -> Delivery:
        """Say something below the pull request."""
        place = f"issues/{self.number}/comments"
        made = self.story.github.ask(login, "POST", place, {"body": words})
        comment = {name: made[name] for name in ("id", "user", "body", "created_at", "html_url")}
        pull = self.pull
        issue = {name: pull[name] for name in ("number", "title", "body", "state")}
        issue |= {"pull_request": {"url": pull["url"]}}
        return self._delivery("issue_comment", "created", login, comment=comment, issue=issue)

    def red(self, name: str, log: str = "") -> Delivery:
        """Have a check of the repository's own CI fail on the head; tell of its workflow run."""
        self.checked(name, "failure", self.pull["head"]["sha"], log)
        pull = self.pull
        run = {
            "name": name,
            "conclusion": "failure",
            "head_branch": pull["head"]["ref"],
            "head_sha": pull["head"]["sha"],
            "head_repository": {"full_name": self.story.github.repository},
        }
        bot = "github-actions[bot]"
        return self._delivery("workflow_run", "completed", bot, workflow_run=run)

    def checked(self, name: str, conclusion: str, commit: str, log: str = "") -> None:
        """Have a check end beside a commit, and its log kept."""
        github = self.story.github
        github.token("of-the-ci", {"checks": "write"})
        said = {"name": name, "head_sha": commit, "status": "completed", "conclusion": conclusion}
        made = github.ask_as("of-the-ci", "POST", "check-runs", said)
        github.state.logs[made["id"]] = log

    def deliver(self, delivery: Delivery, *replies: str) -> Ran:
        """Run what a delivery starts, the model saying ``replies`` to it."""
        self.story.says(*replies)
        return self.story.runner.run(self.story.workflow, delivery.event, delivery.payload)

    def close(self) -> None:
        """Close the pull request unmerged."""
        self.story.github.ask(OWNER, "PATCH", f"pulls/{self.number}", {"state": "closed"})

    def merge(self) -> None:
        """Take the pull request out of its draft and merge it."""
        self.story.github.make_ready(OWNER, self.number)
        self.story.github.ask(OWNER, "PUT", f"pulls/{self.number}/merge", {})

    def tick(self, login: str, kind: str) -> None:
        """Tick one box of the question why it was closed."""
        github = self.story.github
        rows = github.ask(OWNER, "GET", f"issues/{self.number}/comments")
        (asked,) = (each for each in rows if f"[ ] `{kind}`" in each["body"])
        body = asked["body"].replace(f"[ ] `{kind}`", f"[x] `{kind}`")
        github.ask(login, "PATCH", f"issues/comments/{asked['id']}", {"body": body})

    def collect(self) -> Ran:
        """Run the workflow that writes down what became of pull requests."""
        payload = payloads.told_of(
            payloads.examples("workflow_dispatch")[0],
            repository={"full_name": self.story.github.repository, "default_branch": "main"},
        )
        return self.story.runner.run(_COLLECT, "workflow_dispatch", payload)

    def _delivery(self, event: str, action: str, login: str, **said: Any) -> Delivery:
        github = self.story.github
        pull = self.pull
        sides = {
            side: {"ref": pull[side]["ref"], "sha": pull[side]["sha"]} for side in ("head", "base")
        }
        about = {"number": self.number, "state": pull["state"], **sides}
        is_bot = login.endswith("[bot]")
        example = payloads.examples(event, action)[0]
        payload = payloads.told_of(
            example,
            **({"pull_request": about} if "pull_request" in example else {}),
            repository={"full_name": github.repository, "default_branch": "main"},
            sender={"login": login, "type": "Bot" if is_bot else "User"},
            **said,
        )
        payload.pop("organization", None)
        return Delivery(event, payload)
