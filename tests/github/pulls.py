"""What GitHub says of pull requests: what is git in them comes from what was really pushed.

An open one follows its branch, and so does `refs/pull/N/head`, which git itself serves; one that
has ended stays what it was then, whatever becomes of its branch.
"""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.github.git_api import GitApi, answered
from tests.github.git_facts import ENVIRONMENT, ApiError
from tests.github.serving import Answered
from tests.github.state import Ended, Question, State

_VERDICTS = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}


def invalid(resource: str, place: str) -> ApiError:
    """Return GitHub's refusal of one field."""
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
        raise invalid("PullRequest", "head")
    return GitApi(place), whose or owner, branch


# --- opening and telling ----------------------------------------------------------------------


def opened(state: State, question: Question) -> Answered:
    """Open one, unless there is nothing in it or it is open already."""
    if question.grant.holder == "actions" and not state.actions_may_open_pull_requests:
        raise ApiError(403, "GitHub Actions is not permitted to create or approve pull requests.")
    said = question.said
    from_git, owner, branch = _head(state, question, said["head"])
    head, base = from_git.head(branch), question.git.head(said["base"])
    if head is None:
        raise invalid("PullRequest", "head")
    if base is None:
        raise invalid("PullRequest", "base")
    words = f"state=open&head={quote(f'{owner}:{branch}')}&base={quote(said['base'])}"
    _, present = state.inside("GET", f"/repos/{question.repository}/pulls?{words}")
    if present:
        raise _custom("PullRequest", f"A pull request already exists for {owner}:{branch}.")
    is_at_home = from_git.repository == question.git.repository
    if is_at_home and question.git.is_ancestor(head, base):
        raise _custom("PullRequest", f"No commits between {said['base']} and {branch}")
    done = told(state, question)
    if done.status == 201 and is_at_home:
        _follow(question.git, json.loads(done.body)["number"], branch)
    return done


def _follow(git: GitApi, number: int, branch: str) -> None:
    git.git("symbolic-ref", f"refs/pull/{number}/head", f"refs/heads/{branch}")


def told(state: State, question: Question) -> Answered:
    """Pass on, and tell of each pull request what git says of it."""
    said = state.pass_on(question.asked, question.grant)
    if said.status not in {200, 201}:
        return said
    value = json.loads(said.body)
    if isinstance(value, list):
        shown: object = [_as_git_says(state, question, each) for each in value]
    else:
        shown = _as_git_says(state, question, value)
    return Answered(said.status, json.dumps(shown).encode(), said.headers)


def _as_git_says(state: State, question: Question, pull: dict[str, Any]) -> dict[str, Any]:
    ended = state.ended.get((question.repository, pull["number"]))
    if ended is not None:
        return _as_it_ended(pull, ended)
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


def _as_it_ended(pull: dict[str, Any], ended: Ended) -> dict[str, Any]:
    pull["head"]["sha"], pull["base"]["sha"] = ended.head, ended.base
    if ended.merge:
        pull["merge_commit_sha"], pull["merged_at"] = ended.merge, ended.at
        if "merged" in pull:
            pull["merged"] = True
    return pull


# --- ending -----------------------------------------------------------------------------------


def changed(state: State, question: Question) -> Answered:
    """Change one; where that closes it, keep what it was."""
    number = int(question.words[0])
    before = one(state, question)
    said = question.said.get("state")
    if said == "open" and state.ended.get((question.repository, number), Ended()).merge:
        raise ApiError(422, "Validation Failed", [{"code": "custom", "message": "was merged"}])
    if said == "closed" and before["state"] == "open":
        _end(state, question, before)
    elif said == "open" and state.ended.pop((question.repository, number), None):
        _follow(question.git, number, before["head"]["ref"])
    return told(state, question)


def merged(state: State, question: Question) -> Answered:
    """Merge one as a person does: a commit with two parents, or one for "squash"."""
    pull, git = one(state, question), question.git
    if question.grant.holder == "actions":
        raise ApiError(403, "no workflow of ours merges anything")
    if pull["state"] != "open" or pull["draft"]:
        words = (
            "Pull Request is still a draft" if pull["draft"] else "Pull Request is not mergeable"
        )
        raise ApiError(405, words)
    base, head = pull["base"]["sha"], pull["head"]["sha"]
    if question.said.get("sha", head) != head:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    try:
        tree = git.git("merge-tree", "--write-tree", base, head).split()[0]
    except ApiError:
        raise ApiError(405, "Pull Request is not mergeable") from None
    title = f"Merge pull request #{pull['number']} from {pull['head']['label']}"
    parents = ["-p", base]
    if question.said.get("merge_method", "merge") == "merge":
        parents += ["-p", head]
    who = {f"GIT_{one}_NAME": question.grant.login for one in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{one}_EMAIL": "person@example.org" for one in ("AUTHOR", "COMMITTER")}
    argv = ("commit-tree", tree, *parents, "-m", f"{title}\n\n{pull['title']}")
    commit = git.git(*argv, environment={**ENVIRONMENT, **who}).strip()
    git.git("update-ref", f"refs/heads/{pull['base']['ref']}", commit, base)
    _end(state, question, pull, commit)
    address = f"/repos/{question.repository}/pulls/{pull['number']}"
    state.inside("PATCH", address, question.grant.login, {"state": "closed"})
    return answered({"sha": commit, "merged": True, "message": "Pull Request successfully merged"})


def _end(state: State, question: Question, pull: dict[str, Any], merge: str = "") -> None:
    number, head = pull["number"], pull["head"]["sha"]
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    state.ended[question.repository, number] = Ended(head, pull["base"]["sha"], merge, at)
    question.git.git("symbolic-ref", "--delete", f"refs/pull/{number}/head")
    question.git.git("update-ref", f"refs/pull/{number}/head", head)


# --- looking ----------------------------------------------------------------------------------


def one(state: State, question: Question) -> dict[str, Any]:
    """Return the pull request that the first word of the question's path names."""
    return numbered(state, question, int(question.words[0]))


def numbered(state: State, question: Question, number: int) -> dict[str, Any]:
    """Return a pull request by its number; ApiError 404 where there is none."""
    status, pull = state.inside("GET", f"/repos/{question.repository}/pulls/{number}")
    if status != 200:
        raise ApiError(404, "Not Found")
    return _as_git_says(state, question, dict(pull))


def files(state: State, question: Question) -> Answered:
    """Show the files that one changes."""
    pull = one(state, question)
    base, head = pull["base"]["sha"], pull["head"]["sha"]
    return answered(question.git.files(question.git.merge_base(base, head) or base, head))


def commits(state: State, question: Question) -> Answered:
    """Show the commits of one."""
    pull = one(state, question)
    return answered(question.git.commits(pull["base"]["sha"], pull["head"]["sha"]))


# --- people -----------------------------------------------------------------------------------


def refuse_own(state: State, question: Question) -> None:
    """Refuse the verdict of an author on what is theirs, and an approval by a workflow."""
    author = one(state, question)["user"]["login"]
    event = question.said.get("event")
    words = _VERDICTS.get(event or "")
    if words and author == question.grant.login:
        raise ApiError(422, f"Can not {words} your own pull request")
    if event == "APPROVE" and question.grant.holder == "actions":
        raise ApiError(403, "GitHub Actions is not permitted to create or approve pull requests.")


def reviewers(state: State, question: Question) -> Answered:
    """Ask people for a review, those whom GitHub lets be asked."""
    author = one(state, question)["user"]["login"]
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
