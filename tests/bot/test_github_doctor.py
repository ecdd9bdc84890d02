"""What doctor says of a repository on GitHub, asked over real HTTP of a scripted server."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.asking import asking
from bot.adapters.github_forge.client import Patience
from bot.cli import run
from bot.doctor import Check
from bot.github_doctor import examine_github
from bot.settings import Settings, Sources, load
from scoping.refusal import Refusal
from tests.ending import answering

TOKEN = "ghs_" + "r4Nd0mL00k1ngT0k3nThatIsNone"
PERSONS = "ghp_" + "r4Nd0mL00k1ngT0k3nThatIsNone"
HERE = "/repos/ada/tally"
GOOD: Mapping[str, Any] = {
    HERE: {"full_name": "ada/tally", "default_branch": "main", "permissions": {"push": True}},
    f"{HERE}/actions/permissions": {"enabled": True, "allowed_actions": "all"},
    f"{HERE}/actions/permissions/workflow": {
        "default_workflow_permissions": "read",
        "can_approve_pull_request_reviews": True,
    },
    f"{HERE}/git/ref/heads/main": {},
    f"{HERE}/pulls": [],
    f"{HERE}/issues": [],
    f"{HERE}/commits/main/check-runs": {"total_count": 0, "check_runs": []},
    f"{HERE}/labels/changewright": {"name": "changewright"},
    f"{HERE}/rules/branches/changewright%2Fissue-1-sample": [],
    f"{HERE}/rules/branches/changewright%2Fjournal": [],
    f"{HERE}/rules/branches/main": [{"type": "pull_request"}],
    f"{HERE}/branches/main": {"name": "main", "protected": False},
}
Answers = Mapping[str, Any]


@contextmanager
def github(answers: Answers) -> Iterator[str]:
    """Serve ``answers`` by path: a document, or a number for a refusal with that status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0], 404)
            status = found if isinstance(found, int) else 200
            body = json.dumps({"message": "no"} if isinstance(found, int) else found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def settings_of(tmp_path: Path, url: str, more: Mapping[str, str] | None = None) -> Settings:
    environment = {
        "CHANGEWRIGHT_FORGE": "github",
        "GITHUB_REPOSITORY": "ada/tally",
        "GITHUB_API_URL": url,
    }
    return load(Sources({**environment, **(more or {})}, tmp_path))


@pytest.fixture(autouse=True)
def own_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CHANGEWRIGHT_FORGE_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)


def checks(
    tmp_path: Path, changed: Answers, more: Mapping[str, str] | None = None
) -> dict[str, Check]:
    with github({**GOOD, **changed}) as url:
        settings = settings_of(tmp_path, url, more)
        access = GitHubAccess("ada/tally", Token(TOKEN), url, url)
        ask = asking(access, Patience(reads=1))
        return {check.name: check for check in examine_github(settings, ask)}


def failing(found: Mapping[str, Check]) -> dict[str, str]:
    return {name: one.mend for name, one in found.items() if one.required and not one.works}


def test_where_all_is_well_one_thing_is_said_and_it_is_about_ci(tmp_path: Path) -> None:
    found = checks(tmp_path, {})

    assert failing(found) == {}
    assert [name for name, one in found.items() if not one.works] == ["CI"]
    assert "starts no workflow, so CI will not run" in found["CI"].found
    assert "forge.app_id" in found["CI"].mend


@pytest.mark.parametrize(
    ("variable", "token", "says", "works"),
    [
        ("GITHUB_TOKEN", PERSONS, "a person's token", False),
        ("GITHUB_TOKEN", "github_pat_" + "x" * 30, "a person's token", False),
        ("CHANGEWRIGHT_FORGE_TOKEN", TOKEN, "an App's token", True),
        ("GITHUB_TOKEN", "of-another-kind-1234", "cannot be seen", True),
    ],
)
def test_it_says_which_token_starts_ci(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    token: str,
    says: str,
    *,
    works: bool,
) -> None:
    monkeypatch.setenv(variable, token)

    found = checks(tmp_path, {})["CI"]

    assert says in found.found
    assert found.works is works
    assert token not in f"{found.found} {found.mend}"


def test_an_app_starts_ci_and_needs_no_switch(tmp_path: Path) -> None:
    off = {"can_approve_pull_request_reviews": False}
    answers = {f"{HERE}/actions/permissions/workflow": off}

    found = checks(tmp_path, answers, {"CHANGEWRIGHT_FORGE_APP_ID": "7"})

    assert found["CI"].works
    assert failing(found) == {}


