"""The offline GitHub refuses, tells and forbids what GitHub does: each rule of the shim, once.

One GitHub serves all of them, each test on a branch and with tokens of its own.
"""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.github.emulated import App, OfflineGitHub, Seed, offline
from tests.github.git_facts import GitFacts
from tests.github.spec_proxy import REFUSED, Description

PERMISSIONS = {
    "contents": "write",
    "issues": "write",
    "pull-requests": "write",
    "checks": "write",
    "actions": "write",
}
Said = tuple[int, Any]


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, description: Description
) -> Iterator[OfflineGitHub]:
    seed = Seed(roles={"wendy": "write", "tina": "triage", "mia": "maintain"})
    with offline(tmp_path_factory.mktemp("hub"), description, seed) as hub:
        hub.token("job", PERMISSIONS)
        yield hub
    assert not hub.report.refused


def ask(
    hub: OfflineGitHub,
    method: str,
    rest: str,
    body: object = None,
    token: str = "job",  # noqa: S107 - of nobody
    **headers: str,
) -> Said:
    path = rest if rest.startswith("/") else f"/repos/{hub.repository}/{rest}".rstrip("/")
    request = urllib.request.Request(  # noqa: S310 - our own server
        hub.api_url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", **headers}
        | ({"authorization": f"Bearer {token}"} if token else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - the same
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read()
    assert status != 500, text.decode()
    return status, json.loads(text) if text else None


def pull(branch: str, **more: object) -> dict[str, object]:
    return {"title": "Mend", "head": branch, "base": "main", "body": "How.", "draft": True} | more


# --- tokens and permissions -----------------------------------------------------------------------


@pytest.mark.parametrize(("token", "words"), [("", "Requires auth"), ("made-up", "Bad cred")])
def test_who_is_not_known_is_told_so(hub: OfflineGitHub, token: str, words: str) -> None:
    status, said = ask(hub, "GET", "issues", token=token)
    assert status == 401
    assert words in said["message"]


NEEDS = {
    "issues": ("POST", "issues/1/comments", {"body": "hello"}),
    "contents": ("POST", "git/blobs", {"content": "x"}),
    "pull-requests": ("POST", "pulls", pull("none")),
    "checks": ("POST", "check-runs", {"name": "gate", "head_sha": "main"}),
    "actions": ("POST", "actions/workflows/bot.yml/dispatches", {"ref": "main"}),
}


@pytest.mark.parametrize("permission", NEEDS)
def test_a_job_may_do_what_its_permissions_say_and_nothing_else(
    hub: OfflineGitHub, permission: str
) -> None:
    hub.ask("alice", "POST", "issues", {"title": "Broken"})
    others = {name: level for name, level in PERMISSIONS.items() if name != permission}
    without = hub.token("without", {**others, permission: "read"})
    method, rest, body = NEEDS[permission]

    assert ask(hub, method, rest, body, without) == (
        403,
        {"message": "Resource not accessible by integration", "status": "403"},
    )
    only = hub.token("only", {permission: "write"})
    assert ask(hub, method, rest, body, only)[0] != 403
    assert hub.state.denied[-1][1:] == (method, f"/repos/{hub.repository}/{rest}")


def test_a_job_is_nobody_and_may_not_ask_who_it_is(hub: OfflineGitHub) -> None:
    assert ask(hub, "GET", "/user")[0] == 403


@pytest.mark.parametrize(
    ("login", "role", "folded"),
    [
        ("alice", "admin", "admin"),
        ("mia", "maintain", "write"),
        ("wendy", "write", "write"),
        ("tina", "triage", "read"),
        ("mallory", "read", "read"),
    ],
)
def test_a_persons_role_is_told_beside_what_it_is_folded_into(
    hub: OfflineGitHub, login: str, role: str, folded: str
) -> None:
    status, said = ask(hub, "GET", f"collaborators/{login}/permission")
    assert (status, said["role_name"], said["permission"]) == (200, role, folded)


def test_nobody_has_no_role(hub: OfflineGitHub) -> None:
    assert ask(hub, "GET", "collaborators/nobody/permission")[0] == 404


# --- pull requests --------------------------------------------------------------------------------


def test_a_pull_request_needs_a_branch_that_is_there_and_holds_something(
    hub: OfflineGitHub,
) -> None:
    GitFacts(hub.bare).git("branch", "empty", "main")

    assert ask(hub, "POST", "pulls", pull("nowhere"))[1]["errors"][0]["field"] == "head"
    assert ask(hub, "POST", "pulls", pull("empty", base="gone"))[1]["errors"][0]["field"] == "base"
    status, said = ask(hub, "POST", "pulls", pull("empty"))
    assert (status, said["errors"][0]["message"]) == (422, "No commits between main and empty")


def test_of_two_pull_requests_for_a_branch_at_once_one_is_opened(hub: OfflineGitHub) -> None:
    hub.commit("twice", {"README.md": "A better shop.\n"})

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: ask(hub, "POST", "pulls", pull("twice")), range(2)))

    assert sorted(status for status, _ in said) == [201, 422]
    refusal = next(told for status, told in said if status == 422)
    assert refusal["errors"][0]["message"] == "A pull request already exists for alice:twice."


