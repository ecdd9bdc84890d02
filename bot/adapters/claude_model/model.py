"""The adapter: one streamed exchange, posted again only while nothing of it can have been paid.

The vendor's library is imported when the first reply is asked for: it takes most of a second, and
most commands never need it.
"""

import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.adapters.claude_model.draft import Draft
from bot.adapters.claude_model.failures import explain, is_spent, is_unpaid, retry_after_s
from bot.adapters.claude_model.prices import price_usd
from bot.adapters.claude_model.request import request_body
from validators.encoding import EncodingRefusal, encode
from workflows.conversation import Conversation, Reply, ReplyLimits, StopReason, Usage
from workflows.ports import ModelRefusal

if TYPE_CHECKING:
    import anthropic
    from anthropic.lib.streaming import MessageStream

DEFAULT_MODEL = "claude-sonnet-5-5"
_ENDPOINT = "https://api.anthropic.com"
_POSTS = 3
_CONNECT_S = 10.0
# The vendor sends pings while it works: a connection silent for so long is dead.
_SILENCE_S = 300.0
_STOPS: dict[str | None, StopReason] = {
    "end_turn": "end",
    "stop_sequence": "end",
    "tool_use": "actions",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_LETTERS_AND_SPACE = b" \t\n\rabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait: ``jitter`` gives 0 to 1, ``now`` is a monotonic clock in seconds."""

    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    now: Callable[[], float] = time.monotonic


class ClaudeModel:
    """Asks one model. Holds the key and nothing of a conversation; safe for many threads.

    ``endpoint`` replaces the vendor's address, ``effort`` is the vendor's word (``low`` to ``max``)
    and ``is_traced`` lets the library write its own OpenTelemetry spans.
    """

    def __init__(
        self,
        api_key: str,
        model: str = DEFAULT_MODEL,
        *,
        endpoint: str | None = None,
        effort: str | None = None,
        patience: Patience | None = None,
        is_traced: bool = False,
    ) -> None:
        if not re.fullmatch(r"[!-~]+", api_key):
            why = "holds a space or another sign no key has" if api_key.strip() else "is empty"
            raise ModelRefusal(
                "no-key", f"the API key {why}; set ANTHROPIC_API_KEY to the key alone"
            )
        self.name = model
        self._host = _host(endpoint or _ENDPOINT)
        self._endpoint = endpoint or _ENDPOINT
        self._api_key = api_key
        self._effort = effort
        self._patience = patience or Patience()
        self._is_traced = is_traced

    def estimate_tokens(self, text: str) -> int:
        """Return a third of the letters, one for each other sign, two for three bytes elsewhere.

        Tokenizers take about 4 letters, 1 to 2 digits or signs, and half to one CJK sign (3 bytes)
        as a token: prose and code come out a third too many, dense base64 a little too few.
        """
        encoded = text.encode("utf-8", "surrogatepass")
        ascii_only = text.encode("ascii", "ignore")
        signs = len(ascii_only.translate(None, _LETTERS_AND_SPACE))
        foreign = len(encoded) - len(ascii_only)
        return (len(ascii_only) - signs) // 3 + signs + foreign * 2 // 3 + 1

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the price with nothing read from the cache and all of it written there."""
        worst = Usage(cache_write_tokens=input_tokens, output_tokens=output_tokens)
        return price_usd(self.name, worst)

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the next turn; `ModelRefusal` for whatever the vendor or the line did."""
        request = request_body(conversation, self.name, limits.max_tokens, self._effort)
        try:
            return self._answer(request, limits, observe)
        except ModelRefusal as refusal:
            usage = refusal.usage
            if refusal.trouble == "broken-stream" and usage and not usage.tokens:
                refusal.usage = self._for_the_prompt(request, usage)
            raise

    def _for_the_prompt(self, request: dict[str, Any], usage: Usage) -> Usage:
        """Return what is booked where nobody counted: whoever began to answer had read it all."""
        tokens = self.estimate_tokens(encode(request).decode())
        booked = replace(usage, input_tokens=tokens)
        return replace(booked, usd=price_usd(self.name, booked))

    def _answer(
        self, request: dict[str, Any], limits: ReplyLimits, observe: Callable[[str], None]
    ) -> Reply:
        deadline = self._patience.now() + limits.timeout_s
        with self._client(deadline, limits.timeout_s) as client:
            stream, posts = self._open(client, request, deadline)
            with stream:
                kind = str(stream.response.headers.get("content-type", "nothing"))
                if not kind.startswith("text/event-stream"):
                    raise ModelRefusal(
                        "rejected",
                        f"{self._host} answered with {self._quoted(kind)} where an event stream was"
                        " expected; check the endpoint and what stands between",
                        Usage(requests=posts, at_least=True),
                    )
                draft = Draft(stream)
                for piece in draft.pieces():
                    observe(piece)
                return self._reply(draft, posts)

    def _reply(self, draft: Draft, posts: int) -> Reply:
        """Return what was drafted, or refuse when it is no whole turn."""
        usage = draft.usage(posts)
        model = draft.model or self.name
        price = price_usd(model, usage)
        usage = replace(usage, usd=price_usd(self.name, usage) if price is None else price)
        if not draft.is_finished:
            why = self._quoted(draft.trouble or "its end mark is missing")
            message = f"the stream of {self._host} broke off: {why}; what came is not a whole reply"
            raise ModelRefusal("broken-stream", message, usage)
        stop = _STOPS.get(draft.stop_reason, "other")
        try:
            turn = draft.turn(self.name, has_calls=stop == "actions")
        except EncodingRefusal as error:
            message = f"the arguments of a call are {self._quoted(str(error))}"
            raise ModelRefusal("broken-stream", message, usage) from error
        if stop == "actions" and not turn.calls:
            stop = "other"
        return Reply(turn, stop, usage, model)

    def _open(
        self, client: "anthropic.Anthropic", request: dict[str, Any], deadline: float
    ) -> tuple["MessageStream[None]", int]:
        """Return the stream and how many posts it took."""
        import anthropic  # noqa: PLC0415 - late: see the module's words
        import httpx2  # noqa: PLC0415 - the same

        posts = 0
        while True:
            posts += 1
            try:
                return client.messages.stream(**request).__enter__(), posts
            except (anthropic.APIError, httpx2.HTTPError) as error:
                wait_s = self._wait_s(error, posts)
                if wait_s is None or self._patience.now() + wait_s >= deadline:
                    # Not from the error: it holds the request, and the request the key.
                    raise self._refusal(error, posts) from None
            self._patience.sleep(wait_s)

    def _wait_s(self, error: Exception, posts: int) -> float | None:
        """Return how long to wait before the next post, None when there is to be none."""
        if posts >= _POSTS or not is_unpaid(error) or is_spent(error):
            return None
        asked_s = retry_after_s(error)
        return asked_s or 2.0 ** (posts - 1) * (0.5 + self._patience.jitter() / 2)

    def _refusal(self, error: Exception, posts: int) -> ModelRefusal:
        trouble, message, usage = explain(error, self._host, posts)
        return ModelRefusal(trouble, self._quoted(message), usage)

    def _quoted(self, text: str) -> str:
        """Return a stranger's words in one short printable line, the key never among them."""
        line = " ".join(text.replace(self._api_key, "[key]").split())
        return "".join(sign if sign.isprintable() else "?" for sign in line)[:500]

    def _client(self, deadline: float, timeout_s: float) -> "anthropic.Anthropic":
        import anthropic  # noqa: PLC0415 - late: see the module's words
        import httpx2  # noqa: PLC0415 - the same

        now = self._patience.now

        class Bounded(httpx2.SyncByteStream):
            """Ends a body that goes on past the deadline, if only with pings."""

            def __init__(self, body: httpx2.SyncByteStream) -> None:
                self._body = body

            def __iter__(self) -> Iterator[bytes]:
                for chunk in self._body:
                    if now() > deadline:
                        raise httpx2.ReadTimeout(f"not finished after {timeout_s:g} s")
                    yield chunk

            def close(self) -> None:
                self._body.close()

        def bound(response: httpx2.Response) -> None:
            if isinstance(response.stream, httpx2.SyncByteStream):
                response.stream = Bounded(response.stream)

        return anthropic.Anthropic(
            api_key=self._api_key,
            base_url=self._endpoint,
            max_retries=0,
            timeout=httpx2.Timeout(min(timeout_s, _SILENCE_S), connect=min(timeout_s, _CONNECT_S)),
            open_telemetry={} if self._is_traced else {"traces": False, "propagation": False},
            http_client=anthropic.DefaultHttpxClient(
                # A redirect would take the prompt along, and between schemes of one host the key.
                follow_redirects=False,
                # A kept connection that the other side just closed looks like one that broke.
                limits=httpx2.Limits(max_keepalive_connections=0),
                event_hooks={"response": [bound]},
            ),
        )


def _host(endpoint: str) -> str:
    """Return the endpoint's host and port, without a password that may stand before them."""
    try:
        parts = urlsplit(endpoint)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise ModelRefusal(
            "rejected", "the model's endpoint must be an address like https://host/path"
        )
    return parts.netloc.rpartition("@")[2]