@pytest.mark.parametrize(
    ("path", "answer", "name", "click"),
    [
        (
            "/actions/permissions/workflow",
            {"can_approve_pull_request_reviews": False},
            "may open",
            'tick "Allow GitHub Actions to create and approve pull requests"',
        ),
        ("/actions/permissions", {"enabled": False}, "Actions", '"Allow all actions"'),
        ("/labels/changewright", 404, "labels", "Issues > Labels > New label: 'changewright'"),
        ("/pulls", 403, "pull-requests", "give the token pull-requests: write"),
        ("/commits/main/check-runs", 403, "checks", "give the token checks: write"),
        (
            "/rules/branches/changewright%2Fissue-1-sample",
            [{"type": "deletion"}, {"type": "creation"}],
            "branch rules",
            "spare changewright/** in the rule 'Restrict creations'",
        ),
        (
            "/rules/branches/changewright%2Fjournal",
            [{"type": "required_signatures"}],
            "journal rules",
            "set forge.sign_commits: true",
        ),
        ("", {"full_name": "ada/tally", "archived": True}, "repository", "Unarchive"),
        ("", {"full_name": "ada/tally", "has_issues": False}, "repository", 'tick "Issues"'),
        (
            "",
            {"full_name": "ada/tally", "permissions": {"push": False}},
            "repository",
            "set forge.fork: true",
        ),
    ],
)
def test_what_is_off_is_named_with_what_to_click(
    tmp_path: Path, path: str, answer: object, name: str, click: str
) -> None:
    mends = failing(checks(tmp_path, {f"{HERE}{path}": answer}))

    assert list(mends) == [name]
    assert click in mends[name]


def test_signed_commits_and_a_fork_are_ways_out(tmp_path: Path) -> None:
    answers = {
        HERE: {"full_name": "ada/tally", "permissions": {"push": False}},
        f"{HERE}/rules/branches/changewright%2Fissue-1-sample": [{"type": "required_signatures"}],
    }
    chosen = {"CHANGEWRIGHT_FORGE_SIGN_COMMITS": "true", "CHANGEWRIGHT_FORGE_FORK": "true"}

    assert failing(checks(tmp_path, answers, chosen)) == {}


@pytest.mark.parametrize(
    ("path", "answer", "name"),
    [
        ("", {"full_name": "ada/count"}, "repository"),
        ("/actions/permissions", {"enabled": True, "allowed_actions": "selected"}, "Actions"),
        ("/actions/permissions/workflow", 403, "may open"),
        ("/rules/branches/changewright%2Fjournal", 403, "journal rules"),
        ("/rules/branches/main", [], "base branch"),
    ],
)
def test_what_may_be_well_is_told_and_fails_nothing(
    tmp_path: Path, path: str, answer: object, name: str
) -> None:
    answers = {f"{HERE}{path}": answer}
    if path == "":  # what it is called now is where the rest is asked
        there = {key.replace("tally", "count"): told for key, told in GOOD.items()}
        answers = {**there, **answers, HERE.replace("tally", "count"): answer}

    found = checks(tmp_path, answers)

    assert failing(found) == {}
    assert not found[name].works
    assert found[name].mend


@pytest.mark.parametrize(
    ("status", "says"), [(401, "does not take this token"), (403, "may not"), (404, "is not there")]
)
def test_a_repository_that_is_not_seen_is_all_that_is_said(
    tmp_path: Path, status: int, says: str
) -> None:
    (check,) = checks(tmp_path, {HERE: status}).values()

    assert check.required
    assert not check.works
    assert check.mend


def test_the_command_prints_it_and_the_exit_code_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with github({**GOOD, f"{HERE}/labels/changewright": 404}) as url:
        monkeypatch.setenv("CHANGEWRIGHT_FORGE", "github")
        monkeypatch.setenv("CHANGEWRIGHT_FORGE_REPOSITORY", "ada/tally")
        monkeypatch.setenv("CHANGEWRIGHT_FORGE_API_URL", url)

        argv = ["doctor", "--github", "--repo", str(tmp_path), "--state", str(tmp_path / "s")]
        code = run(argv)

    said = capsys.readouterr().out
    assert code == 1
    assert "FAIL  labels         there is no label 'changewright'" in said
    assert "to mend it: Issues > Labels > New label: 'changewright'" in said
    assert TOKEN not in said


def test_without_a_repository_or_token_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.forge_access import access_of  # noqa: PLC0415 - what refuses

    monkeypatch.delenv("GITHUB_TOKEN")
    settings = load(Sources({}, tmp_path))
    with pytest.raises(Refusal, match=r"set forge\.repository"):
        access_of(settings.forge, {})
    with pytest.raises(Refusal, match="no token for GitHub: set CHANGEWRIGHT_FORGE_TOKEN"):
        access_of(settings_of(tmp_path, "https://api.example.org").forge, {})


def test_a_label_that_nobody_answered_is_named_with_its_issue(tmp_path: Path) -> None:
    listed = {f"{HERE}/issues": [{"number": 7}, {"number": 9}]}
    pulls = {f"{HERE}/issues": [{"number": 8, "pull_request": {"url": "x"}}]}

    found = checks(tmp_path, listed)["lost labels"]

    assert "'changewright' still stands on #7, #9" in found.found
    assert "set it again" in found.mend
    assert not found.required
    assert "lost labels" not in checks(tmp_path, pulls)
    with github({**GOOD, **listed}) as url:
        settings = settings_of(tmp_path, url)
        keeps = replace(settings, trigger=replace(settings.trigger, remove_label=False))
        ask = asking(GitHubAccess("ada/tally", Token(TOKEN), url, url), Patience(reads=1))
        assert "lost labels" not in {check.name for check in examine_github(keeps, ask)}
