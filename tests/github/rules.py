"""What GitHub says to requests that the emulator would answer wrongly, one function each."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ruamel.yaml import YAML

from tests.github.git_api import GitApi, answered
from tests.github.git_facts import ApiError
from tests.github.grants import Grant
from tests.github.serving import Answered, Asked
from tests.github.state import Dispatched, Question, State


def _invalid(resource: str, place: str) -> ApiError:
    wrong = {"resource": resource, "field": place, "code": "invalid"}
    return ApiError(422, "Validation Failed", [wrong])


def _custom(resource: str, words: str) -> ApiError:
    wrong = {"resource": resource, "code": "custom", "message": words}
    return ApiError(422, "Validation Failed", [wrong])


def _head(state: State, question: Question, named: str) -> tuple[GitApi, str, str]:
    """Return where a pull request comes from: its repository, the owner, the branch."""
    owner, name = question.repository.split("/")
    whose, _, branch = named.rpartition(":")
    place = state.git_root / (whose or owner) / f"{name}.git"
    if not place.is_dir():
        raise _invalid("PullRequest", "head")
    return GitApi(place), whose or owner, branch


def _open(state: State, question: Question) -> Answered:
    if question.grant.holder == "actions" and not state.actions_may_open_pull_requests:
        raise ApiError(403, "GitHub Actions is not permitted to create or approve pull requests.")
    said = question.said
    from_git, owner, branch = _head(state, question, said["head"])
    head, base = from_git.head(branch), question.git.head(said["base"])
    if head is None:
        raise _invalid("PullRequest", "head")
    if base is None:
        raise _invalid("PullRequest", "base")
    words = f"state=open&head={quote(f'{owner}:{branch}')}&base={quote(said['base'])}"
    _, present = state.inside("GET", f"/repos/{question.repository}/pulls?{words}")
    if present:
        raise _custom("PullRequest", f"A pull request already exists for {owner}:{branch}.")
    if from_git.repository == question.git.repository and question.git.is_ancestor(head, base):
        raise _custom("PullRequest", f"No commits between {said['base']} and {branch}")
    return _pulls(state, question)


def _pulls(state: State, question: Question) -> Answered:
    """Pass on, and tell of each pull request what git says of it."""
    said = state.pass_on(question.asked, question.grant)
    if said.status not in {200, 201}:
        return said
    value = json.loads(said.body)
    if isinstance(value, list):
        told: object = [_as_git_says(state, question, each) for each in value]
    else:
        told = _as_git_says(state, question, value)
    return Answered(said.status, json.dumps(told).encode(), said.headers)


def _as_git_says(state: State, question: Question, pull: dict[str, Any]) -> dict[str, Any]:
    owner = (pull["head"].get("repo") or {}).get("owner", {}).get("login", "")
    from_git, _, branch = _head(state, question, f"{owner}:{pull['head']['ref']}")
    head, base = from_git.head(branch), question.git.head(pull["base"]["ref"])
    if pull["state"] == "open" and head and base:
        pull["head"]["sha"], pull["base"]["sha"] = head, base
        pull["draft"] = pull["draft"] or pull["node_id"] in state.drafts
        if "changed_files" in pull and from_git.repository == question.git.repository:
            files = question.git.files(question.git.merge_base(base, head) or base, head)
            pull["changed_files"] = len(files)
            pull["additions"] = sum(each["additions"] for each in files)
            pull["deletions"] = sum(each["deletions"] for each in files)
    return pull


def graphql(state: State, asked: Asked, grant: Grant) -> Answered:
    """Answer the two documents that an adapter of ours sends; any other is an error."""
    said = json.loads(asked.body)
    query = " ".join(said["query"].split())
    if query == "query { viewer { login } }":
        return answered({"data": {"viewer": {"login": grant.login}}})
    if "convertPullRequestToDraft(input: {pullRequestId: $id})" in query:
        if not grant.allows("pull_requests", "write"):
            words = [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]
            return answered({"data": {"convertPullRequestToDraft": None}, "errors": words})
        state.drafts.add(said["variables"]["id"])
        made = {"pullRequest": {"isDraft": True}}
        return answered({"data": {"convertPullRequestToDraft": made}})
    return answered({"errors": [{"message": f"the offline GitHub does not know {query}"}]})


def _one_pull(state: State, question: Question) -> dict[str, Any]:
    status, pull = state.inside("GET", f"/repos/{question.repository}/pulls/{question.words[0]}")
    if status != 200:
        raise ApiError(404, "Not Found")
    return _as_git_says(state, question, dict(pull))


def _files(state: State, question: Question) -> Answered:
    pull = _one_pull(state, question)
    base, head = pull["base"]["sha"], pull["head"]["sha"]
    return answered(question.git.files(question.git.merge_base(base, head) or base, head))


def _commits(state: State, question: Question) -> Answered:
    pull = _one_pull(state, question)
    return answered(question.git.commits(pull["base"]["sha"], pull["head"]["sha"]))


def _review(state: State, question: Question) -> Answered:
    author = _one_pull(state, question)["user"]["login"]
    event = question.said.get("event")
    words = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}.get(event or "")
    if words and author == question.grant.login:
        raise ApiError(422, f"Can not {words} your own pull request")
    if event == "APPROVE" and question.grant.holder == "actions":
        raise ApiError(403, "GitHub Actions is not permitted to create or approve pull requests.")
    return state.pass_on(question.asked, question.grant)


def _reviewers(state: State, question: Question) -> Answered:
    author = _one_pull(state, question)["user"]["login"]
    for login in question.said.get("reviewers", []):
        if login == author:
            raise ApiError(422, "Review cannot be requested from pull request author.")
        if state.roles.get(login, "none") == "none":
            raise ApiError(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or "
                "teams you specified is not a collaborator of the repository.",
            )
    said = state.pass_on(question.asked, question.grant)
    return Answered(201, said.body, said.headers) if said.status == 200 else said


def _permission(state: State, question: Question) -> Answered:
    login = unquote(question.words[0])
    status, user = state.inside("GET", f"/users/{quote(login)}", question.repository.split("/")[0])
    if status != 200:
        raise ApiError(404, f"{login} is not a user")
    role = state.roles.get(login, "read")
    folded = {"maintain": "write", "triage": "read"}.get(role, role)
    return answered({"permission": folded, "role_name": role, "user": user})


def _repository(state: State, question: Question) -> Answered:
    said = state.pass_on(question.asked, question.grant)
    told = json.loads(said.body)
    if said.status == 200:
        role = state.roles.get(question.grant.login, "read")
        may = question.grant.allows("contents", "write")
        if question.grant.holder == "person":
            may = role in {"write", "maintain", "admin"}
        told["permissions"] = {"admin": role == "admin", "push": may, "pull": True}
    return answered(told, said.status)


def _check(state: State, question: Question) -> Answered:
    if question.grant.holder == "person":
        raise ApiError(403, "You must authenticate via a GitHub App.")
    if question.asked.method == "PATCH":
        return state.pass_on(question.asked, question.grant)
    head = question.said["head_sha"]
    if question.git.head(head) is None:
        raise ApiError(422, f"No commit found for SHA: {head}")
    said = state.pass_on(question.asked, question.grant)
    if said.status == 201:
        state.checks.setdefault(head, []).append(json.loads(said.body)["id"])
    return said


def _checks_of(state: State, question: Question) -> Answered:
    """Show the runs beside a commit, of which the emulator knows nothing."""
    words = dict(question.asked.words())
    head = question.git.known(unquote(question.words[0]))
    place = f"/repos/{question.repository}/check-runs"
    runs = [state.inside("GET", f"{place}/{each}")[1] for each in state.checks.get(head, [])]
    runs = [run for run in runs if run["name"] == words.get("check_name", run["name"])]
    if words.get("filter", "latest") == "latest":
        runs = list({run["name"]: run for run in runs}.values())
    return answered({"total_count": len(runs), "check_runs": runs})


def _dispatch(state: State, question: Question) -> Answered:
    workflow, said = unquote(question.words[0]), question.said
    ref = str(said["ref"]).removeprefix("refs/heads/")
    commit = question.git.head(ref)
    if commit is None:
        raise ApiError(422, f"No ref found for: {ref}")
    try:
        text = question.git.git("show", f"{commit}:.github/workflows/{workflow}")
    except ApiError:
        raise ApiError(404, "Not Found") from None
    triggers = YAML(typ="safe").load(text).get("on")
    if "workflow_dispatch" not in (triggers or ()):
        raise ApiError(422, "Workflow does not have 'workflow_dispatch' trigger")
    declared = triggers["workflow_dispatch"] if isinstance(triggers, dict) else None
    known, inputs = set((declared or {}).get("inputs") or {}), dict(said.get("inputs") or {})
    if set(inputs) - known:
        raise ApiError(422, f"Unexpected inputs provided: {sorted(set(inputs) - known)}")
    state.dispatched.append(Dispatched(workflow, ref, inputs, question.grant.login))
    return Answered(204)


def _artifacts(state: State, question: Question) -> Answered:
    """List what a workflow run of this rig handed on, as of the default branch's workflow."""
    run, wanted = int(question.words[0]), dict(question.asked.words()).get("name")
    kept = sorted((state.artifacts or Path("none")).glob(f"{run}/*"))
    by = {"id": run, "repository_id": 1, "head_repository_id": 1, "head_branch": "main"}
    found = [
        {"id": number, "name": place.name, "expired": False, "workflow_run": by}
        | {"size_in_bytes": sum(path.stat().st_size for path in place.rglob("*"))}
        for number, place in enumerate(kept, 1)
        if wanted in {None, place.name}
    ]
    return answered({"total_count": len(found), "artifacts": found})


