"""Which model answers, and with whose key, is chosen here alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.claude_model.model import ClaudeModel
from bot.adapters.fallback_model import FallbackModel
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.models import model_of
from bot.settings import Settings, Sources, load
from bot.wiring import WiringRefusal

KEYS = {"ANTHROPIC_API_KEY": "own", "GOOGLE_OAUTH_ACCESS_TOKEN": "google"}
Choose = Callable[[Settings], object]


@pytest.fixture
def choose(tmp_path: Path) -> Choose:
    journal = SqliteJournal(tmp_path / "journal.sqlite", lambda: "", lambda: 0.0)
    return lambda settings: model_of(settings, journal)


def settings(folder: Path, text: str, environment: dict[str, str]) -> Settings:
    operator = folder / "config.yml"
    operator.write_text(text)
    return load(Sources(environment, Path("/state"), operator))


def test_one_model_is_asked_as_it_is_and_several_in_order(choose: Choose, tmp_path: Path) -> None:
    assert isinstance(choose(settings(tmp_path, "model: {name: claude-x}", KEYS)), ClaudeModel)

    text = "model: {name: claude-x, fallback: [claude-y, 'claude-z vertex:p/global']}"
    several = choose(settings(tmp_path, text, KEYS))

    assert isinstance(several, FallbackModel)
    assert several.name == "claude-x"


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("model: {name: claude-x}", "ANTHROPIC_API_KEY"),
        ("model: {endpoint: 'bedrock:us-east-1'}", "AWS_BEARER_TOKEN_BEDROCK"),
        ("model: {endpoint: 'foundry:mine'}", "ANTHROPIC_FOUNDRY_API_KEY"),
    ],
)
def test_a_key_that_is_missing_is_named(
    choose: Choose, tmp_path: Path, text: str, variable: str
) -> None:
    with pytest.raises(WiringRefusal, match=f"set {variable}, or work without one"):
        choose(settings(tmp_path, text, {}))


def test_a_fallback_without_its_key_is_refused_at_once(choose: Choose, tmp_path: Path) -> None:
    with pytest.raises(WiringRefusal, match="set AWS_BEARER_TOKEN_BEDROCK"):
        choose(settings(tmp_path, "model: {fallback: ['claude-y bedrock:us-east-1']}", KEYS))
