"""A campaign's pull requests on GitHub, by the command line: opened in portions, kept up to date.

The server is small, strict and real, as in `test_publish_github`.
"""

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.bot.adapters.github.asked import NOW
from tests.bot.adapters.github.hub_git import run as run_git
from tests.bot.adapters.github.small_github import NAME, TOKEN, Fault, SmallGitHub, small_github
from tests.bot.commands.test_migrate_campaign import UNSAFE, ask, campaign, states

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

Publish = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def hub(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallGitHub]:
    """The desk's repository on a small GitHub, known by its remote alone."""
    with small_github(desk.folder) as small:
        desk.git("push", "--quiet", str(small.hub.repositories[NAME]["place"]), "main")
        desk.git("remote", "add", "origin", f"{small.git.url}/{NAME}.git")
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        monkeypatch.setenv("GITHUB_SERVER_URL", small.git.url)
        yield small


@pytest.fixture
def publish(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Publish a campaign as who holds the token, which nobody else does."""

    def published(file: str) -> tuple[int, list[dict[str, Any]]]:
        with monkeypatch.context() as publisher:
            publisher.setenv("GITHUB_TOKEN", TOKEN)
            code, document = ask(desk, "migrate", "publish", file, "--forge", "github")
        assert TOKEN not in desk.said + desk.noted
        return code, document.get("targets", [])

    return published


def swept(desk: "Desk", file: str) -> dict[str, int]:
    return states(ask(desk, "migrate", "sweep", file, *UNSAFE)[1])


def steps(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["name"], one["step"]) for one in found]


def head(hub: SmallGitHub, pull: dict[str, Any], path: str) -> str:
    """Return what a pull request's branch holds in a file."""
    place = hub.hub.repositories[NAME]["place"]
    return run_git(place, "show", f"{pull['head']['ref']}:{path}")


def test_pull_requests_are_opened_in_portions_and_what_people_decide_is_seen(
    desk: "Desk", hub: SmallGitHub, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = {"title": "Say it aloud in {shard}", "body": "All of it.", "labels": ["loud"]}
    rollout = {"max_open": 1, "pause_at": {"rejected": 1}}
    file = campaign(desk, template=template, rollout=rollout)
    assert swept(desk, file) == {"gated": 2}
    assert hub.seen == []  # an author asks GitHub nothing
    slower = {"message": "You have exceeded a secondary rate limit"}
    hub.faults.append(Fault("POST", "/pulls$", 403, slower, {"Retry-After": "999"}))
    assert publish(file) == (2, [])
    assert "run the same command again after that" in desk.noted
    assert hub.count("POST", "/pulls$") == 1

    assert steps(publish(file)[1]) == [("data", "published"), ("docs", "held-back")]
    (first,) = hub.hub.pulls.values()
    assert (first["title"], first["draft"]) == ("Say it aloud in data", True)
    labels = [one["name"] for one in hub.hub.issues[first["number"]]["labels"]]
    assert (labels, head(hub, first, "data/one.txt")) == (["loud"], "one!")

    first.update(state="closed", merged_at=NOW, closed_at=NOW)
    assert steps(publish(file)[1]) == [("data", "merged"), ("docs", "published")]
    assert publish(file) == (0, [])
    second = hub.hub.pulls[max(hub.hub.pulls)]
    second.update(state="closed", closed_at=NOW)
    code, found = publish(file)

    assert (code, found) == (2, [])
    assert "nothing is published: people refused 1 pull requests" in desk.noted
    assert states(ask(desk, "migrate", "status", file)[1]) == {"merged": 1, "closed": 1}
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
    for collected in (["accepted", "rejected"], []):
        _, document = desk.ask("review", "collect", "--forge", "github")
        assert [one["outcome"]["state"] for one in document["collected"]] == collected


@pytest.mark.long
def test_other_steps_bring_a_draft_up_to_date_on_top_of_what_is_there(
    desk: "Desk", hub: SmallGitHub, publish: Publish
) -> None:
    more: dict[str, Any] = {"rollout": {"max_open": 1}, "on": {"globs": ["data/*.txt"]}}
    file = campaign(desk, **more)
    swept(desk, file)
    (first,) = publish(file)[1]
    pull = hub.hub.pulls[first["number"]]
    place = hub.hub.repositories[NAME]["place"]
    before = run_git(place, "rev-parse", pull["head"]["ref"])

    campaign(desk, "sed -i s/$/?/", **more)
    swept(desk, file)
    (again,) = publish(file)[1]

    assert (again["step"], again["number"]) == ("published", first["number"])
    assert len(hub.hub.pulls) == 1
    assert head(hub, pull, "data/one.txt") == "one?"
    assert run_git(place, "rev-parse", f"{pull['head']['ref']}^") == before


def test_what_moved_or_is_in_the_hands_of_an_open_pull_request_is_not_published(
    desk: "Desk", hub: SmallGitHub, publish: Publish
) -> None:
    quiet = campaign(desk, "sed -i s/o/O/", "quiet", on={"globs": ["docs/*.txt"]})
    loud = campaign(desk)
    for file in (quiet, loud):
        swept(desk, file)
    theirs = publish(quiet)[1][0]["number"]
    (desk.repo / "data" / "one.txt").write_text("three\n")
    desk.git("commit", "--quiet", "--all", "--message=meanwhile")
    desk.git("push", "--quiet", str(hub.hub.repositories[NAME]["place"]), "main")

    found = {one["name"]: one for one in publish(loud)[1]}

    assert found["data"]["step"] == "stale"
    assert "'data/one.txt' changed on main meanwhile" in found["data"]["why"]
    assert found["docs"]["step"] == "held-back"
    assert f"docs/two.txt is in pull request {theirs} of campaign quiet" in found["docs"]["why"]
    hub.hub.pulls[theirs]["state"] = "closed"
    assert steps(publish(loud)[1]) == [("docs", "published")]


def test_each_of_several_repositories_is_published_to_its_own(
    desk: "Desk", hub: SmallGitHub, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("other", "homeless"):
        shutil.copytree(desk.repo, desk.folder / name)
    other = hub.hub.create("acme/other")["place"]
    run_git(other, "fetch", "-q", str(desk.repo), "main:main")
    config = desk.folder / "other" / ".git" / "config"
    config.write_text(config.read_text().replace(NAME, "acme/other"))
    config = desk.folder / "homeless" / ".git" / "config"
    config.write_text(config.read_text().replace(hub.git.url, "https://elsewhere.test"))
    # Of an Action's own variable, which names one repository, nothing is to be seen here.
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/third")
    on = {"globs": ["data/*.txt"], "repositories": ["repo", "other", "homeless"]}
    file = campaign(desk, on=on)
    assert swept(desk, file) == {"gated": 3}

    code, found = publish(file)

    assert (code, [one["step"] for one in found]) == (1, ["published", "published", "refused"])
    assert "has no remote origin on 127.0.0.1" in found[2]["why"]
    homes = {one["base"]["repo"]["full_name"] for one in hub.hub.pulls.values()}
    assert homes == {NAME, "acme/other"}
    assert ask(desk, "migrate", "publish", file, "--forge", "github")[0] == 2
    assert "there is no token for GitHub" in desk.noted
