"""Where the server listens, how browsers call it, and who can reach it there."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlencode

from scoping.refusal import Refusal

_USUAL_PORT = 80


class ServeRefusal(Refusal):
    """The server cannot be started so: why, and what to say instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or number, and a port that is listened on."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address of the inbox, without a slash behind it."""
        return f"http://{self._named}:{self.port}"

    def sign_in(self, invitation: str) -> str:
        """Return the link that lets one browser in."""
        return f"{self.url}/sign-in?{urlencode({'token': invitation})}"

    @property
    def authorities(self) -> frozenset[str]:
        """What a browser may write as Host."""
        names = {self._named.lower()} | ({"localhost"} if is_loopback(self.host) else set())
        bare = names if self.port == _USUAL_PORT else set()
        return frozenset({f"{name}:{self.port}" for name in names} | bare)

    @property
    def _named(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def require_private(host: str, *, is_exposed: bool) -> None:
    """Raise ServeRefusal for an address that others reach, unless they are meant to."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - it is what is refused
        raise ServeRefusal(
            f"--host {host!r} is no name that a browser calls: give the one address of this machine"
            " that others are to use"
        )
    if not is_loopback(host) and not is_exposed:
        raise ServeRefusal(
            f"--host {host} can be reached by other machines, over plain HTTP: who listens on the"
            " way could decide in your name. Add --expose if that is meant, or leave --host out and"
            " come by a tunnel: ssh -L PORT:127.0.0.1:PORT"
        )
