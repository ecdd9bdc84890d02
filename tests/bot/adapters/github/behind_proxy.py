"""Hosts that only a proxy reaches, with certificates of an authority that no machine trusts.

The proxy answers CONNECT for the names it was given and nothing else; behind each stands TLS before
a plain server on 127.0.0.1. The names resolve nowhere, so who gets an answer came by the proxy.
"""

import base64
import selectors
import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.indexes.authority import Authority
from tests.ending import answering

LOGIN = "office:pr0xy-s3cret"
_PIECE = 65_536


@dataclass(slots=True)
class Proxy:
    """``seen`` are the hosts that were asked for; ``certificate`` is the authority's file."""

    certificate: Path
    behind: dict[str, int]
    url: str = ""
    seen: list[str] = field(default_factory=list)


@contextmanager
def serve(folder: Path, hosts: dict[str, int]) -> Iterator[Proxy]:
    """Lead ``hosts`` to those ports of 127.0.0.1, by TLS and a proxy, until the block ends."""
    authority = Authority()
    certificate = folder / "authority.pem"
    certificate.write_bytes(authority.certificate)
    with ExitStack() as stack:
        behind = {
            host: stack.enter_context(_listening(_Tls, (authority.context(host), port)))
            for host, port in hosts.items()
        }
        proxy = Proxy(certificate, behind)
        port = stack.enter_context(_listening(_Connect, proxy))
        proxy.url = f"http://{LOGIN}@127.0.0.1:{port}"
        yield proxy


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    known: object

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep the output of a test its own: a client that goes away is no error."""


@contextmanager
def _listening(handler: type[socketserver.BaseRequestHandler], known: object) -> Iterator[int]:
    server = _Server(("127.0.0.1", 0), handler)
    server.known = known
    with answering(server):
        yield int(server.server_address[1])


class _Tls(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        assert isinstance(self.server.known, tuple)
        context, port = self.server.known
        assert isinstance(context, ssl.SSLContext)
        with (
            context.wrap_socket(self.request, server_side=True) as inside,
            socket.create_connection(("127.0.0.1", port)) as plain,
        ):
            _pump(inside, plain)


class _Connect(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        proxy = self.server.known
        assert isinstance(proxy, Proxy)
        verb, place, *_ = self.rfile.readline().decode().split()
        fields = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        wanted = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"
        host = place.removesuffix(":443")
        if fields.get("proxy-authorization") != wanted:
            challenge = b'Proxy-Authenticate: Basic realm="office"\r\n'
            self.wfile.write(b"HTTP/1.1 407 Who are you\r\n" + challenge)
            self.wfile.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        proxy.seen.append(host)
        if verb != "CONNECT" or host not in proxy.behind:
            self.wfile.write(b"HTTP/1.1 403 Not there\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Go on\r\n\r\n")
        with socket.create_connection(("127.0.0.1", proxy.behind[host])) as behind:
            _pump(self.connection, behind)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    with selectors.DefaultSelector() as ready, suppress(OSError):
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(_PIECE)
                while isinstance(key.fileobj, ssl.SSLSocket) and key.fileobj.pending():
                    data += key.fileobj.recv(_PIECE)
                if not data:
                    return
                key.data.sendall(data)
