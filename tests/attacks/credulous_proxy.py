"""The control of the attacks on the proxy: one that believes what it is told, on the loopback."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ending import beside

_OK = b"HTTP/1.1 200 OK\r\n\r\n"


@contextmanager
def credulous(path: Path) -> Iterator[None]:
    """Listen at ``path`` and take every request to wherever it seems to point."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with beside(lambda: _serve(listener)):
            try:
                yield
            finally:
                listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # it is over
            return
        with connection, suppress(OSError):
            connection.settimeout(0.3)
            request = b""
            with suppress(TimeoutError):
                while chunk := connection.recv(65_536):
                    request += chunk
            connection.sendall(_handled(request))


def _handled(request: bytes) -> bytes:
    """Believe the last port that is named in the first lines; what is no address gets a 200."""
    answers = [
        _forwarded(int(port), request)
        for port in re.findall(rb":(\d+)[/\s]", b"\r\n".join(request.split(b"\r\n")[:3]) + b" ")
    ]
    if b" 302 " in b"".join(answers):
        target = re.search(rb"Location: http://localhost:(\d+)", b"".join(answers))
        return _forwarded(int(target[1]), request) if target else _OK
    return _OK


def _forwarded(port: int, request: bytes) -> bytes:
    answer = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5) as upstream:
        upstream.sendall(request[:65_536])
        upstream.settimeout(0.2)
        answer = upstream.recv(65_536)
    return answer