def test_a_pull_request_follows_what_is_pushed_and_shows_its_files(hub: OfflineGitHub) -> None:
    first = hub.commit("grows", {"a.py": "A = 1\n"})
    number = ask(hub, "POST", "pulls", pull("grows"))[1]["number"]
    second = hub.commit("grows", {"b.py": "B = 1\n", "README.md": "Two\nlines.\n"})

    _, opened = ask(hub, "GET", f"pulls/{number}")
    listed = ask(hub, "GET", "pulls?head=alice:grows&state=all")[1]
    files = ask(hub, "GET", f"pulls/{number}/files")[1]

    assert first != second == opened["head"]["sha"] == listed[0]["head"]["sha"]
    assert (opened["changed_files"], opened["additions"], opened["deletions"]) == (3, 4, 1)
    assert opened["draft"]
    assert {each["filename"]: each["status"] for each in files} == {
        "README.md": "modified",
        "a.py": "added",
        "b.py": "added",
    }
    shas = [each["sha"] for each in ask(hub, "GET", f"pulls/{number}/commits")[1]]
    assert shas == [first, second]


def test_an_author_does_not_review_their_own(hub: OfflineGitHub) -> None:
    hub.commit("own", {"own.py": "A = 1\n"})
    number = ask(hub, "POST", "pulls", pull("own"))[1]["number"]
    approval = {"event": "APPROVE", "body": "Fine."}

    assert ask(hub, "POST", f"pulls/{number}/reviews", approval)[0] == 422
    hub.ask("wendy", "POST", f"pulls/{number}/reviews", approval)
    for login, words in (("github-actions[bot]", "author"), ("mallory", "collaborators")):
        wanted = {"reviewers": [login]}
        status, said = ask(hub, "POST", f"pulls/{number}/requested_reviewers", wanted)
        assert status == 422
        assert words in said["message"]
    wanted = {"reviewers": ["wendy"]}
    assert ask(hub, "POST", f"pulls/{number}/requested_reviewers", wanted)[0] == 201


def test_actions_open_none_where_the_owner_does_not_allow_it(hub: OfflineGitHub) -> None:
    hub.commit("forbidden", {"x": "x\n"})
    hub.state.actions_may_open_pull_requests = False
    try:
        status, said = ask(hub, "POST", "pulls", pull("forbidden"))
    finally:
        hub.state.actions_may_open_pull_requests = True
    assert status == 403
    assert "not permitted to create or approve pull requests" in said["message"]


# --- git ------------------------------------------------------------------------------------------


