"""Reads are repeated and writes are not; limits are kept; no message gives a token away."""

import json
from dataclasses import replace

import pytest

from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.faults import Limited
from tests.bot.adapters.github.conftest import BRANCH, NOW_S, Scene
from tests.bot.adapters.github.small_github import NAME, TOKEN
from workflows.ports import ForgeRefusal

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


def test_a_read_that_fails_is_asked_again_and_no_more_than_four_times(scene: Scene) -> None:
    forge = scene.forge()
    scene.fault("GET", "/git/ref/", 502)
    scene.fault("GET", "/git/ref/", 0)
    assert forge.branch_head("main") == scene.clone.base_commit
    assert scene.waits == [0.5, 1.0]
    scene.fault("GET", "/git/ref/", 503, times=9)
    with pytest.raises(ForgeRefusal, match=r"GitHub is in trouble \(status 503\)"):
        forge.branch_head(BRANCH)
    assert scene.small.count("GET", f"/git/ref/heads/{BRANCH}") == 4


def test_what_has_not_changed_is_not_sent_again(scene: Scene) -> None:
    forge = scene.forge()
    assert forge.branch_head("main") == forge.branch_head("main") == scene.clone.base_commit
    asked = [one.headers.get("if-none-match") for one in scene.small.seen if "/ref/" in one.path]
    assert asked[0] is None
    assert asked[1]
    moved = scene.person_commits("main", "theirs")
    assert forge.branch_head("main") == moved


def test_a_short_limit_is_waited_for_and_what_it_refused_is_sent_again(scene: Scene) -> None:
    forge = scene.forge()
    number = scene.small.hub.new_issue("Words", "ada")
    scene.fault("POST", "/comments", 403, body={"message": SECONDARY}, headers={"Retry-After": "7"})
    scene.fault("POST", "/comments", 429, body={"message": "Slow down"})
    forge.say(number, "hello", "progress")
    assert scene.waits == [7.0, 60.0]
    assert (scene.small.count("POST", "/comments"), len(scene.small.hub.comments)) == (3, 1)


def test_a_limit_that_lasts_is_told_and_not_slept_through(scene: Scene) -> None:
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW_S) + 2_400)}
    words = {"message": "API rate limit exceeded for installation ID 1."}
    scene.fault("GET", f"/repos/{NAME}$", 403, body=words, headers=spent)
    with pytest.raises(Limited, match="no more requests from this token until 2026-11-18T") as told:
        scene.forge().issue(1)
    assert told.value.until == "2026-11-18T11:46:41+00:00"
    assert (scene.waits, len(scene.small.seen)) == ([], 1)
    scene.fault("GET", f"/repos/{NAME}$", 429, times=9)
    with pytest.raises(Limited):
        scene.forge().issue(1)
    assert scene.waits == [60.0, 60.0]


@pytest.mark.parametrize(
    ("status", "words", "headers", "told"),
    [
        (403, "Resource not accessible by integration", {}, "lacks the permission issues: write"),
        (
            403,
            "Resource not accessible by personal access token",
            {"X-Accepted-GitHub-Permissions": "pull_requests=write; issues=write"},
            "lacks the permission pull-requests: write",
        ),
        (403, "Repository was archived so is read-only.", {}, "is archived"),
        (403, "Resource protected by organization SAML enforcement.", {}, "single sign-on"),
        (410, "Issues are disabled for this repo", {}, "has no issues; switch them on"),
        (401, "Bad credentials", {}, "does not take the token"),
        (409, "Conflict", {}, "status 409: Conflict"),
        (400, None, {}, "status 400: it gave no reason"),
    ],
)
def test_a_refusal_says_what_a_person_can_do_and_is_not_repeated(
    scene: Scene, status: int, words: str | None, headers: dict[str, str], told: str
) -> None:
    forge = scene.forge()
    number = scene.small.hub.new_issue("Words", "ada")
    scene.fault(
        "POST", "/comments", status, body=words and {"message": words}, headers=headers, times=5
    )
    with pytest.raises(ForgeRefusal, match=told):
        forge.say(number, "hello", "progress")
    assert scene.small.count("POST", "/comments") == 1


