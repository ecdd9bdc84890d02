"""The documents of GraphQL that an adapter of ours or a person here sends, and no other.

Each is known by the one field it asks for; every document of ours was held against GitHub's own
schema when it was written. What a token may not is told as GitHub does it: status 200, no data.
"""

import json
from collections.abc import Callable
from typing import Any

from tests.github.git_api import answered
from tests.github.git_facts import ApiError
from tests.github.grants import Grant
from tests.github.serving import Answered, Asked
from tests.github.state import Question, State
from tests.github.threads import ReviewThread, answer, author, known_thread, thread_nodes

_Known = dict[str, Any]
_PULLS = ("pull_requests", "write")


def graphql(state: State, asked: Asked, grant: Grant) -> Answered:
    """Answer one document."""
    said = json.loads(asked.body)
    query, told = " ".join(said["query"].split()), said.get("variables") or {}
    for field, needed, found in _FIELDS:
        if f" {field}" not in query:
            continue
        if not all(grant.allows(*one) for one in needed):
            state.denied.append((grant.login, "POST", f"/graphql {field}"))
            return _failed(field, "FORBIDDEN", "Resource not accessible by integration")
        try:
            return answered({"data": found(state, asked, grant, told)})
        except ApiError as error:
            return _failed(field, "NOT_FOUND", str(error))
    return _failed("", "undefinedField", f"the offline GitHub does not know {query}")


def _failed(field: str, kind: str, words: str) -> Answered:
    return answered({"data": {field: None}, "errors": [{"type": kind, "message": words}]})


def _viewer(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    return {"viewer": {"login": grant.login}}


def _to_draft(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    state.drafts.add(told["id"])
    return {"convertPullRequestToDraft": {"pullRequest": {"isDraft": True}}}


def _ready(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    if grant.holder == "actions":
        raise ApiError(403, "no workflow of ours marks anything as ready")
    state.drafts.discard(told["id"])
    repository, number = told["repository"], told["number"]
    state.inside("PATCH", f"/repos/{repository}/pulls/{number}", grant.login, {"draft": False})
    return {"markPullRequestReadyForReview": {"pullRequest": {"isDraft": False}}}


def _threads(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    question = _about(state, asked, grant, told)
    nodes = thread_nodes(state, question, told["number"])
    first = int(told.get("after") or 0)
    page = {"hasNextPage": first + 50 < len(nodes), "endCursor": str(first + 50)}
    shown = {"pageInfo": page, "nodes": nodes[first : first + 50]}
    return {"repository": {"pullRequest": {"reviewThreads": shown}}}


def _editors(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    question = _about(state, asked, grant, told)
    place = f"/repos/{question.repository}/issues/{told['number']}/comments?per_page=100"
    _, known = state.inside("GET", place)
    nodes = []
    for each in known:
        editor = state.editors.get(each["id"])
        nodes.append({"databaseId": each["id"], "editor": author(editor) if editor else None})
    return {"repository": {"pullRequest": {"comments": {"nodes": nodes}}}}


def _reply(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    made = answer(state, _thread(state, told), grant.login, told["body"])
    return {"addPullRequestReviewThreadReply": {"comment": {"id": f"PRRC_{made.id}"}}}


def _resolve(state: State, asked: Asked, grant: Grant, told: _Known) -> _Known:
    _thread(state, told).is_resolved = True
    return {"resolveReviewThread": {"thread": {"isResolved": True}}}


def _thread(state: State, told: _Known) -> ReviewThread:
    found = known_thread(state, told["thread"])
    if found is None:
        raise ApiError(404, "Could not resolve to a node")
    return found


def _about(state: State, asked: Asked, grant: Grant, told: _Known) -> Question:
    repository = f"{told['owner']}/{told['name']}"
    return Question(asked, grant, repository, state.git(repository), ())


_Answer = Callable[[State, Asked, Grant, _Known], _Known]
_FIELDS: tuple[tuple[str, tuple[tuple[str, str], ...], _Answer], ...] = (
    ("viewer {", (), _viewer),
    ("convertPullRequestToDraft(", (_PULLS,), _to_draft),
    ("markPullRequestReadyForReview(", (_PULLS,), _ready),
    ("reviewThreads(", (("pull_requests", "read"),), _threads),
    ("comments(last: 100) { nodes { databaseId editor", (("pull_requests", "read"),), _editors),
    ("addPullRequestReviewThreadReply(", (_PULLS,), _reply),
    ("resolveReviewThread(", (_PULLS, ("contents", "write")), _resolve),
)
