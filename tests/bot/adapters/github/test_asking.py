"""What a doctor asks: any path below the repository, with GitHub's refusals as answers."""

import pytest

from bot.adapters.github_forge.asking import asking
from bot.adapters.github_forge.client import Patience
from tests.bot.adapters.github.conftest import NOW_S, Scene
from workflows.ports import ForgeRefusal


def test_an_answer_is_told_with_its_document_and_a_refusal_by_its_status(scene: Scene) -> None:
    number = scene.small.hub.new_issue("Words", "ada", "bug")
    ask = asking(scene.access(), Patience(pause=scene.waits.append, now=lambda: NOW_S))

    assert ask("").document["full_name"] == "acme/app"
    assert (ask(f"issues/{number}").status, ask(f"issues/{number}").document["title"]) == (
        200,
        "Words",
    )
    assert (ask("issues/99").status, ask("issues/99").document) == (404, None)
    for status in (401, 403, 410):
        scene.fault("GET", "/issues/", status, body={"message": "no"})
        assert (ask(f"issues/{number}").status, ask(f"issues/{number}").status) == (status, 200)
    assert {one.verb for one in scene.small.seen} == {"GET"}


def test_where_nobody_answers_at_all_there_is_nothing_to_tell(scene: Scene) -> None:
    ask = asking(scene.access(), Patience(reads=2, pause=scene.waits.append, now=lambda: NOW_S))
    scene.fault("GET", "/repos/", 0, times=2)

    with pytest.raises(ForgeRefusal, match="no answer from"):
        ask("issues/1")
    assert scene.waits == [0.5]


def test_a_limit_that_lasts_is_told_soon_since_a_person_waits(scene: Scene) -> None:
    ask = asking(scene.access(), Patience(wait_s=10, pause=scene.waits.append, now=lambda: NOW_S))
    busy = {"Retry-After": "60"}
    scene.fault("GET", "/issues/", 429, body={"message": "rate limit"}, headers=busy)

    with pytest.raises(ForgeRefusal, match="takes no more requests"):
        ask("issues/1")
    assert scene.waits == []
