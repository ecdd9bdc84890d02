"""From the command line to GitHub: one draft, one branch that grows, and what is said beside it.

The server is small, strict and real: branches are pushed with git, requests are held against
GitHub's own description.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.forge import GitHubForge
from tests.bot.adapters.github.small_github import NAME, TOKEN, SmallGitHub, small_github
from validators.clones.own_repository import open_own
from workflows.journal_branch import JournalBranch
from workflows.run_record import booking
from workflows.task import Task

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

BRANCH = "changewright/issue-7-say-it-better"


@pytest.fixture
def hub(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallGitHub]:
    """The desk's repository on a small GitHub, and a publisher's environment."""
    with small_github(desk.folder) as small:
        place = small.hub.repositories[NAME]["place"]
        desk.git("push", "--quiet", str(place), "main")
        monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        monkeypatch.setenv("GITHUB_SERVER_URL", small.git.url)
        yield small


def proposed(desk: "Desk", text: str = "good") -> str:
    issue = desk.folder / "issue.md"
    issue.write_text(
        "---\nnumber: 7\ntitle: Say it better\nauthor: ada\n---\nfixes #9, @everybody\n"
    )
    argv = ("propose", "--issue-file", str(issue), "--unsafe-no-sandbox", "--quiet")
    code, document = desk.ask(*argv, desk.replies(text))
    assert code == 0
    return str(document["bundle"])


def published(
    desk: "Desk", bundle: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, Any]]:
    with monkeypatch.context() as publisher:
        publisher.setenv("GITHUB_TOKEN", TOKEN)
        return desk.ask("publish", bundle, "--forge", "github")


def test_a_proposal_becomes_one_draft_and_again_is_once(
    desk: "Desk", hub: SmallGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = proposed(desk)
    assert hub.seen == []  # an author asks GitHub nothing

    code, document = published(desk, bundle, monkeypatch)
    again = published(desk, bundle, monkeypatch)

    assert (code, document["state"], document["branch"]) == (0, "open", BRANCH)
    assert again == (0, document)
    assert len(hub.hub.pulls) == 1
    pull = hub.hub.pulls[document["number"]]
    assert (pull["draft"], pull["title"]) == (True, "Say it better")
    assert pull["body"].startswith("Fixes #7\n\n## What was asked")
    assert "fixes #9" not in pull["body"]
    assert "@everybody" not in pull["body"]
    assert "The gates were run by the proposing job only" in pull["body"]
    shown = list(hub.hub.checks.values())
    assert [(one["head_sha"], one["conclusion"]) for one in shown] == [
        (document["head"], "success")
    ]
    assert TOKEN not in desk.said + desk.noted


def test_the_next_run_goes_on_with_branch_and_draft_on_top_of_a_persons_commit(
    desk: "Desk", hub: SmallGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(desk, proposed(desk), monkeypatch)[1]
    place = str(hub.hub.repositories[NAME]["place"])
    desk.git("fetch", "--quiet", place, BRANCH)
    desk.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    (desk.repo / "theirs.txt").write_text("a person's\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=mine")
    theirs = desk.git("rev-parse", "HEAD")
    desk.git("push", "--quiet", place, f"HEAD:{BRANCH}")
    desk.git("checkout", "--quiet", "main")

    code, second = published(desk, proposed(desk, "better"), monkeypatch)

    assert (code, second["number"], second["branch"]) == (0, first["number"], BRANCH)
    desk.git("fetch", "--quiet", place, BRANCH)
    assert desk.git("log", "-1", "--format=%P", "FETCH_HEAD") == theirs
    assert desk.git("show", "FETCH_HEAD:data/one.txt") == "better"
    assert "**This branch holds 1 commit of people**" in hub.hub.pulls[first["number"]]["body"]


@pytest.mark.parametrize(
    ("path", "state", "code"), [("data/one.txt", "stale-base", 1), ("docs/new.txt", "open", 0)]
)
def test_what_moved_on_the_base_decides(
    desk: "Desk",
    hub: SmallGitHub,
    monkeypatch: pytest.MonkeyPatch,
    *,
    path: str,
    state: str,
    code: int,
) -> None:
    bundle = proposed(desk)
    (desk.repo / path).write_text("theirs\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=meanwhile")
    desk.git("push", "--quiet", str(hub.hub.repositories[NAME]["place"]), "main")

    ended = published(desk, bundle, monkeypatch)

    assert (ended[0], ended[1]["state"]) == (code, state)
    assert len(hub.hub.pulls) == (state == "open")
    said = hub.hub.pulls[ended[1]["number"]]["body"] if state == "open" else ended[1]["why"]
    moved = "The base branch has gone on" if state == "open" else "'data/one.txt' changed on main"
    assert moved in said


def test_records_are_appended_and_read_through_github(
    desk: "Desk", hub: SmallGitHub, tmp_path: Path
) -> None:
    task = Task("t", "b", NAME, number="7")

    def branch(name: str) -> JournalBranch:
        own = open_own(tmp_path / name)
        access = GitHubAccess(NAME, Token(TOKEN), hub.url, hub.git.url)
        return JournalBranch(GitHubForge(access, own.git_dir), own, lambda _: None)

    records = [booking(run, task, 2.0, 10, "2026-11-21T08:11:00Z") for run in ("r1", "r2")]
    branch("a").append(records[:1], "2026-11-21T08:11:00Z")
    branch("b").append(records[1:], "2026-11-21T08:12:00Z")

    assert list(branch("c").read()) == records
    assert hub.count("POST", "/pulls") == 0
