"""Whom a target may have asked: the operator's models, fewer of them or in another order."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.configuration.endpoints import DEFAULT_MODEL
from bot.configuration.values import SettingsRefusal
from bot.settings import Settings, Sources, load

OPERATOR = "model: {stages: [small, middle, big]}"


def settled(
    folder: Path, target: str, operator: str = "", environment: Mapping[str, str] | None = None
) -> Settings:
    path = folder / "config.yml"
    path.write_text(operator, encoding="utf-8")
    return load(
        Sources(
            environment=environment or {},
            default_state=Path("/state"),
            operator_file=path,
            target_file=target.encode(),
        )
    )


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        ("[big]", ("big",)),
        ("[small, big]", ("small", "big")),
        ("[big, middle, small]", ("big", "middle", "small")),
        ("[]", ("small", "middle", "big")),
        ("", ("small", "middle", "big")),
    ],
)
def test_a_target_leaves_out_or_reorders_what_the_operator_named(
    tmp_path: Path, asked: str, counts: tuple[str, ...]
) -> None:
    found = settled(tmp_path, f"model:\n  stages: {asked}", OPERATOR)

    assert found.model_stages == counts
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("[small, huge]", "'huge' which the operator did not name"),
        ("[Small]", "'Small' which the operator did not name"),
        ("[small, small]", "'small' more often than the operator"),
        (f"[{DEFAULT_MODEL}]", f"'{DEFAULT_MODEL}' which the operator did not name"),
    ],
)
def test_any_other_model_is_refused_with_its_line_and_what_there_is(
    tmp_path: Path, asked: str, words: str
) -> None:
    with pytest.raises(SettingsRefusal) as refused:
        settled(tmp_path, f"model:\n  stages: {asked}", OPERATOR)

    assert str(refused.value) == (
        f".github/changewright.yml:2: model.stages asks for the model {words}: choose from small,"
        " middle, big, or have the operator write more into model.stages of their own file"
    )


@pytest.mark.parametrize("operator", ["", "model: {stages: []}"])
def test_where_the_operator_says_nothing_there_is_the_default_alone(
    tmp_path: Path, operator: str
) -> None:
    same = f"model: {{stages: [{DEFAULT_MODEL}]}}"

    assert settled(tmp_path, same, operator).model_stages == (DEFAULT_MODEL,)
    with pytest.raises(SettingsRefusal, match=f"choose from {DEFAULT_MODEL}, or have"):
        settled(tmp_path, "model: {stages: [small]}", operator)


def test_where_the_operator_names_one_model_that_one_is_asked_whatever_the_target_chose(
    tmp_path: Path,
) -> None:
    one = {"CHANGEWRIGHT_MODEL_NAME": "huge"}

    for asked in ("huge", "small"):
        found = settled(tmp_path, f"model: {{stages: [{asked}]}}", OPERATOR, one)
        assert (found.model_name, found.model_stages) == ("huge", ())
    with pytest.raises(SettingsRefusal, match="choose from huge, or"):
        settled(tmp_path, "model: {stages: [small]}", "model: {name: huge}")