def test_what_is_pushed_over_http_is_what_the_api_tells(hub: OfflineGitHub, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=A person", "-c", "user.email=person@example.org")
        argv = ["git", *who, "-C", str(tmp_path / "work"), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    address = hub.git.clone_url(hub.repository).replace("://", "://x-access-token:job@")
    subprocess.run(["git", "clone", "-q", address, tmp_path / "work"], check=True)
    (tmp_path / "work" / "new.txt").write_text("new\n")
    git("switch", "-q", "-c", "bot/issue-1")
    git("add", "new.txt")
    git("commit", "-q", "-m", "New")
    git("push", "-q", "origin", "bot/issue-1")

    assert ask(hub, "GET", "git/ref/heads/bot/issue-1")[1]["object"]["sha"] == git(
        "rev-parse", "HEAD"
    )
    compared = ask(hub, "GET", "compare/main...bot%2Fissue-1")[1]
    assert [each["filename"] for each in compared["files"]] == ["new.txt"]


def test_a_commit_made_by_the_api_is_the_commit_that_git_would_make(hub: OfflineGitHub) -> None:
    base = ask(hub, "GET", "git/ref/heads/main")[1]["object"]["sha"]
    blob = ask(hub, "POST", "git/blobs", {"content": "made\n", "encoding": "utf-8"})[1]["sha"]
    row = {"path": "deep/made.txt", "mode": "100644", "type": "blob", "sha": blob}
    tree = ask(hub, "POST", "git/trees", {"base_tree": base, "tree": [row]})[1]["sha"]
    who = {"name": "A bot", "email": "bot@example.org", "date": "2026-01-02T03:04:05Z"}
    said = {"message": "Made\n", "tree": tree, "parents": [base], "author": who, "committer": who}
    status, commit = ask(hub, "POST", "git/commits", said)

    assert status == 201
    assert (commit["author"]["date"], commit["message"]) == ("2026-01-02T03:04:05+00:00", "Made")
    reference = {"ref": "refs/heads/made", "sha": commit["sha"]}
    assert ask(hub, "POST", "git/refs", reference)[0] == 201
    assert ask(hub, "POST", "git/refs", reference)[1]["message"] == "Reference already exists"
    assert ask(hub, "PATCH", "git/refs/heads/made", {"sha": base})[0] == 422
    assert GitFacts(hub.bare).git("show", "made:deep/made.txt") == "made\n"
    fsck = ["git", "-C", str(hub.bare), "fsck", "--strict", "--no-dangling"]
    assert subprocess.run(fsck, capture_output=True, check=False).returncode == 0


# --- the rest -------------------------------------------------------------------------------------


def test_a_workflow_is_dispatched_only_as_it_says_it_may_be(hub: OfflineGitHub) -> None:
    workflow = "on:\n  workflow_dispatch:\n    inputs:\n      run: {required: true}\njobs: {}\n"
    files = {".github/workflows/bot.yml": workflow, ".github/workflows/ci.yml": "on: [push]\n"}
    hub.commit("main", files)
    start = "actions/workflows/{}.yml/dispatches"

    said = {"ref": "main", "inputs": {"run": "r-1"}}
    assert ask(hub, "POST", start.format("bot"), said)[0] == 204
    assert hub.state.dispatched[-1].inputs == {"run": "r-1"}
    assert ask(hub, "POST", start.format("bot"), {"ref": "main", "inputs": {"x": "y"}})[0] == 422
    assert ask(hub, "POST", start.format("ci"), {"ref": "main"})[0] == 422
    assert ask(hub, "POST", start.format("none"), {"ref": "main"})[0] == 404


def test_only_an_app_shows_checks_and_only_beside_a_commit(hub: OfflineGitHub) -> None:
    head = GitFacts(hub.bare).known("main")
    run = {"name": "gate", "head_sha": head, "status": "completed", "conclusion": "success"}

    assert ask(hub, "POST", "check-runs", run)[0] == 201
    assert ask(hub, "POST", "check-runs", run | {"head_sha": "b" * 40})[0] == 422
    assert ask(hub, "GET", "commits/main/check-runs")[1]["total_count"] == 1
    with pytest.raises(AssertionError, match="authenticate via a GitHub App"):
        hub.ask("wendy", "POST", "check-runs", run)


def test_addresses_lead_back_to_where_they_came_from_and_bots_are_bots(hub: OfflineGitHub) -> None:
    number = hub.ask("wendy", "POST", "issues", {"title": "Broken"})["number"]
    said = ask(hub, "POST", f"issues/{number}/comments", {"body": "Working on it."})[1]

    assert said["url"].startswith(f"{hub.api_url}/repos/alice/shop/issues/comments/")
    assert said["html_url"].startswith(f"{hub.git.url}/alice/shop/issues/{number}#")
    assert (said["user"]["login"], said["user"]["type"]) == ("github-actions[bot]", "Bot")
    assert said["created_at"][19:] == "Z"


def test_an_answer_that_has_not_changed_is_not_sent_again(hub: OfflineGitHub) -> None:
    with urllib.request.urlopen(  # noqa: S310 - our own server
        urllib.request.Request(  # noqa: S310 - the same
            f"{hub.api_url}/repos/{hub.repository}/labels", headers={"authorization": "token job"}
        )
    ) as reply:
        tag = reply.headers["etag"]
    assert ask(hub, "GET", "labels", **{"if-none-match": tag})[0] == 304


def test_a_comment_has_its_limit(hub: OfflineGitHub) -> None:
    number = hub.ask("wendy", "POST", "issues", {"title": "Broken"})["number"]
    long = {"body": "x" * 65_537}
    status, said = ask(hub, "POST", f"issues/{number}/comments", long)
    assert status == 422
    assert "too long" in said["errors"][0]["message"]


def test_nothing_listens_but_on_this_machine(hub: OfflineGitHub) -> None:
    port = int(hub.state.emulator.rpartition(":")[2])
    rows = (
        Path("/proc/net/tcp").read_text().splitlines()
        + Path("/proc/net/tcp6").read_text().splitlines()
    )
    local = [row.split()[1] for row in rows if row.split()[3] == "0A"]
    assert [each for each in local if each.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_an_apps_token_may_do_what_the_installation_may(
    tmp_path: Path, description: Description
) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - one test's need
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - the same
    from github import Auth, GithubIntegration  # noqa: PLC0415 - the same

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    app = App(7, "changewright-test", key.decode(), {"issues": "write", "contents": "read"})
    with offline(tmp_path, description, Seed(app=app)) as hub:
        with GithubIntegration(auth=Auth.AppAuth(7, key.decode()), base_url=hub.api_url) as minting:
            token = minting.get_access_token(100, dict(app.permissions)).token
        number = hub.ask("alice", "POST", "issues", {"title": "Broken"})["number"]
        status, said = ask(hub, "POST", f"issues/{number}/comments", {"body": "Yes."}, token)

        assert (status, said["user"]["login"]) == (201, "changewright-test[bot]")
        assert ask(hub, "POST", "pulls", pull("none"), token)[0] == 403
        assert hub.git.tokens[token] == "read"
        assert not hub.report.refused


def test_what_github_does_not_describe_comes_to_light(github: OfflineGitHub) -> None:
    github.token("job", PERMISSIONS)
    assert ask(github, "GET", "pullz")[0] == REFUSED
    assert [each.path for each in github.report.refused] == ["/repos/alice/shop/pullz"]