def _workflow_permissions(state: State, question: Question) -> Answered:
    may = state.actions_may_open_pull_requests
    return answered(
        {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": may}
    )


_Rule = Callable[[State, Question], Answered]
RULES: tuple[tuple[str, re.Pattern[str], _Rule], ...] = tuple(
    (method, re.compile(shape), rule)
    for method, shape, rule in (
        ("GET", "", _repository),
        ("GET", "pulls", _pulls),
        ("POST", "pulls", _open),
        ("GET", r"pulls/\d+", _pulls),
        ("PATCH", r"pulls/\d+", _pulls),
        ("GET", r"pulls/(\d+)/files", _files),
        ("GET", r"pulls/(\d+)/commits", _commits),
        ("POST", r"pulls/(\d+)/reviews", _review),
        ("POST", r"pulls/(\d+)/requested_reviewers", _reviewers),
        ("GET", "collaborators/([^/]+)/permission", _permission),
        ("POST", "check-runs", _check),
        ("PATCH", r"check-runs/\d+", _check),
        ("GET", "commits/(.+)/check-runs", _checks_of),
        ("POST", "actions/workflows/([^/]+)/dispatches", _dispatch),
        ("GET", r"actions/runs/(\d+)/artifacts", _artifacts),
        ("GET", "actions/permissions/workflow", _workflow_permissions),
    )
)
