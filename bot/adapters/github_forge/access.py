"""Which repository of which GitHub, and with what right: nothing here is ever shown whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from workflows.ports import ForgeRefusal

API_URL = "https://api.github.com"
SERVER_URL = "https://github.com"
# What publishing and answering need, and nothing beyond: GitHub gives an App's token all it has
# unless told otherwise.
APP_PERMISSIONS: Mapping[str, str] = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was given: the Action's own, or a person's."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App. ``installation_id`` 0: the one that covers the repository is looked up."""

    app_id: str
    private_key_pem: str = field(repr=False)
    installation_id: int = 0
    permissions: Mapping[str, str] = field(default_factory=lambda: dict(APP_PERMISSIONS))


@dataclass(frozen=True, slots=True)
class Network:
    """How this machine gets to https hosts: by ``proxy`` but for ``no_proxy``, as curl reads both.

    ``ca_file`` holds the authorities that are trusted in place of the system's. Empty is unsaid.
    """

    proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    ca_file: str = ""

    @property
    def password(self) -> str:
        """The password of the proxy, or ""."""
        return unquote(urlsplit(self.proxy).password or "")

    def for_git(self) -> dict[str, str]:
        """Return what git, which sees nothing of our environment, is told of it."""
        told = {
            "https_proxy": self.proxy,
            "no_proxy": self.no_proxy,
            "GIT_SSL_CAINFO": self.ca_file,
            "GIT_PROXY_SSL_CAINFO": self.ca_file,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class GitHubAccess:
    """One repository, ``owner/name``, and how it is reached.

    With ``sign_commits`` commits are made through the API, which signs them. ``fork``: where the
    token may not push, its owner's fork is used, and made when there is none.
    """

    repository: str
    credentials: Token | App
    api_url: str = API_URL
    server_url: str = SERVER_URL
    sign_commits: bool = False
    fork: bool = False
    network: Network = Network()

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.repository):
            raise ForgeRefusal(
                f"{self.repository[:80]!r} is not a repository on GitHub; write it as owner/name"
            )
        for url in (self.api_url, self.server_url):
            _require_private(url)


def _require_private(url: str) -> None:
    """Refuse an address to which the token would travel readable, or that holds one itself."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ForgeRefusal(f"GitHub's address must begin with https://, and {_shown(url)} does not")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ForgeRefusal(
            f"the address {_shown(url)} holds more than a host and a path; take user, password and"
            " query out of it: the token is given apart from it"
        )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return repr(f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:120])
