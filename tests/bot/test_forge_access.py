"""A publisher's token and an App's key come from where the operator put them, and are not shown."""

from pathlib import Path

import pytest

from bot.adapters.github_forge.access import App, GitHubAccess, Network, Token
from bot.forge_access import AccessRefusal, access_of
from bot.settings import Settings, Sources, load

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n"


def settings_of(tmp_path: Path, **more: str) -> Settings:
    environment = {"CHANGEWRIGHT_FORGE_REPOSITORY": "ada/tally"}
    return load(Sources({**environment, **more}, tmp_path))


def access_to(settings: Settings) -> GitHubAccess:
    return access_of(settings.forge, settings.installer_environment)


def app_settings(tmp_path: Path, file: Path) -> Settings:
    return settings_of(
        tmp_path,
        CHANGEWRIGHT_FORGE_APP_ID="7",
        CHANGEWRIGHT_FORGE_PRIVATE_KEY_FILE=str(file),
    )


def test_our_own_variable_comes_before_the_workflows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "the workflow's")
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_TOKEN", "ours")

    access = access_to(settings_of(tmp_path))

    assert access.credentials == Token("ours")
    assert access.repository == "ada/tally"
    assert "ours" not in repr(access)


def test_an_app_works_by_the_key_in_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    file.chmod(0o600)

    access = access_to(app_settings(tmp_path, file))

    assert isinstance(access.credentials, App)
    assert (access.credentials.app_id, access.credentials.private_key_pem) == ("7", PEM)
    assert "MIIEvQ" not in repr(access)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key.pem"
    file.write_text(PEM)
    file.chmod(mode)

    with pytest.raises(AccessRefusal, match=r"may be read by others; run: chmod 600 .*key\.pem"):
        access_to(app_settings(tmp_path, file))


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    with pytest.raises(AccessRefusal, match="cannot be read: No such file"):
        access_to(app_settings(tmp_path, file))
    file.write_text("words\n")
    file.chmod(0o600)
    with pytest.raises(AccessRefusal, match="holds no private key in PEM form"):
        access_to(app_settings(tmp_path, file))
    with pytest.raises(AccessRefusal, match=r"may be read by others|cannot be read"):
        access_to(app_settings(tmp_path, tmp_path))
    with pytest.raises(AccessRefusal, match=r"set forge\.private_key_file"):
        access_to(settings_of(tmp_path, CHANGEWRIGHT_FORGE_APP_ID="7"))


@pytest.mark.parametrize(
    ("said", "network"),
    [
        ({}, Network()),
        ({"HTTPS_PROXY": "http://proxy:3128"}, Network("http://proxy:3128")),
        ({"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}, Network("http://b")),
        ({"ALL_PROXY": "https://u:p@a:1"}, Network("https://u:p@a:1")),
        ({"https_proxy": "proxy:3128"}, Network("http://proxy:3128")),
        ({"http_proxy": "http://a"}, Network()),
        ({"NO_PROXY": ".example,10.0.0.0/8"}, Network("", ".example,10.0.0.0/8")),
        ({"HTTPS_PROXY": ""}, Network()),
    ],
)
def test_the_way_to_github_is_the_machines_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str], network: Network
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_TOKEN", "ours")

    assert access_to(settings_of(tmp_path, **said)).network == network


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_who_is_trusted_is_who_the_named_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_TOKEN", "ours")
    file = tmp_path / "authority.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\n")

    assert access_to(settings_of(tmp_path, **{name: str(file)})).network == Network(
        "", "", str(file)
    )
    file.unlink()
    with pytest.raises(AccessRefusal, match=f"{name} is .*, and there is no such file"):
        access_to(settings_of(tmp_path, **{name: str(file)}))


@pytest.mark.parametrize(
    "proxy", ["socks5://u:s3cret@a:1", "http://", "http://a:x3cret", "ftp://a"]
)
def test_a_proxy_that_cannot_be_used_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_TOKEN", "ours")

    with pytest.raises(AccessRefusal, match="ALL_PROXY names no proxy that can be used") as caught:
        access_to(settings_of(tmp_path, ALL_PROXY=proxy))
    assert "cret" not in str(caught.value)
