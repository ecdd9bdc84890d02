"""The adapter: one streamed exchange, posted again only while nothing of it can have been paid.

The vendor's library is imported when the first reply is asked for: it takes most of a second, and
most commands never need it.
"""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.adapters.claude_model.client import Bounds, opened
from bot.adapters.claude_model.draft import Draft
from bot.adapters.claude_model.failures import (
    explain,
    in_stream,
    is_spent,
    is_unpaid,
    retry_after_s,
)
from bot.adapters.claude_model.pictures import HIDDEN, Gallery
from bot.adapters.claude_model.prices import price_usd
from bot.adapters.claude_model.request import request_body
from bot.configuration.endpoints import DEFAULT_MODEL, KEY_VARIABLES, Endpoint, endpoint_of
from validators.encoding import EncodingRefusal, encode
from workflows.conversation import Conversation, Reply, ReplyLimits, StopReason, Usage
from workflows.picture import Picture
from workflows.ports import ModelRefusal

if TYPE_CHECKING:
    from anthropic.lib.streaming import MessageStream
    from anthropic.resources.messages import Messages

_POSTS = 3
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

    ``endpoint`` replaces the vendor's address, and may be a cloud's service; ``effort`` is the
    vendor's word (``low`` to ``max``) and ``is_traced`` lets the library write its own
    OpenTelemetry spans.
    """

    def __init__(
        self,
        api_key: str,
        model: str = DEFAULT_MODEL,
        *,
        endpoint: str | Endpoint | None = None,
        effort: str | None = None,
        patience: Patience | None = None,
        is_traced: bool = False,
    ) -> None:
        known = endpoint if isinstance(endpoint, Endpoint) else endpoint_of(endpoint)
        self._variable = KEY_VARIABLES[known.service]
        if not re.fullmatch(r"[!-~]+", api_key):
            why = "holds a space or another sign no key has" if api_key.strip() else "is empty"
            raise ModelRefusal(
                "no-key", f"the API key {why}; set {self._variable} to the key alone"
            )
        self.name = model
        self._host = _host(known.url)
        self._endpoint = known
        self._api_key = api_key
        self._effort = effort
        self._patience = patience or Patience()
        self._is_traced = is_traced
        self._gallery = HIDDEN

    def showing(self, gallery: Gallery) -> "ClaudeModel":
        """Return this model, which is shown the pictures of ``gallery`` from now on."""
        self._gallery = gallery
        return self

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

    def picture_tokens(self, picture: Picture) -> int:
        """Return what the vendor counts for ``picture``; 0 once it takes none."""
        return self._gallery.tokens(picture)

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return the price with nothing read from the cache and all of it written there."""
        worst = Usage(cache_write_tokens=input_tokens, output_tokens=output_tokens)
        return price_usd(self.name, worst, self._endpoint.service)

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the next turn; `ModelRefusal` for whatever the vendor or the line did.

        Who refuses a request for its pictures is asked again without them.
        """
        if limits.pause_s:
            self._patience.sleep(limits.pause_s * (0.5 + self._patience.jitter() / 2))
        try:
            return self._answer(self._request(conversation, limits), limits, observe)
        except ModelRefusal as refusal:
            usage = refusal.usage
            has_pictures = any(turn.shown for turn in conversation.messages)
            if has_pictures and self._gallery.is_closed_by(refusal):
                again = self.reply(conversation, replace(limits, pause_s=0.0), observe)
                requests = again.usage.requests + (usage.requests if usage else 1)
                return replace(again, usage=replace(again.usage, requests=requests))
            if refusal.trouble == "broken-stream" and usage and not usage.tokens:
                refusal.usage = self._for_the_prompt(conversation, limits, usage)
            raise

    def _request(
        self, conversation: Conversation, limits: ReplyLimits, gallery: Gallery | None = None
    ) -> dict[str, Any]:
        shown = gallery or self._gallery
        return request_body(conversation, self.name, limits.max_tokens, self._effort, shown)

    def _for_the_prompt(
        self, conversation: Conversation, limits: ReplyLimits, usage: Usage
    ) -> Usage:
        """Return what is booked where nobody counted: whoever began to answer had read it all."""
        words = self._request(conversation, limits, HIDDEN)
        shown = (picture for turn in conversation.messages for picture in turn.shown)
        tokens = self.estimate_tokens(encode(words).decode())
        tokens += sum(self.picture_tokens(picture) for picture in shown)
        booked = replace(usage, input_tokens=tokens)
        return replace(booked, usd=price_usd(self.name, booked, self._endpoint.service))

    def _answer(
        self, request: dict[str, Any], limits: ReplyLimits, observe: Callable[[str], None]
    ) -> Reply:
        now = self._patience.now
        bounds = Bounds(now, now() + limits.timeout_s, limits.timeout_s, limits.max_tokens)
        http, client = opened(self._endpoint, self._api_key, bounds, is_traced=self._is_traced)
        with http:
            stream, posts = self._open(client.messages, request, bounds.deadline)
            with stream:
                kind = str(stream.response.headers.get("content-type", "nothing"))
                if not kind.startswith("text/event-stream"):
                    raise ModelRefusal(
                        "rejected",
                        f"{self._host} answered with {self._quoted(kind)} where an event stream was"
                        " expected; check the endpoint and what stands between",
                        Usage(requests=posts, usd=0.0, at_least=True),
                    )
                draft = Draft(stream, limits.max_tokens)
                for piece in draft.pieces():
                    observe(piece)
                return self._reply(draft, posts)

    def _reply(self, draft: Draft, posts: int) -> Reply:
        """Return what was drafted, or refuse when it is no whole turn."""
        usage = draft.usage(posts)
        model = draft.model or self.name
        price = price_usd(model, usage, self._endpoint.service)
        if price is None:
            price = price_usd(self.name, usage, self._endpoint.service)
        usage = replace(usage, usd=price)
        if not draft.is_finished:
            why = self._quoted(draft.trouble or "its end mark is missing")
            message = f"the stream of {self._host} broke off: {why}; what came is not a whole reply"
            raise ModelRefusal(in_stream(draft.error), message, usage)
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
        self, messages: "Messages", request: dict[str, Any], deadline: float
    ) -> tuple["MessageStream[None]", int]:
        """Return the stream and how many posts it took."""
        import anthropic  # noqa: PLC0415 - late: see the module's words
        import httpx2  # noqa: PLC0415 - the same

        posts = 0
        while True:
            posts += 1
            try:
                return messages.stream(**request).__enter__(), posts
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
        jitter = self._patience.jitter()
        # Whoever was told the same second must not all come back in it.
        asked_s = retry_after_s(error) * (1 + jitter / 4)
        return asked_s or 2.0 ** (posts - 1) * (0.5 + jitter / 2)

    def _refusal(self, error: Exception, posts: int) -> ModelRefusal:
        trouble, message, usage = explain(error, self._host, posts, self._variable)
        return ModelRefusal(trouble, self._quoted(message), usage)

    def _quoted(self, text: str) -> str:
        """Return a stranger's words in one short printable line, the key never among them."""
        line = " ".join(text.replace(self._api_key, "[key]").split())
        return "".join(sign if sign.isprintable() else "?" for sign in line)[:500]


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
