"""Areas of a repository are read with their patterns and weights, and mistakes are named."""

from typing import Any

import pytest

from bot.configuration.profiles import PROFILES
from bot.configuration.values import Node, Place, SettingsRefusal
from scoping.profiles import Profile
from scoping.weights import learnt_weights

PLACE = Place("changewright.yml", "scope.profiles")


def node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: node(one) for key, one in value.items()}, 7)
    return Node(tuple(map(node, value)) if isinstance(value, list) else value, 7)


def test_a_profile_is_read_whole() -> None:
    written = {
        "name": "web",
        "labels": ["area: web"],
        "paths": ["web/"],
        "exclude": ["*.css"],
        "weights": {"is_docs": 2},
    }

    assert PROFILES.read(node([written]), PLACE) == (
        Profile("web", ("area: web",), ("web/",), exclude=("*.css",), weights={"is_docs": 2.0}),
    )


def test_a_weight_of_no_signal_is_refused_with_those_there_are() -> None:
    written = [{"name": "a", "weights": {"words_rnk": 1}}]

    with pytest.raises(SettingsRefusal) as refused:
        PROFILES.read(node(written), PLACE)
    assert "weighs 'words_rnk', which is no signal; choose from" in str(refused.value)
    assert ", ".join(sorted(learnt_weights().files)) in str(refused.value)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([{"paths": ["web/"]}], "has a profile without 'name'"),
        ([{"name": "a", "path": ["web/"]}], "did you mean 'paths'"),
        (["web"], "must hold mappings with name and paths"),
        ([{"name": "a", "labels": "web"}], r"scope.profiles\[\].labels must be"),
        ([{"name": "a", "weights": [1]}], "must map signals to numbers"),
        (
            [{"name": "a", "weights": {"title_words": "much"}}],
            r"scope.profiles\[\].weights must be",
        ),
        ({"name": "a"}, "must be a list"),
    ],
)
def test_a_mistake_is_named_with_its_line(written: Any, words: str) -> None:
    with pytest.raises(SettingsRefusal, match=f"changewright.yml:7: .*{words}"):
        PROFILES.read(node(written), PLACE)
