"""A request that could be read in two ways, or does more than read, is refused."""

import pytest

from bot.indexes.address import Origin
from bot.indexes.requests import (
    RequestRefusal,
    asked_of_gateway,
    asked_of_origin,
    read_head,
    shown,
)


def asked(request: bytes) -> tuple[Origin, str]:
    return asked_of_gateway(read_head(request))


@pytest.mark.parametrize(
    ("request_", "origin", "path"),
    [
        (b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", ("https", "a.test", 443), ""),
        (b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n", ("https", "a.test", 443), ""),
        (b"CONNECT a.test:8443 HTTP/1.0\r\n\r\n", ("https", "a.test", 8443), ""),
        (b"CONNECT [::1]:443 HTTP/1.0\r\n\r\n", ("https", "::1", 443), ""),
        (b"GET http://a.test/b?c HTTP/1.1\r\nHost: a.test\r\n\r\n", ("http", "a.test", 80), "/b?c"),
        (b"HEAD http://a.test:81 HTTP/1.1\r\nHost: a.test:81\r\n\r\n", ("http", "a.test", 81), "/"),
    ],
)
def test_a_plain_request_is_understood(
    request_: bytes, origin: tuple[str, str, int], path: str
) -> None:
    assert asked(request_) == (Origin(*origin), path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "fields", "why"),
    [
        ("GET http://a.test/\0 HTTP/1.1", "Host: a.test", "bytes that no request needs"),
        ("GET http://a.test/\t HTTP/1.1", "Host: a.test", "bytes that no request needs"),
        ("GET http://\u0430.test/ HTTP/1.1", "Host: a.test", "bytes that no request needs"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\nX: y", "bytes that no request needs"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\r\n folded: x", "cannot be read"),
        ("GET http://a.test/ HTTP/1.1", "Host : a.test", "cannot be read"),
        ("GET  http://a.test/ HTTP/1.1", "Host: a.test", "none of HTTP/1.1"),
        ("GET http://a.test/ x HTTP/1.1", "Host: a.test", "none of HTTP/1.1"),
        ("GET http://a.test/ HTTP/2.0", "Host: a.test", "none of HTTP/1.1"),
        ("get http://a.test/ HTTP/1.1", "Host: a.test", "none of HTTP/1.1"),
        ("GET http://a.test/ HTTP/1.1", "Host: b.test", "names another"),
        ("GET http://a.test/ HTTP/1.1", "Host: A.test", "names another"),
        ("GET http://a.test/ HTTP/1.1", "X: a.test", "names another"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\r\nHost: a.test", "one twice"),
        ("CONNECT a.test:443 HTTP/1.1", "Host: b.test:443", "names another"),
        ("CONNECT a.test:443 HTTP/1.1", "Host: a.test:80", "names another"),
        ("CONNECT a.test HTTP/1.1", "Host: a.test", "names no port"),
        ("CONNECT a.test:0443 HTTP/1.1", "Host: a.test:0443", "names no port"),
        ("CONNECT a.test:70000 HTTP/1.1", "Host: a.test:70000", "names no port"),
        ("CONNECT a.test:443:443 HTTP/1.1", "Host: a.test", "names no port"),
        ("CONNECT me@a.test:443 HTTP/1.1", "Host: a.test", "odd way"),
        ("CONNECT a.test.:443 HTTP/1.1", "Host: a.test.:443", "odd way"),
        ("CONNECT A.test:443 HTTP/1.1", "Host: A.test:443", "odd way"),
        ("CONNECT /a.test:443 HTTP/1.1", "Host: a.test:443", "odd way"),
        ("CONNECT a.test%2eevil:443 HTTP/1.1", "Host: a.test", "odd way"),
        ("GET http://me:x@a.test/ HTTP/1.1", "Host: a.test", "odd way"),
        ("GET http://a.test\\@b.test/ HTTP/1.1", "Host: a.test", "odd way"),
        ("GET http://a.test:/ HTTP/1.1", "Host: a.test", "names no port"),
        ("GET https://a.test/ HTTP/1.1", "Host: a.test", "whole http address"),
        ("GET /simple/ HTTP/1.1", "Host: a.test", "whole http address"),
        ("GET ftp://a.test/ HTTP/1.1", "Host: a.test", "whole http address"),
        ("GET http://a.test/#x HTTP/1.1", "Host: a.test", "whole http address"),
        ("GET http://a.test/a/../b HTTP/1.1", "Host: a.test", "leads back"),
        ("GET http://a.test/a/%2e%2e/b HTTP/1.1", "Host: a.test", "leads back"),
        ("GET http://a.test/a/%252e%252e/b HTTP/1.1", "Host: a.test", "leads back"),
        ("GET http://a.test/a%5cb HTTP/1.1", "Host: a.test", "leads back"),
        ("POST http://a.test/ HTTP/1.1", "Host: a.test", "POST is not served"),
        ("PUT http://a.test/ HTTP/1.1", "Host: a.test", "PUT is not served"),
        ("TRACE http://a.test/ HTTP/1.1", "Host: a.test", "TRACE is not served"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\r\nContent-Length: 1", "brings a body"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\r\nContent-Length: +0", "brings a body"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test\r\nTransfer-Encoding: chunked", "a body"),
        ("GET http://a.test/ HTTP/1.1", "Host: a.test" + "\r\nX: y" * 100, "too many fields"),
    ],
)
def test_a_request_that_is_not_plain_is_refused(first: str, fields: str, why: str) -> None:
    with pytest.raises(RequestRefusal, match=why):
        asked(f"{first}\r\n{fields}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ("GET http://a.test/ HTTP/1.1\r\nHost: a.test", "asked for a path"),
        ("GET / HTTP/1.1\r\nHost: b.test", "names another"),
        ("GET / HTTP/1.1", "names another"),
        ("DELETE / HTTP/1.1\r\nHost: a.test", "DELETE is not served"),
        ("CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443", "asked for a path"),
    ],
)
def test_inside_a_connection_to_one_host_no_other_is_asked(request_: str, why: str) -> None:
    head = read_head(f"{request_}\r\n\r\n".encode())

    with pytest.raises(RequestRefusal, match=why):
        asked_of_origin(head, Origin("https", "a.test", 443))


@pytest.mark.parametrize(
    ("minor", "fields", "keeps"),
    [
        (1, "X: y", True),
        (1, "Connection: close", False),
        (1, "Proxy-Connection: Close", False),
        (0, "X: y", False),
        (0, "Connection: Keep-Alive", True),
    ],
)
def test_a_connection_is_kept_as_its_client_says(minor: int, fields: str, *, keeps: bool) -> None:
    head = read_head(f"GET http://a.test/ HTTP/1.{minor}\r\n{fields}\r\n\r\n".encode())

    assert head.keeps_alive is keeps


def test_what_a_stranger_wrote_is_short_and_printable_in_our_words() -> None:
    assert shown("a\x1b[31m\u202eb") == "a?[31m?b"
    assert shown("x" * 200) == "x" * 80 + "..."
