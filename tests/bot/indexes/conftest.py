"""Small indexes on this machine, a gateway to them, and a client that says what it is told."""

import socket
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.indexes.authority import Authority
from bot.indexes.gateway import Gateway, listening
from bot.indexes.machine import MachineIndexes, machine_indexes
from bot.indexes.upstream import LookUp, looked_up
from bot.indexes.way import Limits
from tests.ending import LIMIT_S, answering, beside

Pages = Mapping[str, bytes]


@dataclass
class Index:
    """A server with ``pages``; ``asked`` holds what came: method, path, Host and Authorization."""

    server: ThreadingHTTPServer
    scheme: str
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    trust: Path | None = None

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


def _handler(pages: Pages, index: list[Index]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            fields = self.headers
            asked = (self.command, self.path, fields["Host"], fields.get("Authorization", ""))
            index[0].asked.append(asked)
            if self.path == "/chunked":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"3\r\nabc\r\n0\r\n\r\n")
                return
            if self.path == "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"half")
                self.close_connection = True
                return
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", "http://elsewhere.example/")
                self.send_header("Set-Cookie", "a=b")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            page = pages.get(self.path)
            self.send_response(404 if page is None else 200)
            kind = "application/json" if (page or b"")[:1] == b"{" else "text/html"
            is_file = self.path.endswith((".whl", ".tgz"))
            self.send_header("Content-Type", "application/octet-stream" if is_file else kind)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(page or b"")

        do_HEAD = do_GET  # noqa: N815 - as the server looks it up

        def log_message(self, *_: object) -> None:
            """A test says nothing."""

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who goes away in the middle is what tests are about."""


Serve = Callable[..., Index]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start an index with these pages; ``tls`` names the host its certificate is for."""
    with ExitStack() as stack:

        def start(pages: Pages, tls: str = "") -> Index:
            later: list[Index] = []
            server = _Quiet(("127.0.0.1", 0), _handler(pages, later))
            index = Index(server, "https" if tls else "http")
            if tls:
                authority = Authority()
                index.trust = tmp_path / f"trust-{index.port}.pem"
                index.trust.write_bytes(authority.certificate)
                context = authority.context(tls)
                context.sni_callback = None
                server.socket = context.wrap_socket(server.socket, server_side=True)
            later.append(index)
            stack.enter_context(answering(server))
            return index

        yield start


def nothing_of_this_machine(folder: Path, variables: Mapping[str, str]) -> MachineIndexes:
    """What ``variables`` alone come to."""
    home = {"HOME": str(folder / "home"), "XDG_CONFIG_DIRS": str(folder / "none")}
    return machine_indexes({**home, **variables}, root=folder / "root")


@dataclass
class Open:
    """A gateway that listens."""

    gateway: Gateway
    address: Path

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(60)
        client.connect(str(self.address))
        return client

    def ask(self, request: bytes) -> bytes:
        """Say ``request`` and return all that comes until the gateway ends the connection."""
        with self.connect() as client:
            with suppress(OSError):  # it may have been ended already
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
            return everything(client)

    def tls(self, host: str, port: int) -> ssl.SSLSocket:
        """Return a connection on which the gateway, or who is behind it, speaks TLS as ``host``."""
        client = self.connect()
        client.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=self.gateway.authority.certificate.decode())
        return context.wrap_socket(client, server_hostname=host)


def everything(client: socket.socket) -> bytes:
    found = b""
    try:
        while data := client.recv(65536):
            found += data
    except ConnectionError:
        return found
    return found


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Open]]:
    """Open a gateway to what a machine is configured with."""
    with ExitStack() as stack:

        def start(machine: MachineIndexes, look_up: LookUp = looked_up, **limits: float) -> Open:
            folder = tmp_path / f"gateway-{len(list(tmp_path.iterdir()))}"
            folder.mkdir(mode=0o700)
            gateway = Gateway(machine, Limits(**limits), look_up)  # type: ignore[arg-type]
            return Open(gateway, stack.enter_context(listening(gateway, folder)))

        yield start


@contextmanager
def one_answer(answer: bytes) -> Iterator[int]:
    """A port at which whoever comes is told ``answer`` after their first words."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_one() -> None:
            with server.accept()[0] as client:
                client.recv(4096)
                client.sendall(answer)

        thread = threading.Thread(target=serve_one, daemon=True)
        thread.start()
        yield server.getsockname()[1]


@contextmanager
def way_through(port: int) -> Iterator[str]:
    """A proxy that leads whoever asks to ``port`` of this machine, whatever they ask for."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def copy(source: socket.socket, sink: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        def lead(client: socket.socket) -> None:
            with client, socket.create_connection(("127.0.0.1", port)) as link:
                client.recv(4096)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=copy, args=(link, client), daemon=True)
                back.start()
                copy(client, link)
                back.join(LIMIT_S)

        def accept_all() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=lead, args=(client,), daemon=True).start()

        with beside(accept_all):
            try:
                yield f"http://127.0.0.1:{server.getsockname()[1]}"
            finally:
                server.shutdown(socket.SHUT_RDWR)


def wheel(folder: Path, name: str, requires: str = "", source: str = "") -> bytes:
    """A wheel of one module that holds its own name."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", source or f"NAME = {name!r}\n")
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}"
        )
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", kind)
        archive.writestr(f"{info}/RECORD", "")
    return file.read_bytes()
