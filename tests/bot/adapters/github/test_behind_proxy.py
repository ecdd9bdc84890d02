"""GitHub Enterprise behind the machine's proxy, with a certificate of the company's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.adapters.github_forge.access import Network
from bot.adapters.github_forge.asking import asking
from bot.adapters.github_forge.client import Patience
from bot.adapters.github_forge.forge import GitHubForge
from bot.forge_access import network_of
from tests.bot.adapters.github.behind_proxy import LOGIN, Proxy, serve
from tests.bot.adapters.github.conftest import BRANCH, NOW_S, Scene
from validators.git import Terms, git
from workflows.ports import ForgeRefusal

API, SERVER = "api.forge.internal", "forge.internal"
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE")


@dataclass(slots=True)
class Office:
    """A machine in an office: what its operator's environment says, and what the proxy saw."""

    scene: Scene
    proxy: Proxy
    monkeypatch: pytest.MonkeyPatch

    def sets(self, **said: str) -> None:
        for name, value in said.items():
            self.monkeypatch.setenv(name, value)

    @property
    def network(self) -> Network:
        return network_of({name: os.environ.get(name, "") for name in VARIABLES})

    def forge(self) -> GitHubForge:
        access = self.scene.access(
            api_url=f"https://{API}", server_url=f"https://{SERVER}", network=self.network
        )
        patience = Patience(reads=1, pause=self.scene.waits.append, now=lambda: NOW_S)
        return GitHubForge(access, self.scene.clone.git_dir, patience)


@contextmanager
def opened(scene: Scene, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in (*VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    ports = {API: scene.small.url, SERVER: scene.small.git.url}
    with serve(folder, {host: urlsplit(url).port or 0 for host, url in ports.items()}) as proxy:
        yield Office(scene, proxy, monkeypatch)


@pytest.fixture
def office(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(scene, tmp_path, monkeypatch) as office:
        yield office


def test_api_and_git_go_by_the_proxy_and_trust_the_named_authority(office: Office) -> None:
    office.sets(HTTPS_PROXY=office.proxy.url, SSL_CERT_FILE=str(office.proxy.certificate))
    forge = office.forge()
    made = office.scene.commit()

    forge.push(BRANCH, made, None)
    opened = forge.open_pull_request(office.scene.draft(), made.sha)

    assert forge.branch_head(BRANCH) == made.sha
    assert forge.fetch_branch(BRANCH, office.scene.clone.git_dir) == made.sha
    assert opened.number
    assert set(office.proxy.seen) == {API, SERVER}


def test_no_other_git_of_ours_and_nothing_that_it_starts_is_told_the_way(office: Office) -> None:
    office.sets(HTTPS_PROXY=office.proxy.url, SSL_CERT_FILE=str(office.proxy.certificate))
    alias = Terms(timeout_s=60, config=("alias.tell=!env; true",))

    told = git(office.scene.clone.git_dir, "tell", terms=alias).decode()

    assert "proxy" not in told.lower().replace(str(office.proxy.certificate).lower(), "")
    assert "GIT_SSL" not in told
    assert LOGIN.partition(":")[2] not in repr(office.network)


@pytest.mark.parametrize("where", ["api", "git"])
def test_who_is_not_trusted_is_told_of_and_sent_nothing(office: Office, where: str) -> None:
    office.sets(HTTPS_PROXY=office.proxy.url)
    forge = office.forge()
    if where == "api":
        with pytest.raises(ForgeRefusal, match=r"SSLError.*SSL_CERT_FILE"):
            forge.branch_head(BRANCH)
        ask = asking(office.scene.access(api_url=f"https://{API}"), Patience(reads=1))
        with pytest.raises(ForgeRefusal, match="SSL_CERT_FILE"):
            ask("issues/1")
        assert office.scene.small.seen == []
        return
    with pytest.raises(ForgeRefusal, match=r"not trusted here.*SSL_CERT_FILE"):
        _git_alone(office)
    assert office.scene.small.git.seen == []


@pytest.mark.parametrize("how", ["no proxy", "wrong login", "not for this host"])
def test_where_the_way_is_wrong_both_say_so_and_show_no_login(office: Office, how: str) -> None:
    office.sets(SSL_CERT_FILE=str(office.proxy.certificate), HTTPS_PROXY=office.proxy.url)
    if how == "no proxy":
        office.sets(HTTPS_PROXY="")
    elif how == "wrong login":
        office.sets(HTTPS_PROXY=office.proxy.url.replace("s3cret", "s3cret2"))
    else:
        office.sets(NO_PROXY=f".{SERVER},{SERVER}")

    with pytest.raises(ForgeRefusal) as api:
        office.forge().branch_head(BRANCH)
    with pytest.raises(ForgeRefusal) as pushed:
        _git_alone(office)

    for refusal in (api, pushed):
        assert "s3cret" not in str(refusal.value)
    if how == "wrong login":
        assert "HTTPS_PROXY" in str(api.value)
        assert "HTTPS_PROXY" in str(pushed.value)
    assert office.proxy.seen == []


def _git_alone(office: Office) -> None:
    """Push, with an API that is reached without a proxy."""
    access = office.scene.access(server_url=f"https://{SERVER}", network=office.network)
    forge = GitHubForge(access, office.scene.clone.git_dir, Patience(reads=1))
    forge.push(BRANCH, office.scene.commit(), None)
