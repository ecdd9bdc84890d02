"""The vendor's library, set up for one exchange: whom it talks to, how long, how much it hears.

Services of clouds speak the same messages under other paths and keys, and the library knows them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.configuration.endpoints import Endpoint

if TYPE_CHECKING:
    import ssl

    import anthropic
    import httpx2
    from anthropic.lib.bedrock import AnthropicBedrockMantle
    from anthropic.lib.vertex import AnthropicVertex

    Client = anthropic.Anthropic | AnthropicVertex | AnthropicBedrockMantle

_CONNECT_S = 10.0
# The vendor sends pings while it works: a connection silent for so long is dead.
_SILENCE_S = 300.0
# An event around each token takes 100 to 200 bytes.
_BYTES_PER_TOKEN = 1024
_LEAST_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where one exchange ends: ``deadline`` by the monotonic clock ``now``, and ``max_tokens``."""

    now: Callable[[], float]
    deadline: float
    timeout_s: float
    max_tokens: int

    @property
    def most_bytes(self) -> int:
        """The longest body that a reply of ``max_tokens`` can need."""
        return _LEAST_BYTES + self.max_tokens * _BYTES_PER_TOKEN


def opened(
    endpoint: Endpoint, api_key: str, bounds: Bounds, *, is_traced: bool
) -> tuple["httpx2.Client", "Client"]:
    """Return the HTTP client, which is the caller's to close, and the library's over it."""
    import anthropic  # noqa: PLC0415 - it takes most of a second, and most commands never ask
    import httpx2  # noqa: PLC0415 - the same

    http = anthropic.DefaultHttpxClient(
        # A redirect would take the prompt along, and between schemes of one host the key.
        follow_redirects=False,
        # A kept connection that the other side just closed looks like one that broke.
        limits=httpx2.Limits(max_keepalive_connections=0),
        event_hooks={"response": [_bounding(bounds)]},
        verify=_trusted(),
    )
    timeout = httpx2.Timeout(
        min(bounds.timeout_s, _SILENCE_S), connect=min(bounds.timeout_s, _CONNECT_S)
    )
    given: dict[str, Any] = {
        "base_url": endpoint.url,
        "max_retries": 0,
        "timeout": timeout,
        "open_telemetry": {} if is_traced else {"traces": False, "propagation": False},
        "http_client": http,
    }
    return http, _client(endpoint, api_key, given)


@cache
def _trusted() -> "ssl.SSLContext":
    """Return whom the library trusts by default, read once: 20 ms and 3 MB, for each exchange."""
    import httpx2  # noqa: PLC0415 - as above

    return httpx2.create_ssl_context()


def _client(endpoint: Endpoint, api_key: str, given: dict[str, Any]) -> "Client":
    """Return the library's client of a service; ``given`` is what all of them are told."""
    if endpoint.service == "bedrock":
        from anthropic.lib.bedrock import AnthropicBedrockMantle  # noqa: PLC0415 - as above

        return AnthropicBedrockMantle(api_key=api_key, aws_region=endpoint.region, **given)
    if endpoint.service == "vertex":
        from anthropic.lib.vertex import AnthropicVertex  # noqa: PLC0415 - as above

        return AnthropicVertex(
            access_token=api_key, region=endpoint.region, project_id=endpoint.project, **given
        )
    import anthropic  # noqa: PLC0415 - as above

    if endpoint.service == "foundry":
        return anthropic.AnthropicFoundry(api_key=api_key, **given)
    return anthropic.Anthropic(api_key=api_key, **given)


def _bounding(bounds: Bounds) -> "Callable[[httpx2.Response], None]":
    """Return the hook that ends a body which goes on past its time or size, if only with pings."""
    import httpx2  # noqa: PLC0415 - as above

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, body: httpx2.SyncByteStream) -> None:
            self._body = body

        def __iter__(self) -> Iterator[bytes]:
            heard = 0
            for chunk in self._body:
                heard += len(chunk)
                if bounds.now() > bounds.deadline:
                    raise httpx2.ReadTimeout(f"not finished after {bounds.timeout_s:g} s")
                if heard > bounds.most_bytes:
                    raise httpx2.ReadError(
                        f"not finished after {bounds.most_bytes} bytes, which is more than"
                        f" {bounds.max_tokens} tokens can need"
                    )
                yield chunk

        def close(self) -> None:
            self._body.close()

    def bound(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = Bounded(response.stream)

    return bound
