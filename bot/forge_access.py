"""What a publisher logs in to GitHub with, read from where the operator put it."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.configuration.process import FORGE_VARIABLES
from bot.configuration.sections import ForgeSettings
from bot.settings import forge_token
from scoping.refusal import Refusal

if TYPE_CHECKING:
    from bot.adapters.github_forge.access import App, GitHubAccess, Network, Token

_LARGEST_KEY = 64 * 1024
_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class AccessRefusal(Refusal):
    """Nobody can log in to the forge: what is missing, and what to set."""


def access_of(forge: ForgeSettings, environment: Mapping[str, str]) -> "GitHubAccess":
    """Return where the forge is and what to log in with; AccessRefusal where that is not known.

    ``environment`` says how this machine gets to the network.
    """
    from bot.adapters.github_forge.access import GitHubAccess  # noqa: PLC0415 - keeps --help fast

    if forge.repository is None:
        raise AccessRefusal(
            "which repository on GitHub is meant is not said: set forge.repository in the"
            " operator's file, or CHANGEWRIGHT_FORGE_REPOSITORY, to owner/name"
        )
    credentials = _app(forge) if forge.app_id is not None else _token()
    return GitHubAccess(
        forge.repository,
        credentials,
        forge.api_url,
        forge.server_url,
        sign_commits=forge.sign_commits,
        fork=forge.fork,
        network=network_of(environment),
    )


def network_of(environment: Mapping[str, str]) -> "Network":
    """Return the way to https hosts by the variables that curl and OpenSSL know, small ones first.

    AccessRefusal for one that cannot be honoured: without it something else would be asked.
    """
    from bot.adapters.github_forge.access import Network  # noqa: PLC0415 - as above

    by, proxy = _first(environment, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and (urlsplit(proxy).scheme not in {"http", "https"} or not _host(proxy)):
        raise AccessRefusal(
            f"{by} names no proxy that can be used: it must be http://HOST:PORT or https://HOST:PORT"
        )
    named, file = _first(environment, *_AUTHORITIES)
    if file and not Path(file).is_file():
        raise AccessRefusal(
            f"{named} is {file}, and there is no such file; set it to a file of certificates in PEM"
            " form, or take it away to trust whom the system trusts"
        )
    _, without = _first(environment, "no_proxy", "NO_PROXY")
    return Network(proxy, without, str(Path(file).absolute()) if file else "")


def _first(environment: Mapping[str, str], *names: str) -> tuple[str, str]:
    found = ((name, environment[name]) for name in names if environment.get(name))
    return next(found, ("", ""))


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return parts.hostname or "" if parts.port != 0 else ""
    except ValueError:
        return ""


def _token() -> "Token":
    from bot.adapters.github_forge.access import Token  # noqa: PLC0415 - as above

    secret = forge_token()
    if secret is None:
        raise AccessRefusal(
            f"there is no token for GitHub: set {' or '.join(FORGE_VARIABLES[:2])}, or let an App"
            " work with forge.app_id and forge.private_key_file"
        )
    return Token(secret.reveal())


def _app(forge: ForgeSettings) -> "App":
    from bot.adapters.github_forge.access import App  # noqa: PLC0415 - as above

    if forge.private_key_file is None:
        raise AccessRefusal(
            f"forge.app_id is {forge.app_id}, and its key is not named: set forge.private_key_file"
            " to the absolute path of the App's private key"
        )
    key = _private_key(Path(forge.private_key_file))
    return App(str(forge.app_id), key, forge.installation_id or 0)


def _private_key(file: Path) -> str:
    """Return the key in ``file``, which nobody but its owner may read."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            content = stream.read(_LARGEST_KEY + 1)
    except OSError as error:
        raise AccessRefusal(
            f"forge.private_key_file {file} cannot be read: {error.strerror}"
        ) from error
    if not stat.S_ISREG(status.st_mode) or status.st_mode & _OTHERS:
        raise AccessRefusal(
            f"forge.private_key_file {file} may be read by others; run: chmod 600 {file}"
        )
    if b"PRIVATE KEY" not in content or len(content) > _LARGEST_KEY:
        raise AccessRefusal(
            f"forge.private_key_file {file} holds no private key in PEM form; download one on the"
            " App's own settings page"
        )
    return content.decode("utf-8", "replace")
