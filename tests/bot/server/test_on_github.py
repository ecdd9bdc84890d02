"""The same pages before a small GitHub, as the person whose token it is; nothing approves there.

Each request is held against GitHub's own description of its API.
"""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.server.app import application
from bot.server.opening import open_room
from bot.server.room import Room
from bot.wiring import WiringRefusal
from tests.bot.adapters.github.conftest import Scene
from tests.bot.adapters.github.small_github import NAME, small_github
from tests.bot.server.conftest import ADDRESS, EVIL, OURS, csrf_in
from validators.checkout import open_clone

TOKEN = "ghp_" + "AdasOwnT0ken" * 3
HERE = "/review/1#decisions"


@dataclass
class Hosted:
    """A pull request of the bot on GitHub, and ada's browser before it."""

    scene: Scene
    room: Room
    browser: TestClient

    def page(self, path: str, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, where: str, /, **fields: str) -> "tuple[int, str]":
        page = self.page("/review/1")
        answer = self.browser.post(where, data={"csrf": csrf_in(page)} | fields, headers=OURS)
        return answer.status_code, answer.headers.get("location", answer.text)

    def decide(self, decision: str, words: str = "", **seen: str) -> "tuple[int, str]":
        now = self.room.forge.pull_request(1)
        fields = {"head": now.head, "state": now.state, "reviews": str(len(now.reviews))} | seen
        return self.send("/review/1/decide", decision=decision, words=words, **fields)

    @property
    def hub(self):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return self.scene.small.hub


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with ada's token in it."""
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_TOKEN", TOKEN)
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_REPOSITORY", NAME)
    return monkeypatch


@pytest.fixture
def hosted(tmp_path: Path, template: Path, person: pytest.MonkeyPatch) -> Iterator[Hosted]:
    work = shutil.copytree(template, tmp_path / "repo")
    with small_github(tmp_path) as small:
        place = Path(small.hub.repositories[NAME]["place"])
        subprocess.run(["git", "-C", str(work), "push", "-q", str(place), "main"], check=True)
        scene = Scene(small, tmp_path, open_clone(work, "main", tmp_path / "clone"))
        bot = scene.forge()
        bot.open_pull_request(scene.draft(title=EVIL), scene.pushed(bot))
        small.hub.tokens[TOKEN] = "ada"
        small.git.tokens[TOKEN] = "read"
        person.setenv("GITHUB_API_URL", small.url)
        person.setenv("GITHUB_SERVER_URL", small.git.url)
        told = {"state": str(tmp_path / "state"), "forge.kind": "github"}
        with open_room(work, told, ADDRESS, "somebody else", lambda _: None) as room:
            base = ADDRESS.url
            with TestClient(application(room), base_url=base, follow_redirects=False) as browser:
                browser.get("/sign-in", params={"token": room.sessions.invite()})
                yield Hosted(scene, room, browser)


def test_pages_show_what_is_on_github_and_accepting_is_a_link(hosted: Hosted) -> None:
    inbox, page = hosted.page("/"), hosted.page("/review/1")

    assert "/review/1" in inbox
    assert '<span class="who">ada</span>' in page
    assert f'href="https://github.test/{NAME}/pull/1"' in page
    assert "Accept on its own page" in page
    assert "Accept and merge" not in page
    assert "+2" in page or "a.txt" in page
    assert "<script>alert" not in inbox + page


def test_who_else_looks_is_told_by_the_name_that_github_knows(hosted: Hosted) -> None:
    other = TestClient(hosted.browser.app, base_url=ADDRESS.url, follow_redirects=False)
    other.get("/sign-in", params={"token": hosted.room.sessions.invite()})
    other.get("/review/1")

    for page in (hosted.page("/review/1"), hosted.page("/review/1/readers"), hosted.page("/")):
        assert "<b>ada</b> is looking at this since" in page
        assert "claimed" not in page


