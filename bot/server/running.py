"""The server itself: bound to one address, ended in order by a signal, also with open streams."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.server.address import ServeRefusal
from bot.server.connection import Connection

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BACKLOG = 256
_MOST_CONNECTIONS = 1_000
_KEEP_ALIVE_S = 15
_LAST_ANSWERS_S = 3
_MOST_HEADER_BYTES = 32 * 1024


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket; ``port`` 0 is any that is free. ServeRefusal where it is taken."""
    try:
        # By its protocol too, or asyncio does not know it for TCP and leaves Nagle's wait in it:
        # 40 ms for each answer on a connection that is kept.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError, OverflowError) as error:
        raise ServeRefusal(f"there is no address {host!r} here: {error}") from error
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise ServeRefusal(
            f"{host} port {port} cannot be listened on: {error.strerror}; leave --port out for one"
            " that is free"
        ) from error
    return found


class Server(uvicorn.Server):
    """One server. ``ending`` is set as soon as it is asked to end, for streams to see."""

    def __init__(self, app: ASGIApp, ending: threading.Event) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                loop="asyncio",
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="critical",  # its lines would stand between ours, unredacted
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_LAST_ANSWERS_S,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
            )
        )
        self._ending = ending

    def serve_on(self, listening: socket.socket) -> None:
        """Serve until `end` or a signal; after a signal raise KeyboardInterrupt."""
        asyncio.run(self.serve([listening]))
        if self._captured_signals:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Ask it to end, from whatever thread."""
        self._ending.set()
        self.should_exit = True

    def handle_exit(self, sig: int, _frame: object) -> None:
        """Take a signal: the first asks for the end, the second waits for nobody."""
        self.force_exit = bool(self._captured_signals)
        self._captured_signals.append(sig)
        self.end()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals that every command of ours hears, while this one serves."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heard = [one for one in _SIGNALS if signal.getsignal(one) != signal.SIG_IGN]
        before = {one: signal.signal(one, self.handle_exit) for one in heard}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
