"""What may be said about forges, by whom, and in whose variables."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.configuration.values import SettingsRefusal
from bot.settings import Settings, Sources, load


def loaded(environment: Mapping[str, str], tmp_path: Path, operator: str = "") -> Settings:
    file = tmp_path / "config.yml"
    file.write_text(operator)
    return load(Sources(environment, tmp_path, operator_file=file))


def test_in_a_workflow_its_own_variables_say_where_the_forge_is(tmp_path: Path) -> None:
    actions = {
        "GITHUB_REPOSITORY": "ada/tally",
        "GITHUB_API_URL": "https://ghe.example.org/api/v3",
        "GITHUB_SERVER_URL": "https://ghe.example.org",
    }

    settings = loaded(actions, tmp_path)

    assert settings.forge.kind == "local"
    assert settings.forge.repository == "ada/tally"
    assert settings.forge.api_url == "https://ghe.example.org/api/v3"
    assert settings.origins["forge.server_url"] == "environment GITHUB_SERVER_URL"
    ours = {**actions, "CHANGEWRIGHT_FORGE_REPOSITORY": "ada/other", "CHANGEWRIGHT_FORGE": "github"}
    settings = loaded(ours, tmp_path)
    assert (settings.forge.kind, settings.forge.repository) == ("github", "ada/other")


def test_what_nobody_said_is_github_dot_com_a_label_and_a_phrase(tmp_path: Path) -> None:
    settings = loaded({}, tmp_path)

    assert settings.forge.api_url == "https://api.github.com"
    assert settings.trigger.label == "changewright"
    assert settings.trigger.roles == ("admin", "maintain", "write")
    assert (settings.trigger.remove_label, settings.trigger.bots) == (True, ())
    assert settings.pull_request.branch_template == "changewright/{key}-{slug}"
    assert settings.pull_request.expires is None


@pytest.mark.parametrize("name", ["CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"])
def test_a_token_is_noticed_under_each_of_its_names_and_kept_under_none(
    tmp_path: Path, name: str
) -> None:
    settings = loaded({name: "ghs_canary"}, tmp_path)

    assert settings.forge_token_is_set
    assert "ghs_canary" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "http://ghe.example.org",
        "https://user:password@ghe.example.org",
        "https://ghe.example.org?x=1",
        "https://ghe.example.org#x",
        "https://",
        "https://ghe.example.org:port",
        "https://[::1",
        "ghe.example.org",
        "file:///etc",
    ],
)
def test_an_address_to_which_a_token_would_go_readable_is_refused_unshown(
    tmp_path: Path, address: str
) -> None:
    with pytest.raises(SettingsRefusal, match=r"forge\.api_url must be ") as caught:
        loaded({"CHANGEWRIGHT_FORGE_API_URL": address}, tmp_path)

    assert "password" not in str(caught.value)
    assert loaded({"GITHUB_API_URL": "http://127.0.0.1:8080"}, tmp_path).forge.api_url


@pytest.mark.parametrize("name", ["tally", "ada/", "ada/..", "-ada/x", "ada/x/y", "ada/x y"])
def test_a_repository_is_owner_and_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsRefusal, match=r"forge\.repository must be written owner/name"):
        loaded({"CHANGEWRIGHT_FORGE_REPOSITORY": name}, tmp_path)


def test_a_target_may_name_label_and_branch_and_not_who_starts_runs(tmp_path: Path) -> None:
    target = b"trigger: {label: fix me}\npr: {branch_template: 'changewright/{key}'}\n"
    settings = load(Sources({}, tmp_path, target_file=target))

    assert settings.trigger.label == "fix me"
    assert settings.pull_request.branch_template == "changewright/{key}"
    for document in (b"trigger: {bots: ['x[bot]']}\n", b"forge: {kind: github}\n"):
        with pytest.raises(SettingsRefusal, match="for the operator alone"):
            load(Sources({}, tmp_path, target_file=document))


def test_a_days_bound_of_the_operator_holds_for_expiry(tmp_path: Path) -> None:
    file = tmp_path / "config.yml"
    file.write_text("pr: {expires: 14}\n")
    settings = load(Sources({}, tmp_path, operator_file=file, target_file=b"pr: {expires: 30}\n"))

    assert settings.pull_request.expires == 14
    assert "asks for pr.expires 30; 14 counts" in settings.warnings[0]
