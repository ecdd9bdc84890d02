"""The gateway's own connections: to an index, at an address that was looked up once and checked."""

import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Lock
from urllib.parse import unquote, urlsplit

from bot.indexes.address import Origin, basic, is_number
from bot.indexes.requests import RequestRefusal

_CONNECT_S = 20.0
_MOST_ANSWER = 4096
_OK = b" 200"
# Where this machine, its network and its provider's own services are: nobody's public index.
_INNER = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4"),
            *("240.0.0.0/4", "::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
        ),
    )
)
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48")))


LookUp = Callable[[str, int], Iterable[str]]


def looked_up(host: str, port: int) -> list[str]:
    """Return the addresses this machine knows for a host; OSError when it knows none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A zone (fe80::1%eth0) is a matter of this machine and no part of an address.
    return list(dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found))


class Upstream:
    """Opens connections for one set-up: whatever a name resolved to first counts to the end.

    ``proxies`` as in `MachineIndexes`: where the machine itself goes through a proxy, that one
    resolves the names.
    """

    def __init__(self, proxies: Mapping[str, str], look_up: LookUp) -> None:
        self._proxies = proxies
        self._look_up = look_up
        self._known: dict[tuple[str, int], list[str]] = {}
        self._lock = Lock()

    def open(self, origin: Origin, *, may_be_inner: bool) -> socket.socket:
        """Return a connection to ``origin``; RequestRefusal says why there is none.

        ``may_be_inner``: the machine is configured with this very index, wherever it stands.
        """
        proxy = self.proxy_for(origin)
        if proxy is not None:
            return self._through(proxy, origin)
        addresses = self._addresses(origin, may_be_inner=may_be_inner)
        return _connected(addresses, origin.port, origin.authority)

    def proxy_for(self, origin: Origin) -> str | None:
        """Return the address of the machine's proxy for ``origin``, if it has one."""
        proxy = self._proxies.get(origin.scheme)
        if not proxy or _is_bypassed(origin.host, self._proxies.get("no", "")):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def _addresses(self, origin: Origin, *, may_be_inner: bool) -> list[str]:
        key = (origin.host, origin.port)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._resolved(origin)
            addresses = self._known[key]
        is_literal = is_number(origin.host)
        if any(is_inner(ip_address(one)) for one in addresses) and not may_be_inner:
            raise RequestRefusal(
                "the name leads to an address inside of this machine's network; where an index"
                " is meant to stand there, configure the tool with it",
                403,
                origin.authority,
            )
        if not is_literal and any(_is_nobody_s(ip_address(one)) for one in addresses):
            why = "the name leads to an address at which no index can stand"
            raise RequestRefusal(why, 403, origin.authority)
        return addresses

    def _resolved(self, origin: Origin) -> list[str]:
        try:
            return list(self._look_up(origin.host, origin.port))
        except (OSError, UnicodeError) as error:
            raise RequestRefusal("its name is not known here", 502, origin.authority) from error

    def _through(self, proxy: str, origin: Origin) -> socket.socket:
        """Return a tunnel through the machine's own proxy."""
        parts = urlsplit(proxy)
        if parts.scheme != "http" or not parts.hostname:
            why = "the proxy this machine is configured with is not an http one"
            raise RequestRefusal(why, 502, origin.authority)
        way = Origin("http", parts.hostname, parts.port or 80)
        link = _connected(self._resolved(way), way.port, "the machine's proxy")
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
        if parts.username:
            login = basic(unquote(parts.username), unquote(parts.password or ""))
            lines.append(f"Proxy-Authorization: {login}")
        try:
            link.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
            answer = b""
            while not answer.endswith(b"\r\n\r\n") and len(answer) < _MOST_ANSWER:
                byte = link.recv(1)  # not one more: what follows is the tunnel's
                if not byte:
                    break
                answer += byte
        except OSError as error:
            link.close()
            raise _unreachable("the machine's proxy", error) from error
        if _OK not in answer.split(b"\r\n")[0][:13]:
            link.close()
            why = "the machine's own proxy does not lead there"
            raise RequestRefusal(why, 502, origin.authority)
        return link


def is_inner(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is this machine's or its network's own, in whatever way it is written."""
    return any(address in network for network in _INNER) or any(map(is_inner, _inside(address)))


def secured(link: socket.socket, origin: Origin, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return ``link`` with TLS, the server being ``origin`` by a certificate the machine trusts."""
    try:
        return context.wrap_socket(link, server_hostname=origin.host)
    except OSError as error:
        link.close()
        why = f"its certificate or its TLS is not accepted: {error}"
        raise RequestRefusal(why, 502, origin.authority) from error


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the addresses of version 4 that one of version 6 stands for."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _is_bypassed(host: str, listed: str) -> bool:
    """Whether the machine reaches ``host`` without its proxy: as it says in ``no_proxy``."""
    names = [name.strip().lstrip(".").lower() for name in listed.split(",")]
    return "*" in names or any(name and f".{host}".endswith(f".{name}") for name in names)


def _is_nobody_s(address: IPv4Address | IPv6Address) -> bool:
    return address.is_link_local or address.is_multicast or address.is_unspecified


def _connected(addresses: list[str], port: int, name: str) -> socket.socket:
    trouble: OSError = TimeoutError()
    for address in addresses:
        try:
            link = socket.create_connection((address, port), timeout=_CONNECT_S)
        except OSError as error:
            trouble = error
        else:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return link
    raise _unreachable(name, trouble)


def _unreachable(name: str, error: OSError) -> RequestRefusal:
    return RequestRefusal(f"it cannot be reached: {error.strerror or error}", 502, name)
