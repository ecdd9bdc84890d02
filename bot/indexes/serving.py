"""One connection to the gateway: read what is asked, decide, and pass on what comes back."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse

from bot.indexes.address import Origin
from bot.indexes.requests import (
    MOST_HEAD_BYTES,
    Head,
    RequestRefusal,
    asked_of_gateway,
    asked_of_origin,
    read_head,
)
from bot.indexes.tunnel import CHUNK_BYTES, through_tunnel
from bot.indexes.way import Policy, Way

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
# What a reading tool says of itself and of what it wants; never a login, a cookie or a body.
_PASSED_ON = re.compile(
    r"accept|accept-encoding|accept-language|user-agent|range|if-range|if-none-match"
    r"|if-modified-since|cache-control|pragma|npm-command|npm-session|npm-scope|pacote-[a-z-]+"
)
# What holds between two neighbours only, and what would hand the tool something to send back.
_KEPT_BACK = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-connection", "set-cookie", "te"),
    *("trailer", "transfer-encoding", "upgrade", "alt-svc", "content-length", "www-authenticate"),
}
_WITHOUT_BODY = {204, 304}


class Connection:
    """One connection of a tool; ``serve`` ends when it does."""

    def __init__(self, client: socket.socket, policy: Policy) -> None:
        self._client = client
        self._policy = policy
        self._upstream: HTTPConnection | None = None
        self._is_answering = False

    def serve(self) -> None:
        """Serve requests until the last, or the first that is refused: told, then answered."""
        try:
            self._serve()
        except RequestRefusal as refusal:
            self._policy.note(refusal)
            if not self._is_answering:  # else it would be taken for a part of the answer
                with suppress(OSError):  # who asks so may well be gone
                    self._client.sendall(_refused(refusal))
        finally:
            self._client.close()
            if self._upstream is not None:
                self._upstream.close()

    def _serve(self) -> None:
        while (head := self._head()) is not None:
            origin, path = asked_of_gateway(head)
            if head.method == "CONNECT":
                self._connected(origin)
                return
            way = self._policy.way_to(origin, path, tunnel=False)
            if not self._answered(head, origin, path, way):
                return

    def _connected(self, origin: Origin) -> None:
        """Serve the rest of a connection after CONNECT: by looking into it, or as a tunnel."""
        way = self._policy.way_to(origin, "", tunnel=True)
        if not way.is_read:
            with closing(way.open()) as upstream:
                self._client.sendall(_ESTABLISHED)
                self._is_answering = True
                through_tunnel(self._client, upstream, origin, self._policy)
            return
        self._client.sendall(_ESTABLISHED)
        try:
            context = self._policy.stand_in(origin.host)
            # A copy: by the original, whoever made us can end the connection at any time.
            copy = self._client.dup()
            copy.settimeout(self._policy.limits.head_s)
            self._client = context.wrap_socket(copy, server_side=True)
        except (ConnectionError, ssl.SSLEOFError):
            return  # a tool may open more connections than it comes to use
        except OSError as error:
            why = f"it did not speak TLS with {origin.host}: {getattr(error, 'reason', error)}"
            raise RequestRefusal(why, 400, origin.authority) from error
        while (head := self._head()) is not None:
            path = asked_of_origin(head, origin)
            if not self._answered(head, origin, path, way):
                return

    def _head(self) -> Head | None:
        """Return the next request's head, or None when there is no other."""
        # From here on the kernel's own buffer holds what follows: a tunnel takes over untouched.
        client, raw = self._client, b""
        client.settimeout(self._policy.limits.idle_s)
        while not raw.endswith(b"\r\n\r\n"):
            byte = client.recv(1) if isinstance(client, ssl.SSLSocket) else _one_line(client, raw)
            if not byte:
                if raw:
                    raise RequestRefusal("it ended within its head")
                return None
            raw += byte
            if len(raw) > MOST_HEAD_BYTES:
                raise RequestRefusal("its head is too long", 431)
            client.settimeout(self._policy.limits.head_s)
        return read_head(raw)

    def _answered(self, head: Head, origin: Origin, path: str, way: Way) -> bool:
        """Pass one request on, and what comes of it back; return whether another may follow."""
        response = self._asked(head, origin, path, way)
        has_body = head.method != "HEAD" and response.status not in _WITHOUT_BODY
        is_chunked = has_body and response.length is None and head.minor_version > 0
        keeps = head.keeps_alive and (is_chunked or not has_body or response.length is not None)
        lines = [f"HTTP/1.1 {response.status} {_plain(response.reason)}"]
        fields = [(name, _plain(value)) for name, value in response.getheaders()]
        lines += [f"{name}: {value}" for name, value in fields if name.lower() not in _KEPT_BACK]
        length = response.getheader("Content-Length")
        if is_chunked:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None and length.isdigit() and response.status not in _WITHOUT_BODY:
            lines.append(f"Content-Length: {length}")
        lines.append(f"Connection: {'keep-alive' if keeps else 'close'}")
        self._is_answering = True
        self._client.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
        for data in _body(response) if has_body else ():
            self._policy.count(len(data))
            self._client.sendall(b"%x\r\n%b\r\n" % (len(data), data) if is_chunked else data)
        if is_chunked:
            self._client.sendall(b"0\r\n\r\n")
        self._is_answering = False
        response.close()  # else the next request on this connection would not be allowed
        return keeps

    def _asked(self, head: Head, origin: Origin, path: str, way: Way) -> HTTPResponse:
        """Ask upstream, on the connection of the request before where that still stands."""
        for attempt in ("again", "anew"):
            upstream = self._upstream
            is_fresh = upstream is None or upstream.sock is None or attempt == "anew"
            if is_fresh or upstream is None or (upstream.host, upstream.port) != origin_of(origin):
                if upstream is not None:
                    upstream.close()
                upstream = self._upstream = _over(way.open(), origin)
                is_fresh = True
            upstream.sock.settimeout(self._policy.limits.idle_s)
            try:
                upstream.putrequest(head.method, path, skip_host=True, skip_accept_encoding=True)
                upstream.putheader("Host", origin.authority)
                for name, value in _passed_on(head, way.login(path)):
                    upstream.putheader(name, value)
                upstream.endheaders()
                return upstream.getresponse()
            except (OSError, HTTPException) as error:
                upstream.close()
                if is_fresh:
                    why = f"it does not answer: {type(error).__name__}"
                    raise RequestRefusal(why, 502, origin.authority) from error
        raise AssertionError("the second connection is a fresh one")


