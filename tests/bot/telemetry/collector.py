"""A receiver of OTLP over HTTP on this machine, which also does all that receivers should not."""

import gzip
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.ending import answering


@dataclass(frozen=True)
class Answer:
    """What one request is answered with; ``act`` is done before that."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Callable[[], object] = lambda: None


@dataclass
class Collector:
    """What was received: of each request its path, its headers and its body."""

    url: str = ""
    requests: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def spans(self) -> list[Any]:
        """Every span that came, read by the messages of OpenTelemetry itself."""
        return [
            span
            for _, headers, body in self.requests
            for resource in message(body, headers).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def message(body: bytes, headers: Mapping[str, str]) -> Any:
    """Return a request in protobuf as OpenTelemetry reads it."""
    assert headers["content-type"] == "application/x-protobuf"
    plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    return ExportTraceServiceRequest.FromString(plain)


@contextmanager
def collector(
    answers: Sequence[Answer] = (), trusted_by: ssl.SSLContext | None = None
) -> Iterator[Collector]:
    """Run a receiver that gives ``answers`` one after the other, the last again and again."""
    known, left = Collector(), list(answers) or [Answer()]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.requests.append((self.path, headers, body))
            answer = left.pop(0) if len(left) > 1 else left[0]
            answer.act()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of one who hung up."""

    server, scheme = Quiet(("127.0.0.1", 0), Handler), "http"
    if trusted_by is not None:
        server.socket = trusted_by.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    known.url = f"{scheme}://localhost:{server.server_port}"
    with answering(server):
        yield known