def test_a_repository_that_was_renamed_is_found_under_its_new_name(scene: Scene) -> None:
    hub = scene.small.hub
    forge = scene.forge()
    number = hub.new_issue("Words", "ada")
    assert forge.repository == NAME
    hub.repositories["acme/renamed"] = hub.repositories.pop(NAME) | {"full_name": "acme/renamed"}
    hub.renamed[NAME] = "acme/renamed"
    scene.served.rename(scene.served.with_name("renamed.git"))
    assert forge.say(number, "hello", "progress").id in hub.comments
    posts = [
        one.path
        for one in scene.small.seen
        if one.path.endswith("/1/comments") and one.verb == "POST"
    ]
    assert posts == [f"/repos/{owner}/issues/1/comments" for owner in (NAME, "acme/renamed")]
    assert forge.repository == "acme/renamed"
    scene.pushed(scene.forge())


def test_an_archived_repository_is_not_written_to(scene: Scene) -> None:
    scene.small.hub.repositories[NAME]["archived"] = True
    forge = scene.forge()
    with pytest.raises(ForgeRefusal, match="acme/app is archived, and so can only be read"):
        forge.say(1, "hello", "progress")
    assert scene.small.count("POST", "^/repos/") == 0
    assert forge.branch_head("main")


def test_a_server_of_ones_own_is_asked_below_its_path(scene: Scene) -> None:
    forge = scene.forge(api_url=f"{scene.small.url}/api/v3")
    number = scene.small.hub.new_issue("Words", "ada")
    assert forge.say(number, "hello", "progress").is_ours
    assert scene.small.count("POST", "^/graphql$") == 1


def test_words_between_us_and_github_are_no_answer(scene: Scene) -> None:
    forge = scene.forge()
    scene.fault("GET", "/git/ref/", 200, body="<html>please log in</html>")
    with pytest.raises(ForgeRefusal, match="is something between us and GitHub"):
        forge.branch_head("main")
    scene.fault("GET", "/git/ref/", 302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(ForgeRefusal, match="refused with status 302"):
        forge.branch_head("main")
    scene.fault("GET", "/git/ref/", 301, headers={"Location": "http://elsewhere.example/"})
    with pytest.raises(ForgeRefusal, match=r"sends us to another place.*forge\.api_url"):
        forge.branch_head("main")


def test_nobody_there_is_said(scene: Scene) -> None:
    forge = scene.forge(api_url="http://127.0.0.1:9")
    with pytest.raises(
        ForgeRefusal, match=r"no answer from http://127\.0\.0\.1:9.*check the network"
    ):
        forge.issue(1)


def test_no_message_and_no_noun_shows_a_token(scene: Scene) -> None:
    forge = scene.forge()
    for status in (400, 404, 500):
        echoed = {"message": f"token {TOKEN} is not known"}
        scene.fault("GET", "/issues/1$", status, body=echoed, times=4)
        with pytest.raises(ForgeRefusal) as told:
            forge.issue(1)
        assert TOKEN not in str(told.value)
    assert TOKEN not in repr(scene.access())
    assert TOKEN not in json.dumps([one.path for one in scene.small.seen])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"repository": "acme"}, "write it as owner/name"),
        ({"repository": "acme/.."}, "write it as owner/name"),
        ({"repository": "acme/app/x"}, "write it as owner/name"),
        ({"api_url": "http://ghe.example/api/v3"}, "must begin with https://"),
        ({"api_url": "file:///etc/passwd"}, "must begin with https://"),
        ({"server_url": "https://me:secret-1@ghe.example"}, "take user, password and query out"),
    ],
)
def test_an_address_that_is_none_or_would_show_the_token_is_refused(
    more: dict[str, str], told: str
) -> None:
    with pytest.raises(ForgeRefusal, match=told) as refused:
        replace(GitHubAccess(NAME, Token(TOKEN)), **more)  # type: ignore[arg-type]  # by name
    assert "secret-1" not in str(refused.value)
