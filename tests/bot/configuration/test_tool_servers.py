"""Servers of tools in the operator's file: read, refused, never shown with what they are told."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.configuration.file import read_document
from bot.configuration.tool_servers import KEY_NAME, ToolServerRule
from bot.configuration.values import SettingsRefusal
from bot.pages.settings import settings_document, settings_text
from bot.settings import Settings, Sources, load
from validators.encoding import encode

WEATHER = {
    "command": ["weather-server", "--stdio"],
    "read_only": ["forecast", "now"],
    "computed": ["forecast.words"],
    "env": {"TOKEN": "${WEATHER_TOKEN}", "UNITS": "metric", "GONE": "${NOT_SET}"},
    "folders": ["/opt/weather"],
    "tree": True,
    "timeout_s": 5,
}


def written(servers: Any) -> bytes:
    return json.dumps({"mcp": {"servers": servers}}).encode()


def settled(folder: Path, servers: Any, **variables: str) -> Settings:
    path = folder / "config.yml"
    path.write_bytes(written(servers))
    return load(Sources(environment=variables, default_state=folder, operator_file=path))


def test_a_server_is_read_whole(tmp_path: Path) -> None:
    settings = settled(tmp_path, {"weather": WEATHER}, WEATHER_TOKEN="t-123")  # noqa: S106

    assert settings.tool_servers == (
        ToolServerRule(
            "weather",
            ("weather-server", "--stdio"),
            ("forecast", "now"),
            (("forecast", "words"),),
            ("TOKEN", "UNITS", "GONE"),
            ("/opt/weather",),
            tree=True,
            timeout_s=5.0,
        ),
    )
    found = settings.tool_server_environments["weather"]
    assert {name: value.reveal() for name, value in found.items()} == {
        "TOKEN": "t-123",
        "UNITS": "metric",
    }


def test_what_a_server_is_told_is_shown_nowhere(tmp_path: Path) -> None:
    secret = {**WEATHER, "env": {"TOKEN": "${WEATHER_TOKEN}", "OTHER": "t-456"}}
    settings = settled(tmp_path, {"weather": secret}, WEATHER_TOKEN="t-123")  # noqa: S106

    page = settings_text(settings, "none")
    told = page + repr(settings) + encode(settings_document(settings)).decode()

    assert "weather (forecast, now): weather-server" in page
    assert "t-123" not in told
    assert "t-456" not in told


def test_servers_that_no_snippet_asks_are_warned_of(tmp_path: Path) -> None:
    server = {"weather": {"command": ["w"], "read_only": []}}

    assert settled(tmp_path, server).warnings == (
        "mcp.servers: no server is asked anything unless model.action is code",
    )
    assert settled(tmp_path, server, CHANGEWRIGHT_MODEL_ACTION="code").warnings == ()


def test_no_server_is_what_there_is_by_default(tmp_path: Path) -> None:
    settings = load(Sources(environment={}, default_state=tmp_path))

    assert settings.tool_servers == ()


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ([], "mcp.servers must be a mapping of keys, not a list"),
        ({"7up": {}}, "must name a server by letters, digits, _ and -, a letter first, not '7up'"),
        ({"w": "w"}, "mcp.servers.w must be a mapping of keys, not 'w'"),
        ({"w": {"command": ["w"]}}, "mcp.servers.w lacks 'read_only'"),
        ({"w": {**WEATHER, "comand": []}}, "unknown key 'comand'; did you mean 'command'?"),
        ({"w": {**WEATHER, "command": []}}, "must name a program in its command's first word"),
        ({"w": {**WEATHER, "command": "w --stdio"}}, "w.command must be a list, not 'w --stdio'"),
        ({"w": {**WEATHER, "timeout_s": 601}}, "may wait 600 s for an answer at most"),
        ({"w": {**WEATHER, "folders": ["opt"]}}, "w.folders must be an absolute path, not 'opt'"),
        ({"w": {**WEATHER, "folders": ["/opt/../root"]}}, "must be an absolute path"),
        *(
            ({"w": {**WEATHER, "folders": [folder]}}, "must be a folder of the server's own, no")
            for folder in ("/proc", "/run/docker", "/root", "/home", "/tmp", "/etc")  # noqa: S108
        ),
        ({"w": {**WEATHER, "folders": ["/"]}}, "must be an absolute path"),
        ({"w": {**WEATHER, "computed": ["forecast"]}}, "must be written as TOOL.ARGUMENT"),
        ({"w": {**WEATHER, "computed": ["rm.x"]}}, "'rm', which is not among its read_only"),
        ({"w": {**WEATHER, "env": {"A-B": "x"}}}, "'A-B', which is no variable's name"),
        ({"w": {**WEATHER, "env": {"A": 7}}}, "must give A a text; put it in quotes"),
        ({"w": {**WEATHER, "network": True}}, "has 'network', but no server can have one here"),
    ],
)
def test_what_cannot_be_meant_is_refused(servers: object, words: str) -> None:
    with pytest.raises(SettingsRefusal) as refused:
        read_document(written(servers), "config.yml", "operator")

    assert words in str(refused.value)
    assert str(refused.value).startswith("config.yml:1: mcp.servers")


@pytest.mark.parametrize("ours", ["ANTHROPIC_API_KEY", "GITHUB_TOKEN", "CHANGEWRIGHT_FORGE_TOKEN"])
def test_no_server_is_handed_a_secret_of_ours(tmp_path: Path, ours: str) -> None:
    server = {**WEATHER, "env": {"KEY": f"${{{ours}}}"}}

    with pytest.raises(SettingsRefusal, match=f"must not hand {ours} on"):
        settled(tmp_path, {"weather": server}, **{ours: "x"})


def test_the_target_names_no_server() -> None:
    with pytest.raises(SettingsRefusal, match=r"mcp is for the operator alone"):
        read_document(written({"weather": WEATHER}), "changewright.yml", "target")


def test_the_key_is_called_what_pages_call_it() -> None:
    assert KEY_NAME == "mcp.servers"


def test_a_whole_home_is_not_seen_and_a_folder_in_it_may_be(tmp_path: Path) -> None:
    whose = "ada"
    home = f"/home/{whose}"
    seen = settled(tmp_path, {"w": {**WEATHER, "folders": [f"{home}/tools"]}}).tool_servers[0]
    assert seen.folders == (f"{home}/tools",)

    with pytest.raises(SettingsRefusal, match="no whole home"):
        settled(tmp_path, {"w": {**WEATHER, "folders": [home]}})
