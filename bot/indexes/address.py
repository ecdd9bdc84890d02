"""The address of an index: whom it names, and apart from that, the password it may carry."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

Scheme = Literal["http", "https"]

DEFAULT_PORTS: dict[str, int] = {"http": 80, "https": 443}
_LONGEST_HOST = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# How resolvers read numbers: 127.1, 0x7f000001 and 2130706433 are all this machine itself.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_PAGES = ("simple", "+simple")  # below which an index of Python lists its files, kept beside them


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Who is asked, and how: two addresses of one origin differ in their path alone."""

    scheme: Scheme
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The origin as it stands in an address and in a Host field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Index:
    """One index as a tool is configured with it; ``url`` holds no login any more.

    ``path`` is what every file of the index is below of. ``login`` is the value of an Authorization
    field, empty where none is asked for.
    """

    origin: Origin
    url: str
    path: str
    login: str = field(default="", repr=False)


def index_at(address: str, login: str = "") -> Index:
    """Return the index at an http address; ValueError, which does not repeat it, for another.

    ``login`` counts where the address holds none.
    """
    if re.search(r"[\s\\\x00-\x1f\x7f]", address):
        raise ValueError("it holds a space or a control character")
    parts = urlsplit(address)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("it is neither an http nor a file address")
    scheme: Scheme = "https" if parts.scheme == "https" else "http"
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    if ":" not in host and (not HOST_NAME.fullmatch(host) or len(host) > _LONGEST_HOST):
        raise ValueError("it names no host")
    origin = Origin(scheme, host, parts.port or DEFAULT_PORTS[scheme])
    query = f"?{parts.query}" if parts.query else ""
    if parts.username or parts.password:
        login = basic(unquote(parts.username or ""), unquote(parts.password or ""))
    url = f"{scheme}://{origin.authority}{parts.path}{query}"
    return Index(origin, url, _all_below(parts.path), login)


def folder_at(address: str) -> Path | None:
    """Return the folder that a ``file:`` address or a plain absolute path names, else None."""
    if address.startswith("/"):
        return Path(address)
    if not address.startswith("file:"):
        return None
    parts = urlsplit(address)
    path = unquote(parts.path)
    is_here = parts.netloc in {"", "localhost"} and path.startswith("/") and "\0" not in path
    return Path(path) if is_here else None


def with_files(folder: Path) -> Path:
    """Return the folder that holds an index's pages together with the files they name."""
    return folder.parent if folder.name in _PAGES else folder


def basic(user: str, password: str) -> str:
    """Return the Authorization field of a user with a password."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")


def is_number(host: str) -> bool:
    """Whether ``host`` is an address in numbers, in any of the ways resolvers take for one."""
    return ":" in host or _NUMBER.fullmatch(host) is not None


def _all_below(path: str) -> str:
    """Return the path below which the files are that the pages at ``path`` name."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[-1] in _PAGES:
        parts.pop()
    return "/" + "".join(f"{part}/" for part in parts)
