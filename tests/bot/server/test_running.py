"""A server on a real socket: what browsers never send, slow clients, and its end by a signal."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from bot.server.address import Address, ServeRefusal, is_loopback, require_private
from bot.server.app import application
from bot.server.connection import Connection
from bot.server.running import Server, bound
from tests.bot.server.conftest import ADDRESS
from tests.conftest import PROGRAM
from tests.ending import beside, ended

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tests.bot.server.conftest import Town

LONG_S = 60


@contextmanager
def serving(app: "ASGIApp") -> Iterator[tuple[Server, int]]:
    """Serve in a thread until the block ends."""
    with bound("127.0.0.1", 0) as listening:
        server = Server(app, threading.Event())
        with beside(lambda: server.serve_on(listening)):
            try:
                yield server, listening.getsockname()[1]
            finally:
                server.end()


@contextmanager
def talking(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), LONG_S) as line:
        yield line


def told(line: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    found = b""
    with suppress(ConnectionError):
        while piece := line.recv(65_536):
            found += piece
    return found


def raw(port: int, request: bytes) -> bytes:
    with talking(port) as line:
        with suppress(OSError):  # who is refused may be cut off while still sending
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
        return told(line)


def test_what_no_browser_sends_harms_nobody(town: "Town") -> None:
    host = f"Host: {ADDRESS.host}:{ADDRESS.port}\r\n".encode()
    requests = {
        b"GET // HTTP/1.1\r\n" + host: b"401",
        b"GET http://evil.example/ HTTP/1.1\r\n" + host: b"401",
        b"GET /\xff\xfe HTTP/1.1\r\n" + host: b"400",
        b"GET / HTTP/1.1\r\nHost: evil\r\n": b"421",
        b"GET / HTTP/1.1\r\nHost: [\r\n": b"421",
        b"GET / HTTP/1.1\r\nHost: a b/@[::\r\n": b"421",
        b"GET / HTTP/1.1\r\n": b"400",
        b"GET / HTTP/1.0\r\n": b"421",
        b"GET / HTTP/1.1\r\n" + host + host: b"400",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n" + host: b"400",
        b"CONNECT evil:80 HTTP/1.1\r\n" + host: b"405",
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + host: b"401",
        b"\x16\x03\x01\x02\x00\x01\x00": b"400",
    }
    with serving(application(town.room)) as (_, port):
        for request, status in requests.items():
            answer = raw(port, request + b"\r\n")
            assert answer.split(b" ")[1] == status, request[:60]
            assert b"Traceback" not in answer


def test_ten_megabytes_are_refused_and_the_next_is_served(town: "Town") -> None:
    head = (
        f"POST /name HTTP/1.1\r\nHost: {ADDRESS.host}:{ADDRESS.port}\r\nOrigin: {ADDRESS.url}\r\n"
    )
    cookie = "; ".join(f"{name}={value}" for name, value in town.browser.cookies.items())
    head += f"Content-Type: application/x-www-form-urlencoded\r\nCookie: {cookie}\r\n"
    size = 10_000_000
    with serving(application(town.room)) as (_, port):
        at_once = raw(port, f"{head}Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        in_pieces = raw(port, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 160)
        assert b"413" in (at_once or b"413")  # who sends on is cut off, and may miss the answer
        assert b"413" in (in_pieces or b"413")
        assert b" 401 " in raw(port, f"GET / HTTP/1.1\r\nHost: {ADDRESS.url[7:]}\r\n\r\n".encode())


def test_who_never_ends_a_request_is_let_go_and_others_do_not_wait(
    town: "Town", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "headers_s", 0.2)
    begun = f"GET / HTTP/1.1\r\nHost: {ADDRESS.url[7:]}\r\n".encode()
    with (
        serving(application(town.room)) as (_, port),
        talking(port) as silent,
        talking(port) as slow,
        talking(port) as again,
    ):
        slow.sendall(begun)
        again.sendall(begun + b"\r\n")
        first = again.recv(65_536)
        while b"</html>" not in first:
            first += again.recv(65_536)
        again.sendall(begun)
        assert b" 401 " in raw(port, begun + b"\r\n")
        assert told(silent) == told(slow) == told(again) == b""


def test_a_server_ends_although_a_stream_is_open() -> None:
    begun = threading.Event()
    server: list[Server] = []

    async def lines() -> AsyncIterator[bytes]:
        begun.set()
        while not server[0]._ending.is_set():
            yield b": still here\n\n"
            await asyncio.sleep(0.01)

    async def stream(_request: object) -> StreamingResponse:
        return StreamingResponse(lines(), media_type="text/event-stream")

    with serving(Starlette(routes=[Route("/", stream)])) as (own, port):
        server.append(own)
        with talking(port) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert begun.wait(LONG_S)
            own.end()
            assert b"still here" in told(line)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_prints_a_link_serves_and_ends_in_order(
    number: signal.Signals, template: Path, tmp_path: Path
) -> None:
    argv: list[str | Path] = [
        PROGRAM,
        "serve",
        "--repo",
        template,
        "--state",
        tmp_path / "state",
        "--json",
    ]
    noted = (tmp_path / "noted").open("w+")
    with noted, ended(subprocess.Popen(argv, stdout=-1, stderr=noted, text=True)) as server:
        assert server.stdout is not None
        document = json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")
        line = http.client.HTTPConnection("127.0.0.1", document["port"], timeout=LONG_S)
        line.request("GET", document["url"].partition(str(document["port"]))[2])
        answer = line.getresponse()
        cookie = answer.getheader("set-cookie", "").partition(";")[0]
        answer.read()
        line.request("GET", "/", headers={"cookie": cookie})
        page = line.getresponse().read().decode()
        line.close()
        os.kill(server.pid, number)
        code = server.wait(LONG_S)
        noted.seek(0)
        said = noted.read()

    assert answer.status == 303
    assert "Nothing waits" in page
    assert code == 130
    assert "Traceback" not in said
    assert "for another browser: http://127.0.0.1:" in said
    log = "".join(one.read_text() for one in (tmp_path / "state").rglob("*.log*") if one.is_file())
    assert document["url"].rpartition("=")[2] not in log


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_an_address_that_others_reach_is_meant_or_refused(host: str) -> None:
    with pytest.raises(ServeRefusal):
        require_private(host, is_exposed=False)


def test_an_exposed_address_has_one_name() -> None:
    require_private("192.0.2.1", is_exposed=True)
    with pytest.raises(ServeRefusal, match="no name that a browser calls"):
        require_private("0.0.0.0", is_exposed=True)  # noqa: S104

    assert Address("192.0.2.1", 80).authorities == {"192.0.2.1:80", "192.0.2.1"}
    assert Address("::1", 5).authorities == {"[::1]:5", "localhost:5"}
    assert Address("::1", 5).url == "http://[::1]:5"
    assert is_loopback("127.9.9.9")
    assert not is_loopback("localhost.example")


def test_a_port_that_is_taken_is_said() -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeRefusal, match=f"port {port} cannot be listened on"):
            bound("127.0.0.1", port)
    with pytest.raises(ServeRefusal, match="there is no address"):
        bound("nowhere.invalid", 0)


def test_answers_do_not_wait_for_one_another() -> None:
    with bound("127.0.0.1", 0) as listening, bound("localhost", 0) as named:
        assert listening.proto == named.proto == socket.IPPROTO_TCP
