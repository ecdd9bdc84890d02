"""HTTP on 127.0.0.1: a server that answers by a function, and one request passed on to another.

Each of the servers of the offline GitHub is one function from what was asked to what is answered.
"""

import http.client
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
_UPSTREAM_S = 60
# What concerns one connection only, and is said anew on the next.
_OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; ``path`` as it was sent, quoted; header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    def words(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Answered]


class LoopbackServer:
    """Answers with ``answer`` at ``url`` while it is entered. Its port is known before that."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else 40 ms a reply, between two writes

            def answer(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(
                    self.command, parts.path, parts.query, headers, self.rfile.read(length)
                )
                try:
                    said = answer(asked)
                except Exception:  # noqa: BLE001 - a fault of the rig, to be seen where it is met
                    said = Answered(500, traceback.format_exc().encode())
                self.send_response(said.status)
                for name, value in said.headers.items():
                    if name.lower() not in _OF_ONE_HOP:
                        self.send_header(name, value)
                # Such an answer has no body, and a length would be waited for.
                if said.status not in {204, 304}:
                    self.send_header("content-length", str(len(said.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said.body)

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                """Say nothing: what matters is in the reports."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def passed_on(asked: Asked, upstream: str) -> Answered:
    """Ask ``upstream`` the same, for the same host name, and return its answer as it is."""
    connection = http.client.HTTPConnection(HOST, urlsplit(upstream).port or 0, timeout=_UPSTREAM_S)
    headers = {name: value for name, value in asked.headers.items() if name not in _OF_ONE_HOP}
    # Nobody here unpacks: the answer is read, and for one of them rewritten.
    headers.pop("accept-encoding", None)
    try:
        connection.request(asked.method, asked.target, asked.body or None, headers)
        reply = connection.getresponse()
        return Answered(reply.status, reply.read(), dict(reply.getheaders()))
    finally:
        connection.close()
