"""Attacks on the proxy of the set-up phase: bytes sent to it, and who was reached by them.

The proxy is only known as ``ask``: it takes what a client sends and returns what it answers. Behind
it stand two services of ours, one that it may reach and one that it may not.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.attacks.case import filled, read
from tests.ending import beside

Ask = Callable[[bytes], bytes]
CASES = Path(__file__).with_name("proxy_cases") / "proxy.yaml"
_MARK = b"mark"
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class ProxyCase:
    """Bytes for a proxy. ``may_answer``: its answer may be a good one, if nobody else is reached.

    ``fill`` is how many more bytes follow, all the same.
    """

    id: str
    about: str
    send: str
    may_answer: bool = False
    fill: int = 0


@dataclass(slots=True)
class Services:
    """The two services: their addresses, and what each was sent."""

    index: str
    other: str
    received: dict[str, bytes] = field(default_factory=dict)

    def request(self, case: ProxyCase) -> bytes:
        """Return the bytes of a case for these services."""
        host, _, port = self.index.partition(":")
        other_port = self.other.partition(":")[2]
        # What stands behind the @ of a user's name first.
        names = {"other": self.other, "index": self.index, "index_host": host, "port": port}
        text = filled(
            case.send.replace("@@other@", "@{other}"), {**names, "other_port": other_port}
        )
        return text.replace("{other}", self.other).encode() + b"x" * case.fill


def proxy_cases() -> tuple[ProxyCase, ...]:
    """Return every case."""
    entries: list[dict[str, Any]] = read(CASES)
    return tuple(ProxyCase(**entry) for entry in entries)


def breach(ask: Ask, case: ProxyCase, services: Services) -> str:
    """Return what got through, empty when nothing did; an error of the connection is a refusal."""
    services.received.clear()
    try:
        answer = ask(services.request(case))
    except OSError:
        answer = b""
    index, other = (services.received.get(name, b"") for name in ("index", "other"))
    if "other" in services.received:
        return f"an address that is not allowed was reached, and got {other[:60]!r}"
    sent = re.match(rb"(POST|PUT|PATCH|DELETE|CONNECT)", index) or _MARK in index
    if sent:
        return f"the allowed address was sent {index[:60]!r}"
    if re.match(rb"HTTP/1\.\d 2", answer) and not case.may_answer:
        return f"it was answered {answer[:60]!r}"
    return ""


@contextmanager
def services() -> Iterator[Services]:
    """Two services on the loopback; the first sends whoever asks for /redirect to the second."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2)]
        index, other = (f"localhost:{each.getsockname()[1]}" for each in listeners)
        found = Services(index, other)
        for name, listener in zip(("index", "other"), listeners, strict=True):
            stack.enter_context(beside(partial(_serve, name, listener, found)))
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
        yield found


def over(path: Path) -> Ask:
    """Return how to ask a proxy that listens at a Unix socket."""

    def ask(sent: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(_PATIENCE_S)
            caller.connect(str(path))
            with suppress(OSError):  # it need not read all of it
                caller.sendall(sent)
                caller.shutdown(socket.SHUT_WR)
            answer = b""
            with suppress(OSError):
                while chunk := caller.recv(65_536):
                    answer += chunk
            return answer

    return ask


def _serve(name: str, listener: socket.socket, found: Services) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # it is over
            return
        with connection:
            connection.settimeout(0.3)
            found.received.setdefault(name, b"")
            with suppress(OSError):
                while chunk := connection.recv(65_536):
                    found.received[name] += chunk
                    if b"\r\n\r\n" in found.received[name]:
                        connection.sendall(_answer(found.received[name], found.other))


def _answer(request: bytes, other: str) -> bytes:
    if b"/redirect" in request.partition(b"\r\n")[0]:
        lines = f"HTTP/1.1 302 Found\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n"
        return lines.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
