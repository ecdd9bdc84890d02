"""What GitHub says to requests that the emulator would answer wrongly, one function each."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

from ruamel.yaml import YAML

from tests.github import pulls, threads
from tests.github.git_api import answered
from tests.github.git_facts import ApiError
from tests.github.serving import Answered
from tests.github.state import Dispatched, Question, State


def _permission(state: State, question: Question) -> Answered:
    login = unquote(question.words[0])
    status, user = state.inside("GET", f"/users/{quote(login)}", question.repository.split("/")[0])
    if status != 200:
        raise ApiError(404, f"{login} is not a user")
    role = state.roles.get(login, "read")
    folded = {"maintain": "write", "triage": "read"}.get(role, role)
    return answered({"permission": folded, "role_name": role, "user": user})


def _issue(state: State, question: Question) -> Answered:
    """Show an issue, or a pull request as one, which the emulator takes for nothing."""
    said = state.pass_on(question.asked, question.grant)
    if said.status != 404:
        return said
    pull = pulls.one(state, question)
    words = "id node_id number title body state user labels html_url"
    shared = (*words.split(), "created_at", "updated_at", "closed_at")
    told = {name: pull[name] for name in shared}
    return answered({**told, "pull_request": {"url": pull["url"], "html_url": pull["html_url"]}})


def _edited(state: State, question: Question) -> Answered:
    """Change a comment: one's own, or as somebody who may write; who did it last is known."""
    place = f"/repos/{question.repository}/issues/comments/{question.words[0]}"
    status, before = state.inside("GET", place)
    if status != 200:
        raise ApiError(404, "Not Found")
    login, author = question.grant.login, before["user"]["login"]
    if login != author and state.roles.get(login) not in {"write", "maintain", "admin"}:
        raise ApiError(403, "Must have write access to edit what others said.")
    status, after = state.inside("PATCH", place, said=question.said)
    state.editors[before["id"]] = login
    return answered(after, status)


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


def _workflow_run(state: State, question: Question) -> Answered:
    """Say how far a workflow run of this rig is."""
    number = int(question.words[0])
    if number not in state.workflow_runs:
        raise ApiError(404, "Not Found")
    return answered({"id": number, "status": state.workflow_runs[number]})


def _log(state: State, question: Question) -> Answered:
    """Send to where a job's log lies, which is another host."""
    if int(question.words[0]) not in state.logs:
        raise ApiError(404, "Not Found")
    return Answered(302, b"", {"location": f"{state.log_store}/{question.words[0]}"})


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
        ("GET", "pulls", pulls.told),
        ("POST", "pulls", pulls.opened),
        ("GET", r"pulls/\d+", pulls.told),
        ("PATCH", r"pulls/(\d+)", pulls.changed),
        ("PUT", r"pulls/(\d+)/merge", pulls.merged),
        ("GET", r"pulls/(\d+)/files", pulls.files),
        ("GET", r"pulls/(\d+)/commits", pulls.commits),
        ("POST", r"pulls/(\d+)/reviews", threads.reviewed),
        ("GET", r"pulls/(\d+)/comments", threads.comments),
        ("POST", r"pulls/(\d+)/comments", threads.commented),
        ("POST", r"pulls/(\d+)/comments/(\d+)/replies", threads.replied),
        ("POST", r"pulls/(\d+)/requested_reviewers", pulls.reviewers),
        ("GET", r"issues/(\d+)", _issue),
        ("PATCH", r"issues/comments/(\d+)", _edited),
        ("GET", "collaborators/([^/]+)/permission", _permission),
        ("POST", "check-runs", _check),
        ("PATCH", r"check-runs/\d+", _check),
        ("GET", "commits/(.+)/check-runs", _checks_of),
        ("POST", "actions/workflows/([^/]+)/dispatches", _dispatch),
        ("GET", r"actions/runs/(\d+)", _workflow_run),
        ("GET", r"actions/runs/(\d+)/artifacts", _artifacts),
        ("GET", r"actions/jobs/(\d+)/logs", _log),
        ("GET", "actions/permissions/workflow", _workflow_permissions),
    )
)
