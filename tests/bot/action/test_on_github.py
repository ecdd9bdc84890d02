"""Reviews and outcomes through GitHub's own API, as a small server of it answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.action.admit import admit_job
from bot.action.collect import collect_job
from bot.action.publish import publish_job
from bot.action.settle import settle_job
from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.forge import GitHubForge
from tests.bot.action.conftest import EDIT, Hall
from tests.bot.action.following import BRANCH, EARLIER, drafted
from tests.bot.adapters.github.small_github import BOT, NAME, TOKEN, SmallGitHub, small_github
from validators.clones.own_repository import open_own
from workflows.journal_branch import JournalBranch
from workflows.run import Event
from workflows.run_record import Record, booking
from workflows.task import Task

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-22T08:00:00Z"


class Site:
    """The town on a small GitHub: its branches, and the draft of ours that waits there."""

    def __init__(self, hall: Hall, small: SmallGitHub) -> None:
        self.hall, self.small, self.hub = hall, small, small.hub
        self.hub.roles |= {"ada": ("write", "write"), "eve": ("read", "read")}
        self.place: Path = self.hub.repositories[NAME]["place"]
        request = drafted(hall)
        hall.git("push", "--quiet", str(self.place), "main", BRANCH)
        for title in [*["another"] * 6, "One is too few"]:
            self.issue = self.hub.new_issue(title, "eve")
        self.number = self.forge.open_pull_request(request.draft, request.head).number

    @property
    def forge(self) -> GitHubForge:
        folder = self.hall.folder / f"own-{len(list(self.hall.folder.glob('own-*')))}.git"
        access = GitHubAccess(NAME, Token(TOKEN), self.small.url, self.small.git.url)
        return GitHubForge(access, open_own(folder).git_dir)

    def remember(self, *events: Event) -> None:
        """Have the run that made the draft on record, and what came of it."""
        task = Task("One is too few", "", NAME, number=str(self.issue))
        record = booking(EARLIER, task, 0.1, 10, AT)
        more = [replace(record.entries[0], event=one) for one in events]
        known = Record(EARLIER, (*record.entries, *more))
        own = open_own(self.hall.folder / "memory.git")
        JournalBranch(self.forge, own, lambda _: None).append([known], AT)

    def delivered(self, author: str, **more: Any) -> dict[str, Any]:
        said = {"id": 77, "body": "Almost.", "submitted_at": AT, "user": {"login": author}}
        return {
            "action": "submitted",
            "review": said | {"state": "changes_requested"},
            "pull_request": {"number": self.number},
            "sender": {"login": author, "type": "User", "id": 4711},
            "repository": {"full_name": NAME, "default_branch": "main"},
        } | more


@pytest.fixture
def site(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with small_github(hall.folder) as small:
        monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        monkeypatch.setenv("GITHUB_SERVER_URL", small.git.url)
        yield Site(hall, small)


def begun(site: Site, event: dict[str, Any]) -> None:
    site.hall.begin(event, "pull_request_review")
    site.hall.environment |= {"GITHUB_REPOSITORY": NAME}
    around = site.hall.around("admit")
    outputs = admit_job(around, site.forge, site.hall.place / "journal.git")
    site.hall.did("admit", outputs)


@pytest.mark.sandbox
def test_a_review_is_worked_on_answered_and_resolved_and_an_outsiders_is_not(site: Site) -> None:
    hub, hall = site.hub, site.hall
    asked = hub.begin_thread(site.number, "ada", "Say better.", "data/one.txt", 1)
    outside = hub.begin_thread(site.number, "eve", "Say worse.", "data/one.txt", 1)
    begun(site, site.delivered("eve"))
    assert hall.results["admit"]["outputs"] == {"admitted": "false"}
    person = {"user": {"login": "ada"}, "author_association": "MEMBER", "submitted_at": AT}
    said = {"id": 77, "state": "CHANGES_REQUESTED", "body": "Almost."}
    hub.reviews[site.number] = [person | said]
    begun(site, site.delivered("ada"))
    assert hall.results["admit"]["outputs"]["admitted"] == "true"

    hall.git("clone", "--quiet", str(site.place), str(hall.place / "target"), cwd=hall.folder)
    hall.propose("THREAD 1: CHANGED it says better\n" + EDIT.format("good", "better"))
    hall.monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    hall.did("verify", {}, "skipped")
    published = publish_job(hall.around("publish"), site.forge)
    hall.did("publish", published)
    settled = settle_job(hall.around("settle"), site.forge)

    assert (published["state"], settled) == ("published", {"state": "proposed"})
    threads = {one.id: one for one in site.forge.threads(site.number)}
    assert threads[asked].resolved
    assert threads[asked].comments[-1].author == BOT
    assert not threads[outside].resolved
    assert len(threads[outside].comments) == 1
    head = site.forge.branch_head(BRANCH)
    assert hall.git("show", f"{head}:data/one.txt", cwd=site.place) == "better"
    [comment] = [one for one in site.forge.comments(site.number) if "progress-" in one.body]
    assert "1 of 1 open thread has its change or answer" in comment.body
    replies = hub.threads[site.number][0]["comments"]["nodes"]
    again = publish_job(hall.around("publish"), site.forge)
    assert again["state"] == "published"
    assert len(replies) == 2
    assert hub.dispatched == []


def test_what_became_of_a_draft_is_collected_by_the_job_once(site: Site) -> None:
    site.remember(
        Event("effect.intended", {"key": "k", "kind": "pull-request", "request": {}}),
        Event("effect.settled", {"key": "k", "outcome": {"number": site.number}}),
    )
    hall, now = site.hall, "2026-11-22T09:00:00Z"
    site.hub.pulls[site.number] |= {"state": "closed", "closed_at": now}
    hall.begin({}, "schedule")
    hall.git("clone", "--quiet", str(site.place), str(hall.place / "target"), cwd=hall.folder)
    hall.monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    around = hall.around("collect")

    assert collect_job(around) == {"state": "collected"}
    assert "8 rejected: asked why" in (hall.place / "collect.md").read_text()
    assert collect_job(around) == {"state": "collected"}

    assert "Nothing is new." in (hall.place / "collect.md").read_text()
    [question] = [one for one in site.forge.comments(site.number) if "**why?**" in one.body]
    assert "`too-large`" in question.body
    [path] = [
        one
        for one in hall.git(
            "ls-tree", "-r", "--name-only", "changewright/journal", cwd=site.place
        ).splitlines()
        if EARLIER in one
    ]
    record = hall.git("show", f"changewright/journal:{path}", cwd=site.place).splitlines()
    outcomes = [json.loads(line) for line in record if "outcome.collected" in line]
    assert [one["event"]["data"]["outcome"]["state"] for one in outcomes] == ["rejected"]


def test_whoever_rewrote_the_description_of_a_draft_is_told_what_is_missing(site: Site) -> None:
    site.hub.pulls[site.number]["body"] = "My own words, by the template."

    for sender in ("eve", "ada"):
        begun(site, site.delivered(sender))
        assert site.hall.results["admit"]["outputs"] == {"admitted": "false"}

    (told,) = site.forge.comments(site.number)
    assert "has lost the last line" in told.body
