"""Which repository of the forge each of a campaign's folders is published to.

One folder is published where the operator says, as any proposal is. With several there is no one
place to say: each goes where it came from, by its remote, as long as that is on the operator's
server.
"""

import re
from dataclasses import replace
from functools import cache, partial
from urllib.parse import urlsplit

from bot.wiring import Bench, forge_and_tracker_at
from scoping.refusal import Refusal
from validators.clones.remotes import origin_url

# As git and ssh write it: git@github.com:owner/name.git
_SCP = re.compile(r"(?:[^@:/]+@)?(?P<host>[^@:/]+):(?P<path>.+)")
_NAME = re.compile(r"/?(?P<name>[^/]+/[^/]+?)(?:\.git)?/?")


class HomeRefusal(Refusal):
    """A folder cannot be published: which, and what its remote has to be."""


def at_home(bench: Bench, *, is_only: bool) -> Bench:
    """Return ``bench`` with the forge that its repository belongs to; HomeRefusal without one.

    It ``is_only`` when the campaign has no other repository.
    """
    forge = bench.settings.forge
    if forge.kind == "local" or (is_only and forge.repository):
        return bench
    name = repository_at(origin_url(bench.clone.original_git_dir), forge.server_url)
    if not name:
        raise HomeRefusal(
            f"{bench.clone.repository} has no remote origin on {_host(forge.server_url)}, so which"
            " repository its pull requests belong to is not known; name it with `git remote add"
            " origin URL`"
        )
    settings = replace(bench.settings, forge=replace(forge, repository=name))
    opened = cache(partial(forge_and_tracker_at, settings, bench.clone))
    return replace(bench, settings=settings, open_forge=opened)


def repository_at(url: str, server_url: str) -> str:
    """Return the ``owner/name`` that a remote's address names on that server, or ""."""
    parts = None if "://" in url else _SCP.fullmatch(url)
    host, path = (parts["host"], parts["path"]) if parts else _split(url)
    if not host or host.lower() != _host(server_url):
        return ""
    found = _NAME.fullmatch(path)
    return found["name"] if found else ""


def _host(url: str) -> str:
    return _split(url)[0]


def _split(url: str) -> tuple[str, str]:
    """Return host and path of an address; neither of what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.hostname or "", parts.path
