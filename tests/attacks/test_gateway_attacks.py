"""Every attack on a proxy, on the gateway of the set-up phase: by its socket, and from inside."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.indexes.door import GATEWAY, supply
from bot.indexes.gateway import Gateway, listening
from bot.indexes.machine import MachineIndexes, machine_indexes
from bot.indexes.way import Limits
from tests.attacks.proxy import breach, over, proxy_cases, services
from tests.bot.indexes.conftest import Open, nothing_of_this_machine, opened, serve
from validators.sandbox import Limits as SandboxLimits
from validators.sandbox import Phase

__all__ = ["opened", "serve"]

Opened = Callable[..., Open]
Serve = Callable[..., Any]
PUBLIC = "198.51.100.7"


def test_no_attack_on_the_gateway_gets_through(tmp_path: Path) -> None:
    with services() as behind:
        named = {"PIP_EXTRA_INDEX_URL": f"http://{behind.index}/"}
        gateway = Gateway(nothing_of_this_machine(tmp_path, named), Limits())
        with listening(gateway, tmp_path) as place:
            plain = f"GET http://{behind.index}/ HTTP/1.1\r\nHost: {behind.index}\r\n\r\n"
            assert over(place)(plain.encode()).startswith(b"HTTP/1.1 200")
            found = {case.id: breach(over(place), case, behind) for case in proxy_cases()}
    assert {name: words for name, words in found.items() if words} == {}


# --- inside of TLS --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "POST /legacy/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\nmark",
        "PUT /mark HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET /mark HTTP/1.1\r\nHost: other.test\r\n\r\n",
        "GET /mark HTTP/1.1\r\nHost: {host}\r\nHost: other.test\r\n\r\n",
        "GET http://other.test/mark HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "CONNECT other.test:443 HTTP/1.1\r\nHost: other.test:443\r\n\r\n",
        "GET /mark HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /x/%2e%2e/%252e%252e/mark HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET /mark HTTP/1.1\r\nHost: {host}\r\nX: \0\r\n\r\n",
    ],
)
def test_what_is_asked_inside_of_tls_is_looked_at_as_well(
    serve: Serve, opened: Opened, tmp_path: Path, words: str
) -> None:
    index = serve({"/simple/": b"page"}, tls="127.0.0.1")
    variables = {
        "PIP_EXTRA_INDEX_URL": f"https://127.0.0.1:{index.port}/simple/",
        "SSL_CERT_FILE": str(index.trust),
    }
    gate = opened(nothing_of_this_machine(tmp_path, variables))
    host = f"127.0.0.1:{index.port}"

    with gate.tls("127.0.0.1", index.port) as link:
        # Behind one that is allowed, as who would smuggle it does.
        link.sendall(f"GET /simple/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        link.sendall(words.format(host=host).encode())
        answer = b""
        with suppress(OSError):
            while data := link.recv(4096):
                answer += data

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 4") == 1
    assert [asked[1] for asked in index.asked] == ["/simple/"]


# --- names that lead elsewhere by now -------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"])
def test_a_name_that_comes_to_lead_inside_is_not_followed(
    opened: Opened, tmp_path: Path, address: str
) -> None:
    asked: list[str] = []

    def rebound(host: str, port: int) -> list[str]:
        asked.append(host)
        return [address] if host == "inner.test" else [PUBLIC, address]

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hosts = (f"inner.test:{port}", f"both.test:{port}")
        machine = machine_indexes({"HOME": str(tmp_path)}, hosts, tmp_path / "root")
        gate = opened(machine, rebound)
        for host in (*hosts, *hosts):
            answer = gate.ask(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 403 ")
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert asked == ["inner.test", "both.test"]  # once for the whole set-up


def test_an_index_keeps_the_address_that_it_had_first(
    serve: Serve, opened: Opened, tmp_path: Path
) -> None:
    index = serve({"/simple/": b"page"})
    answers: Iterator[list[str]] = iter([["127.0.0.1"], ["169.254.169.254"]])
    named = {"PIP_EXTRA_INDEX_URL": f"http://index.test:{index.port}/simple/"}
    gate = opened(nothing_of_this_machine(tmp_path, named), lambda host, port: next(answers))
    words = f"GET http://index.test:{index.port}/simple/ HTTP/1.1\r\nConnection: close\r\n"

    for _ in range(3):
        said = gate.ask(f"{words}Host: index.test:{index.port}\r\n\r\n".encode())
        assert said.endswith(b"page")

    assert next(answers) == ["169.254.169.254"]  # nobody asked again


# --- outside of the set-up ------------------------------------------------------------------------

CALLS = f"""
import socket
with socket.socket(socket.AF_UNIX) as caller:
    caller.settimeout(5)
    try:
        caller.connect({GATEWAY!r})
        caller.sendall(b"GET http://other.test/ HTTP/1.1\\r\\nHost: other.test\\r\\n\\r\\n")
        print(caller.recv(12).decode())
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.sandbox
def test_outside_of_the_set_up_there_is_no_gateway(tmp_path: Path) -> None:
    box = BwrapSandbox(tmp_path / "sandbox")
    probe = box.probe()
    if not probe.usable:
        pytest.skip(f"no sandbox here: {probe.why_not}")
    (tmp_path / "tree").mkdir()
    limits = SandboxLimits(timeout_s=30)
    argv = ("/usr/bin/python3", "-I", "-c", CALLS)
    with supply(MachineIndexes(), tmp_path).open() as door:
        set_up = Phase("setup", mounts=door.mounts, environment=door.environment)
        session = box.open(tmp_path / "tree", set_up, limits)
        during = session.run(argv).stdout.text
        with box.open(tmp_path / "tree", Phase("test"), limits) as beside:
            in_a_test = beside.run(argv).stdout.text
    with session:
        # The set-up's own session, held open beyond its end.
        afterwards = session.run(argv)

    assert during == "HTTP/1.1 403\n"
    assert in_a_test == "FileNotFoundError\n"
    assert "HTTP" not in afterwards.stdout.text


def test_who_is_connected_when_the_set_up_ends_is_cut_off(tmp_path: Path) -> None:
    gateway = Gateway(nothing_of_this_machine(tmp_path, {}), Limits())
    with listening(gateway, tmp_path) as place:
        caller = socket.socket(socket.AF_UNIX)
        caller.settimeout(10)
        caller.connect(str(place))
        caller.sendall(b"GET http://other.test/ HTTP/1.1\r\n")
    with caller:
        assert caller.recv(1) == b""
    assert not place.exists()
