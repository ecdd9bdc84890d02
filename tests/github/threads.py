"""Review threads: said at lines by REST, read, answered and resolved by GraphQL, as on GitHub.

The emulator keeps reviews alone; of a comment at a line it knows neither the line nor the thread.
A thread follows its line through later pushes, and is outdated once that line itself has changed.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.github.git_api import GitApi, answered
from tests.github.git_facts import ApiError
from tests.github.pulls import invalid, numbered, one, refuse_own
from tests.github.serving import Answered
from tests.github.state import Question, State

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_RESOURCE = "PullRequestReviewComment"


@dataclass(slots=True)
class Said:
    """One turn of a thread."""

    id: int
    review: int
    login: str
    body: str
    at: str


@dataclass(slots=True)
class ReviewThread:
    """A talk at a line of ``commit``; ``line`` 0 is the whole file."""

    id: str
    path: str
    line: int
    side: str
    commit: str
    said: list[Said] = field(default_factory=list)
    is_resolved: bool = False

    def line_now(self, git: GitApi, head: str) -> int | None:
        """Return where its line stands in ``head``, or None where that line has changed."""
        if not self.line or self.side == "LEFT":
            return self.line or None
        moved = 0
        diff = git.git("diff", "--unified=0", self.commit, head, "--", self.path)
        for found in _HUNK.finditer(diff):
            first, length = int(found[1]), int(found[2] or 1)
            if length and first <= self.line < first + length:
                return None
            if first < self.line:
                moved += int(found[4] or 1) - length
        return self.line + moved


def reviewed(state: State, question: Question) -> Answered:
    """Hand in a review: the emulator keeps it, and what it says at lines begins threads."""
    refuse_own(state, question)
    pull, said = one(state, question), question.said
    begun = [_begun(state, question, pull, each) for each in said.get("comments") or ()]
    kept = {name: value for name, value in said.items() if name != "comments"}
    done, review = state.pass_on_saying(question, kept)
    if done.status < 300:
        for thread, body in begun:
            _keep(state, question, pull["number"], thread)
            _say(state, thread, question.grant.login, body, review["id"])
    return done


def commented(state: State, question: Question) -> Answered:
    """Say something at a line: a review of its own, as GitHub makes one."""
    pull, said = one(state, question), question.said
    thread, body = _begun(state, question, pull, said)
    address = f"/repos/{question.repository}/pulls/{pull['number']}/reviews"
    words = {"event": "COMMENT", "body": ""}
    _, review = state.inside("POST", address, question.grant.login, words)
    _keep(state, question, pull["number"], thread)
    made = _say(state, thread, question.grant.login, body, review["id"])
    return answered(_told(question, pull, thread, made), 201)


def replied(state: State, question: Question) -> Answered:
    """Say something in the thread that begins with the comment of the path's second number."""
    pull = one(state, question)
    for thread in state.threads.get((question.repository, pull["number"]), []):
        if thread.said[0].id == int(question.words[1]):
            made = _say(state, thread, question.grant.login, question.said["body"])
            return answered(_told(question, pull, thread, made), 201)
    raise ApiError(404, "Not Found")


def comments(state: State, question: Question) -> Answered:
    """Show what is said at lines, oldest first."""
    pull = one(state, question)
    known = state.threads.get((question.repository, pull["number"]), [])
    rows = [_told(question, pull, thread, said) for thread in known for said in thread.said]
    return answered(sorted(rows, key=lambda row: int(row["id"])))


def thread_nodes(state: State, question: Question, number: int) -> list[dict[str, Any]]:
    """Return the threads of a pull request as GraphQL has them."""
    pull = numbered(state, question, number)
    known = state.threads.get((question.repository, number), [])
    return [_node(thread, question.git, pull["head"]["sha"]) for thread in known]


def known_thread(state: State, name: str) -> ReviewThread | None:
    """Return the thread that is called ``name``, of whichever pull request."""
    known = (thread for threads in state.threads.values() for thread in threads)
    return next((thread for thread in known if thread.id == name), None)


def answer(state: State, thread: ReviewThread, login: str, body: str) -> Said:
    """Say something in a thread."""
    return _say(state, thread, login, body)


def author(login: str) -> dict[str, str]:
    """Return somebody as GraphQL has them: the name of an App has nothing behind it there."""
    is_bot = login.endswith("[bot]")
    return {"login": login.removesuffix("[bot]"), "__typename": "Bot" if is_bot else "User"}


def _begun(
    state: State, question: Question, pull: dict[str, Any], said: dict[str, Any]
) -> tuple[ReviewThread, str]:
    """Return the thread that is begun by what somebody said, and its first words."""
    path, line, side = said.get("path") or "", said.get("line") or 0, said.get("side") or "RIGHT"
    if not str(said.get("body") or "").strip():
        raise invalid(_RESOURCE, "body")
    git, head = question.git, pull["head"]["sha"]
    base = git.merge_base(pull["base"]["sha"], head) or pull["base"]["sha"]
    if path not in {each["filename"] for each in git.files(base, head)}:
        raise invalid(_RESOURCE, "pull_request_review_thread.path")
    diff = git.git("diff", base, head, "--", path)
    shown = [
        range(int(start), int(start) + int(length or 1))
        for one_side in (_HUNK.findall(diff),)
        for start, length in ((h[2:] if side == "RIGHT" else h[:2]) for h in one_side)
    ]
    if said.get("subject_type") != "file" and not any(line in lines for lines in shown):
        raise invalid(_RESOURCE, "pull_request_review_thread.line")
    return ReviewThread(f"PRRT_{state.next_id()}", path, line, side, head), said["body"]


def _keep(state: State, question: Question, number: int, thread: ReviewThread) -> None:
    state.threads.setdefault((question.repository, number), []).append(thread)


def _say(state: State, thread: ReviewThread, login: str, body: str, review: int = 0) -> Said:
    made = Said(state.next_id(), review, login, body, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    thread.said.append(made)
    return made


def _node(thread: ReviewThread, git: GitApi, head: str) -> dict[str, Any]:
    line = thread.line_now(git, head)
    nodes = [
        {"author": author(one.login), "body": one.body, "createdAt": one.at} for one in thread.said
    ]
    return {
        "id": thread.id,
        "path": thread.path,
        "isResolved": thread.is_resolved,
        "isOutdated": line is None and thread.line > 0,
        "line": line,
        "originalLine": thread.line or None,
        "diffSide": thread.side,
        "comments": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": nodes},
    }


def _told(
    question: Question, pull: dict[str, Any], thread: ReviewThread, said: Said
) -> dict[str, Any]:
    first = thread.said[0]
    place = f"{pull['url']}/comments/{said.id}"
    return {
        "id": said.id,
        "node_id": f"PRRC_{said.id}",
        "url": place,
        "html_url": f"{pull['html_url']}#discussion_r{said.id}",
        "pull_request_url": pull["url"],
        "pull_request_review_id": said.review or None,
        "path": thread.path,
        "line": thread.line_now(question.git, pull["head"]["sha"]),
        "original_line": thread.line or None,
        "side": thread.side,
        "commit_id": pull["head"]["sha"],
        "original_commit_id": thread.commit,
        "user": {"login": said.login},
        "body": said.body,
        "created_at": said.at,
        "updated_at": said.at,
        **({} if said is first else {"in_reply_to_id": first.id}),
    }
