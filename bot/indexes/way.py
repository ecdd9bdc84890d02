"""What a connection of the gateway may do: its limits, and how each origin is reached."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.indexes.address import Origin
from bot.indexes.requests import RequestRefusal


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one set-up, in seconds, bytes and connections.

    ``tunnel_sent_bytes`` is what may be sent on one connection that the gateway cannot look into.
    """

    connections: int = 128
    idle_s: float = 120.0
    head_s: float = 30.0
    received_bytes: int = 16 * 1024**3
    tunnel_sent_bytes: int = 1024**2


@dataclass(frozen=True, slots=True)
class Way:
    """How an origin is reached. ``is_read``: by requests we see; else it is a tunnel.

    ``login`` tells what to send along to a path.
    """

    open: Callable[[], socket.socket]
    is_read: bool
    login: Callable[[str], str]


class Policy(Protocol):
    """What a connection asks the gateway that it belongs to."""

    limits: Limits

    def way_to(self, origin: Origin, path: str, *, tunnel: bool) -> Way:
        """Return how ``origin`` is reached; RequestRefusal when it is not to be."""
        ...

    def stand_in(self, host: str) -> ssl.SSLContext:
        """Return what speaks TLS as ``host`` with the tools inside."""
        ...

    def note(self, refusal: RequestRefusal) -> None:
        """Remember one refusal, to be told."""
        ...

    def count(self, received: int) -> None:
        """Add to what the set-up has been sent; RequestRefusal when it is too much."""
        ...
