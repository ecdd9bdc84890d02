"""One connection, which is closed when its next request does not come to its blank line in time.

The library waits for ever for headers that trickle in, and a few hundred such clients would leave
no room for others.
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_S = 20.0


class Connection(H11Protocol):
    """The library's connection with a limit on the time for a request's line and headers."""

    headers_s = HEADERS_S
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait on while it is not yet a request."""
        super().data_received(data)
        if self._is_asking():
            self._wait()
        elif self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._limit is not None:
            self._limit.cancel()
        super().connection_lost(exc)

    def _is_asking(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        # What trickles in does not prolong it.
        if self._limit is None:
            self._limit = self.loop.call_later(self.headers_s, self._give_up)

    def _give_up(self) -> None:
        self._limit = None
        if self._is_asking():
            self.transport.close()