def origin_of(origin: Origin) -> tuple[str, int]:
    """Return what a connection upstream is known by."""
    return origin.host, origin.port


def _over(link: socket.socket, origin: Origin) -> HTTPConnection:
    upstream = HTTPConnection(origin.host, origin.port)
    upstream.auto_open = 0  # never by a name, which might lead elsewhere by now
    upstream.sock = link
    return upstream


def _passed_on(head: Head, login: str) -> Iterator[tuple[str, str]]:
    for name, value in head.fields:
        if _PASSED_ON.fullmatch(name):
            yield name, value
    if login:
        yield "Authorization", login


def _body(response: HTTPResponse) -> Iterator[bytes]:
    try:
        while data := response.read1(CHUNK_BYTES):
            yield data
    except HTTPException as error:
        raise ConnectionAbortedError from error
    if response.length:  # the client must see that it is not whole
        raise ConnectionAbortedError(response.length)


def _one_line(client: socket.socket, raw: bytes) -> bytes:
    """Return the next bytes of a head, and none of what comes after it."""
    waiting = client.recv(MOST_HEAD_BYTES, socket.MSG_PEEK)
    end = (raw[-3:] + waiting).find(b"\r\n\r\n")
    wanted = len(waiting) if end < 0 else end + 4 - len(raw[-3:])
    return client.recv(wanted) if waiting else b""


def _plain(text: str) -> str:
    return re.sub(r"[\r\n\x00]+", " ", text)


def _refused(refusal: RequestRefusal) -> bytes:
    text = f"changewright: {refusal}\n".encode("ascii", "replace")
    head = f"HTTP/1.1 {refusal.status} Refused\r\nContent-Type: text/plain\r\n"
    head += f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    return head.encode("ascii") + text
