"""A connection that the gateway does not look into, but for its first words."""

import selectors
import socket
from contextlib import suppress

from bot.indexes.address import Origin
from bot.indexes.requests import RequestRefusal
from bot.indexes.server_name import MOST_HELLO_BYTES, hello_size, server_name
from bot.indexes.way import Policy

CHUNK_BYTES = 64 * 1024
_RECORD_HEAD = 5


def through_tunnel(
    client: socket.socket, upstream: socket.socket, origin: Origin, policy: Policy
) -> None:
    """Copy both ways what begins with a TLS client's word for ``origin``."""
    client.settimeout(policy.limits.head_s)
    hello = _hello(client)
    if server_name(hello) != origin.host:
        why = "what is sent through the tunnel is no TLS for the host it was opened to"
        raise RequestRefusal(why, 403, origin.authority)
    upstream.sendall(hello)
    left = policy.limits.tunnel_sent_bytes - len(hello)
    with selectors.DefaultSelector() as selector:
        for source, sink in ((client, upstream), (upstream, client)):
            source.settimeout(policy.limits.idle_s)
            selector.register(source, selectors.EVENT_READ, (source, sink))
        while selector.get_map() and (ready := selector.select(policy.limits.idle_s)):
            for key, _ in ready:
                source, sink = key.data
                data = source.recv(CHUNK_BYTES)
                if source is client:
                    left -= len(data)
                else:
                    policy.count(len(data))
                if left < 0:
                    why = "more is sent through a tunnel than reading needs"
                    raise RequestRefusal(why, 413, origin.authority)
                if data:
                    sink.sendall(data)
                    continue
                selector.unregister(source)
                with suppress(OSError):  # the other may be gone already
                    sink.shutdown(socket.SHUT_WR)


def _hello(client: socket.socket) -> bytes:
    """Return the first record of a client; what is no TLS, or too long, is as good as empty."""
    hello, wanted = b"", _RECORD_HEAD
    while len(hello) < wanted <= MOST_HELLO_BYTES:
        data = client.recv(wanted - len(hello))
        if not data:
            return b""
        hello += data
        if len(hello) == wanted == _RECORD_HEAD:
            wanted = hello_size(hello)
    return hello
