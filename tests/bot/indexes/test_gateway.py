"""The gateway over its real socket, before real indexes: what passes, and what never does."""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from bot.indexes.address import Origin
from bot.indexes.gateway import Gateway, listening
from bot.indexes.machine import MachineIndexes, machine_indexes
from bot.indexes.requests import RequestRefusal
from bot.indexes.server_name import server_name
from bot.indexes.upstream import Upstream, is_inner, looked_up
from bot.indexes.way import Limits
from tests.bot.indexes.conftest import (
    Open,
    everything,
    nothing_of_this_machine,
    one_answer,
    way_through,
)

Serve = Callable[..., Any]
Opened = Callable[..., Open]
PAGES = {"/simple/": b"<a>six</a>", "/simple/six/": b"six", "/packages/six.whl": b"wheel"}
LOGIN = "Basic " + b64encode(b"me:canary").decode()


def get(url: str, path: str = "/", method: str = "GET", more: str = "") -> bytes:
    host = url.partition("//")[2]
    words = f"{method} {url}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"
    return words.encode()


def configured(folder: Path, *addresses: str, **more: str) -> MachineIndexes:
    return nothing_of_this_machine(folder, {"PIP_EXTRA_INDEX_URL": " ".join(addresses), **more})


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def said_as_host(link: ssl.SSLSocket, words: str) -> bytes:
    link.sendall(words.encode())
    return everything(link)


# --- what passes ---------------------------------------------------------------------------------