@pytest.mark.parametrize("decision", ["accept", "merge"])
def test_nothing_approves_there_whatever_a_form_says(hosted: Hosted, decision: str) -> None:
    status, text = hosted.decide(decision, "My words.")

    assert status == 409
    assert "nothing of ours approves there" in text
    assert "My words." in text
    assert hosted.hub.reviews == {}
    assert all(one.verb == "GET" or one.path == "/graphql" for one in hosted.scene.small.seen[-5:])


def test_changes_are_asked_for_in_the_persons_name(hosted: Hosted) -> None:
    assert hosted.decide("changes", "Say <!-- changewright:x --> why.") == (303, HERE)

    (made,) = hosted.hub.reviews[1]
    assert (made["state"], made["user"]["login"]) == ("CHANGES_REQUESTED", "ada")
    assert made["commit_id"] == hosted.room.forge.pull_request(1).head
    assert "<!-- changewright:" not in made["body"]
    assert "ada" in hosted.page("/review/1")


def test_a_rejection_closes_it_with_a_label_that_is_counted(hosted: Hosted) -> None:
    assert hosted.decide("reject:too-large", "Half of it.") == (303, HERE)

    assert hosted.hub.pulls[1]["state"] == "closed"
    assert hosted.hub.issues[1]["labels"] == [{"name": "changewright: too-large"}]
    (said,) = (one for one in hosted.hub.comments.values() if one["user"]["login"] == "ada")
    assert said["body"] == "Half of it."


def test_who_comes_second_is_told(hosted: Hosted) -> None:
    seen = hosted.room.forge.pull_request(1)
    hosted.decide("changes", "First.")

    status, text = hosted.decide("reject:wrong", "Second.", reviews=str(len(seen.reviews)))

    assert status == 409
    assert "ada decided: changes-requested" in text
    assert "Second.</textarea>" in text
    assert hosted.hub.pulls[1]["state"] == "open"


def test_threads_are_begun_answered_and_resolved_as_the_person(hosted: Hosted) -> None:
    at = {"path": "a.txt", "line": "1", "side": "head", "words": "Why?"}
    at["head"] = hosted.room.forge.pull_request(1).head

    assert hosted.send("/review/1/comment", **at)[0] == 303
    (thread,) = hosted.room.forge.threads(1)
    assert [(one.author, one.body, one.verified) for one in thread.comments] == [
        ("ada", "Why?", True)
    ]
    turn = {"thread": thread.id, "turns": "1"}
    assert hosted.send("/review/1/thread", act="reply", words="So.", **turn)[0] == 303
    assert hosted.send("/review/1/thread", act="resolve", **turn)[0] == 409
    assert hosted.send("/review/1/thread", act="resolve", thread=thread.id, turns="2")[0] == 303
    (thread,) = hosted.room.forge.threads(1)
    assert thread.resolved
    assert [one.is_ours for one in thread.comments] == [False, False]
    assert hosted.send("/review/1/comment", **at | {"path": "", "line": ""})[0] == 303
    status, text = hosted.send("/review/1/comment", **at | {"line": "99"})
    assert status == 409
    assert "say it about the file" in text
    assert (
        hosted.send("/review/1/thread", act="reply", words="w", thread="PRRT_0", turns="1")[0]
        == 409
    )


def test_a_name_is_githubs_to_say(hosted: Hosted) -> None:
    assert hosted.send("/name", name="grace")[0] == 403


def test_an_app_is_nobody_who_reviews(
    template: Path, tmp_path: Path, person: pytest.MonkeyPatch
) -> None:
    person.setenv("CHANGEWRIGHT_FORGE_APP_ID", "77")
    told = {"state": str(tmp_path / "state"), "forge.kind": "github"}

    with (
        pytest.raises(WiringRefusal, match="a review is a person's"),
        open_room(template, told, ADDRESS, None, lambda _: None),
    ):
        pass
