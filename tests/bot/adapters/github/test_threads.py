"""Threads on GitHub: what is not known to be done is looked for, and a missing right is named."""

from typing import TYPE_CHECKING

import pytest

from tests.bot.adapters.github.asked import Asked, Told
from workflows.ports import ForgeRefusal

if TYPE_CHECKING:
    from tests.bot.adapters.github.conftest import Scene


def begun(scene: "Scene") -> tuple[int, str]:
    forge = scene.forge()
    number = forge.open_pull_request(scene.draft(), scene.pushed(forge)).number
    return number, scene.small.hub.begin_thread(number, "ada", "why?", "a.txt", 1)


def lose(scene: "Scene", word: str) -> list[str]:
    """Do what is asked with ``word`` in it, and lose the answer once; return what was asked."""
    answer, asked = scene.small.hub.answer, []

    def losing(request: Asked) -> Told:
        told = answer(request)
        query = request.body["query"] if request.path == "/graphql" else ""
        asked.append(query)
        is_first = word in query and sum(word in one for one in asked) == 1
        return Told(502, None) if is_first else told

    scene.small.hub.answer = losing  # type: ignore[method-assign,assignment]
    return asked


def test_what_was_done_and_not_told_is_not_done_twice(scene: "Scene") -> None:
    number, thread = begun(scene)
    forge = scene.forge()
    asked = lose(scene, "addPullRequestReviewThreadReply")

    forge.answer_thread(number, thread, "Because <!-- changewright:x -->.", "run r1")
    forge.answer_thread(number, thread, "Because.", "run r1")

    (found,) = forge.threads(number)
    assert [one.is_ours for one in found.comments] == [False, True]
    assert "<!-- changewright:x" not in found.comments[1].body
    assert sum("addPullRequestReviewThreadReply" in one for one in asked) == 1
    lose(scene, "resolveReviewThread")
    forge.resolve_thread(number, thread)
    assert forge.threads(number)[0].resolved


def test_whoever_may_not_resolve_is_told_which_right_is_missing(scene: "Scene") -> None:
    number, thread = begun(scene)
    scene.small.hub.may_resolve = False

    with pytest.raises(ForgeRefusal, match="grant it contents: write"):
        scene.forge().resolve_thread(number, thread)


def test_a_stranger_who_signs_with_our_mark_is_a_stranger(scene: "Scene") -> None:
    number, thread = begun(scene)
    scene.small.hub.reply_in_thread(thread, "eve", "So. <!-- changewright:run r1 -->")
    forge = scene.forge()

    forge.answer_thread(number, thread, "Because.", "run r1")

    (found,) = forge.threads(number)
    assert [(one.author, one.is_ours) for one in found.comments] == [
        ("ada", False),
        ("eve", False),
        ("github-actions[bot]", True),
    ]


def test_who_edited_a_comment_is_known_where_github_says_so(scene: "Scene") -> None:
    number, _ = begun(scene)
    forge = scene.forge()
    comment = forge.say(number, "why?", "reason").id
    assert forge.last_editor(number, comment) == ""
    scene.small.hub.comments[comment]["editor"] = {"login": "tidy", "__typename": "Bot"}
    assert forge.last_editor(number, comment) == "tidy[bot]"