def test_an_index_by_plain_http_is_read_below_its_own_path(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve({**PAGES, "/a/simple/": b"page", "/a/files/x": b"x", "/b/secret": b"no"})
    gate = opened(configured(tmp_path, f"{index.url}/a/simple/"))

    page, file = (gate.ask(get(index.url, path)) for path in ("/a/simple/", "/a/files/x"))
    outside = gate.ask(get(index.url, "/b/secret"))

    assert page.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (page[-4:], file[-1:]) == (b"page", b"x")
    assert status(outside) == 403
    assert gate.gateway.refused() == (
        f"127.0.0.1:{index.port}: the path is outside of the index there",
    )
    assert [asked[1] for asked in index.asked] == ["/a/simple/", "/a/files/x"]


def test_many_requests_follow_on_one_connection(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    gate = opened(configured(tmp_path, f"{index.url}/simple/"))
    host = f"Host: 127.0.0.1:{index.port}"
    words = [f"GET {index.url}{path} HTTP/1.1\r\n{host}\r\n\r\n" for path in (*PAGES, "/chunked")]
    words.append(f"HEAD {index.url}/simple/ HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n")

    answer = gate.ask("".join(words).encode())

    assert answer.count(b"HTTP/1.1 200") == 5
    assert b"3\r\nabc\r\n0\r\n\r\n" in answer
    assert answer.endswith(b"Content-Length: 10\r\nConnection: close\r\n\r\n")
    assert gate.gateway.refused() == ()


def test_an_old_client_is_served_to_the_end_of_its_connection(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    gate = opened(configured(tmp_path, f"{index.url}/"))

    answer = gate.ask(f"GET {index.url}/chunked HTTP/1.0\r\n\r\n".encode())

    assert answer.endswith(b"Connection: close\r\n\r\nabc")


def test_what_comes_of_a_redirect_is_its_client_s_to_ask(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    gate = opened(configured(tmp_path, f"{index.url}/"))

    moved = gate.ask(get(index.url, "/moved"))
    followed = gate.ask(get("http://elsewhere.example"))

    assert b"Location: http://elsewhere.example/\r\n" in moved
    assert b"Set-Cookie" not in moved
    assert status(followed) == 403


def test_an_answer_that_ends_early_is_not_made_whole(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    gate = opened(configured(tmp_path, f"{index.url}/"))

    answer = gate.ask(get(index.url, "/cut"))

    assert b"Content-Length: 100\r\n" in answer
    assert answer.endswith(b"\r\n\r\nhalf")


def test_the_gateway_adds_the_login_and_passes_none_of_a_stranger_s(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve({**PAGES, "/b/simple/": b"", "/c/": b""})
    first = f"http://me:canary@127.0.0.1:{index.port}/simple/"
    gate = opened(configured(tmp_path, first, f"http://you:other@127.0.0.1:{index.port}/b/simple"))
    strange = "Authorization: Basic eA==\r\nCookie: a=b\r\nProxy-Authorization: x\r\n"

    answers = [gate.ask(get(index.url, path, more=strange)) for path in ("/simple/", "/b/simple/")]

    assert [asked[3] for asked in index.asked] == [
        LOGIN,
        "Basic " + b64encode(b"you:other").decode(),
    ]
    assert b"canary" not in b"".join(answers)


def test_an_index_by_tls_is_read_and_given_its_login_by_the_gateway(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES, tls="127.0.0.1")
    address = f"https://me:canary@127.0.0.1:{index.port}/simple/"
    gate = opened(configured(tmp_path, address, SSL_CERT_FILE=str(index.trust)))
    host = f"Host: 127.0.0.1:{index.port}\r\n"

    with gate.tls("127.0.0.1", index.port) as link:
        link.sendall(f"GET /simple/ HTTP/1.1\r\n{host}\r\n".encode())
        first = link.recv(65536) + link.recv(65536)
        rest = said_as_host(link, f"GET /packages/six.whl HTTP/1.0\r\n{host}\r\n")

    assert first.endswith(b"<a>six</a>")
    assert rest.endswith(b"wheel")
    assert [asked[3] for asked in index.asked] == [LOGIN, LOGIN]
    assert gate.gateway.refused() == ()


def test_a_tunnel_leads_to_the_operator_s_hosts_for_tls_with_them_alone(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES, tls="crates.test")
    context = ssl.create_default_context(cafile=str(index.trust))
    machine = machine_indexes({"HOME": "/x"}, (f"crates.test:{index.port}",), tmp_path)
    with way_through(index.port) as proxy:
        # By way of a proxy: a name that leads to this machine itself would be refused.
        gate = opened(replace(machine, proxies={"https": proxy}), tunnel_sent_bytes=4_000)

        def ask(name: str, size: int) -> bytes:
            client = gate.connect()
            client.sendall(f"CONNECT crates.test:{index.port} HTTP/1.0\r\n\r\n".encode())
            assert status(client.recv(4096)) == 200
            with context.wrap_socket(client, server_hostname=name) as link:
                words = f"GET /simple/ HTTP/1.0\r\nHost: x\r\nX: {'y' * size}\r\n\r\n"
                return said_as_host(link, words)

        assert ask("crates.test", 10).endswith(b"<a>six</a>")
        with pytest.raises(OSError, match=r"WRONG_VERSION|EOF|reset"):
            ask("fronted.test", 10)
        assert ask("crates.test", 8_000) == b""

    refused = gate.gateway.refused()
    assert [one.partition(": ")[2] for one in refused] == [
        "more is sent through a tunnel than reading needs",
        "what is sent through the tunnel is no TLS for the host it was opened to",
    ]


# --- what does not -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "code", "why"),
    [
        (b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", 403, "is no index"),
        (b"CONNECT index.test:25 HTTP/1.1\r\nHost: index.test:25\r\n\r\n", 403, "is no index"),
        (b"CONNECT 1.1.1.1:443 HTTP/1.1\r\nHost: 1.1.1.1:443\r\n\r\n", 403, "in numbers"),
        (b"CONNECT 2130706433:80 HTTP/1.1\r\nHost: 2130706433:80\r\n\r\n", 403, "in numbers"),
        (b"CONNECT 0x7f.1:80 HTTP/1.1\r\nHost: 0x7f.1:80\r\n\r\n", 403, "in numbers"),
        (b"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 403, "in numbers"),
        (b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n", 403, "numbers"),
        (b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, "is no index"),
        (b"GET http://else.test/simple/ HTTP/1.1\r\nHost: else.test\r\n\r\n", 403, "is no index"),
        (b"CONNECT index.test.:443 HTTP/1.1\r\nHost: index.test\r\n\r\n", 400, "odd way"),
        (b"CONNECT evil.test:443 HTTP/1.1\r\nHost: index.test\r\n\r\n", 400, "names another"),
        (
            b"POST http://index.test/ HTTP/1.1\r\nHost: index.test\r\n\r\n",
            405,
            "POST is not served",
        ),
        (b"GET \0 HTTP/1.1\r\n\r\n", 400, "bytes that no request needs"),
        (b"GET http://index.test/ HTTP/1.1\r\nHost: index.test\r\n", 400, "ended within its head"),
        (b"GET /" + b"x" * 20_000, 431, "too long"),
        (b"\x16\x03\x01\x00\x05hello\r\n\r\n", 400, "bytes that no request needs"),
    ],
)
def test_whatever_is_no_reading_of_an_index_is_refused_told_and_counted(
    opened: Opened, tmp_path: Path, request_: bytes, code: int, why: str
) -> None:
    gate = opened(configured(tmp_path, "http://index.test/simple/"))

    answers = [gate.ask(request_) for _ in range(2)]

    assert {status(answer) for answer in answers} == {code}
    (told,) = gate.gateway.refused()
    assert why in told
    assert told.endswith("(2 times)")


def test_methods_that_write_are_refused_inside_of_tls_as_well(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES, tls="127.0.0.1")
    address = f"https://127.0.0.1:{index.port}/simple/"
    gate = opened(configured(tmp_path, address, SSL_CERT_FILE=str(index.trust)))
    host = f"Host: 127.0.0.1:{index.port}\r\n"
    answers = []

    for first, more in (
        ("POST /legacy/", "Content-Length: 3\r\n"),
        ("PUT /x", ""),
        ("GET /simple/", "Host: evil.test\r\n"),
        ("GET http://evil.test/", ""),
    ):
        with gate.tls("127.0.0.1", index.port) as link:
            answers.append(said_as_host(link, f"{first} HTTP/1.1\r\n{host}{more}\r\n"))

    assert [status(answer) for answer in answers] == [413, 405, 400, 400]
    assert index.asked == []


def test_another_name_in_tls_than_the_one_that_was_asked_for_is_refused(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    gate = opened(configured(tmp_path, "https://index.test/simple/"))
    client = gate.connect()
    client.sendall(b"CONNECT index.test:443 HTTP/1.0\r\n\r\n")
    assert status(client.recv(4096)) == 200
    context = ssl.create_default_context()

    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"), client:
        context.wrap_socket(client, server_hostname="evil.test")


def test_an_index_whose_certificate_is_another_s_is_not_read(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES, tls="other.test")
    address = f"https://127.0.0.1:{index.port}/simple/"
    gate = opened(configured(tmp_path, address, SSL_CERT_FILE=str(index.trust)))

    with gate.tls("127.0.0.1", index.port) as link:
        answer = said_as_host(
            link, f"GET /simple/ HTTP/1.1\r\nHost: 127.0.0.1:{index.port}\r\n\r\n"
        )

    assert status(answer) == 502
    assert "its certificate or its TLS is not accepted" in gate.gateway.refused()[0]


def test_a_name_that_leads_inside_is_refused_unless_it_is_the_configured_index(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    host = f"localhost:{index.port}"
    there = opened(configured(tmp_path, f"http://{host}/simple/"))
    named = opened(machine_indexes({"HOME": "/x"}, (host,), tmp_path))

    page = there.ask(get(f"http://{host}", "/simple/"))
    tunnel = named.ask(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())

    assert page.endswith(b"<a>six</a>")
    assert status(tunnel) == 403
    assert "leads to an address inside of this machine's network" in named.gateway.refused()[0]


def test_a_name_counts_as_it_was_looked_up_first(serve: Serve) -> None:
    index = serve(PAGES)
    origin = Origin("http", "rebound.test", index.port)
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    upstream = Upstream({}, lambda *_: next(answers))

    for _ in range(2):
        with upstream.open(origin, may_be_inner=True) as link:
            assert link.getpeername()[0] == "127.0.0.1"
    with pytest.raises(RequestRefusal, match="inside of this machine's network"):
        upstream.open(origin, may_be_inner=False)


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        *((one, True) for one in ("127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "0.0.0.0")),  # noqa: S104 - compared
        *((one, True) for one in ("169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "::")),
        *((one, True) for one in ("fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")),
        *((one, True) for one in ("2002:7f00:1::", "64:ff9b::a00:1", "ff02::1")),
        *((one, False) for one in ("1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101")),
    ],
)
def test_inner_addresses_are_known_in_all_their_forms(address: str, *, inner: bool) -> None:
    assert is_inner(ip_address(address)) is inner


def test_a_link_local_address_is_no_index_even_where_it_is_configured() -> None:
    upstream = Upstream({}, lambda *_: ["169.254.169.254"])

    with pytest.raises(RequestRefusal, match="no index can stand"):
        upstream.open(Origin("http", "meta.test", 80), may_be_inner=True)


def test_a_name_nobody_knows_is_told(opened: Opened, tmp_path: Path) -> None:
    def nobody(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    gate = opened(configured(tmp_path, "http://index.test/"), nobody)

    assert status(gate.ask(get("http://index.test"))) == 502
    assert gate.gateway.refused() == ("index.test: its name is not known here",)


# --- limits, and the end -------------------------------------------------------------------------


def test_more_connections_than_the_limit_are_not_served(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve(PAGES)
    gate = opened(configured(tmp_path, f"{index.url}/"), connections=1)

    with gate.connect() as first:
        first.sendall(b"GET ")
        second = gate.ask(get(index.url, "/simple/"))
        first.sendall(get(index.url, "/simple/")[4:])
        served = everything(first)

    assert second == b""
    assert served.endswith(b"<a>six</a>")
    assert gate.gateway.refused() == (
        "a request that cannot be served: too many connections at once",
    )


def test_a_slow_client_is_left_alone_after_a_time(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    gate = opened(configured(tmp_path, "http://index.test/"), head_s=0.1, idle_s=0.1)

    with gate.connect() as silent, gate.connect() as slow:
        slow.sendall(b"GET ")
        assert (everything(silent), everything(slow)) == (b"", b"")


def test_a_set_up_is_sent_no_more_than_it_may_be(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve({"/large": b"x" * 100_000})
    gate = opened(configured(tmp_path, f"{index.url}/"), received_bytes=50_000)

    answer = gate.ask(get(index.url, "/large"))

    assert len(answer) < 100_000
    assert b"sent more than" not in answer  # it would be taken for a part of the file
    assert "sent more than it may be" in gate.gateway.refused()[0]


def test_when_the_set_up_is_over_nobody_answers_and_nothing_is_left(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = serve(PAGES)
    gateway = Gateway(configured(tmp_path, f"{index.url}/"), Limits())
    folder = tmp_path / ("deep" * 30) / "er"
    folder.mkdir(parents=True)
    before = threading.active_count()

    with listening(gateway, folder) as address:
        assert address.is_socket()
        monkeypatch.chdir(folder)  # the whole address is longer than one may be
        left = socket.socket(socket.AF_UNIX)
        left.connect("gateway")
        left.settimeout(60)
    with left:
        assert everything(left) == b""
    assert list(folder.iterdir()) == []
    assert threading.active_count() <= before


# --- by way of the machine's own proxy -----------------------------------------------------------


def test_the_machine_s_own_proxy_is_asked_where_it_has_one(opened: Opened, tmp_path: Path) -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def proxy() -> None:
            with server.accept()[0] as client:
                asked.append(client.recv(4096))
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                asked.append(client.recv(4096))
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        threading.Thread(target=proxy, daemon=True).start()
        own = f"http://me:canary@127.0.0.1:{server.getsockname()[1]}"
        gate = opened(configured(tmp_path, "http://index.test/simple/", http_proxy=own))
        answer = gate.ask(get("http://index.test", "/simple/"))

    assert answer.endswith(b"hi")
    assert asked[0].startswith(b"CONNECT index.test:80 HTTP/1.1\r\nHost: index.test:80\r\n")
    assert f"Proxy-Authorization: {LOGIN}".encode() in asked[0]
    assert asked[1].startswith(b"GET /simple/ HTTP/1.1\r\nHost: index.test\r\n")
    assert b"canary" not in asked[1]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 403 No\r\n\r\n", "own proxy does not lead there"),
        (b"", "own proxy does not lead there"),
    ],
)
def test_a_proxy_that_refuses_is_told(
    opened: Opened, tmp_path: Path, answer: bytes, why: str
) -> None:
    with one_answer(answer) as port:
        own = f"http://127.0.0.1:{port}"
        gate = opened(configured(tmp_path, "http://index.test/", http_proxy=own))
        assert status(gate.ask(get("http://index.test", "/"))) == 502

    assert why in gate.gateway.refused()[0]


@pytest.mark.parametrize(
    ("host", "listed", "direct"),
    [
        ("a.test", "a.test", True),
        ("b.a.test", ".a.test", True),
        ("b.a.test", "x, a.test", True),
        ("ba.test", "a.test", False),
        ("a.test", "*", True),
        ("a.test", "", False),
    ],
)
def test_hosts_in_no_proxy_are_reached_directly(host: str, listed: str, *, direct: bool) -> None:
    upstream = Upstream({"https": "proxy.test:3128", "no": listed}, looked_up)

    proxy = upstream.proxy_for(Origin("https", host, 443))

    assert proxy == (None if direct else "http://proxy.test:3128")


def test_a_hello_that_is_none_names_nobody() -> None:
    assert server_name(b"\x16\x03\x01\x00\x05\x01\x00\x00\x30") is None
    assert server_name(b"\x16\x03\x01\x00\x05\x02" + b"\0" * 50) is None
    assert server_name(b"") is None
