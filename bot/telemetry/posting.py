"""One document of OTLP, posted: bounded in time and in what is heard of the answer.

No redirect is followed, which would take the headers along. What is tried again, and when, is as
the specification says: 429, 502, 503 and 504, and connections that did not come about.
"""

import gzip
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from bot.telemetry.destination import Destination, TelemetryRefusal
from bot.telemetry.protobuf import as_protobuf, rejected_in

_MOST_HEARD = 65_536
_AGAIN = frozenset({429, 502, 503, 504})
_PAUSE_S = 0.2
_LONGEST_WAIT_S = 5.0
_TYPES = {"http/protobuf": "application/x-protobuf", "http/json": "application/json"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What waiting needs; another in tests."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    epoch: Callable[[], float] = time.time


class _Unfollowed(HTTPRedirectHandler):
    """Takes a redirect for the refusal that it is."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        del req, fp, code, msg, headers, newurl


class _Again(Exception):
    """The receiver may take it later: why it did not, and in how many seconds, or None."""

    def __init__(self, why: str, after_s: float | None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Post:
    """Posts documents to one destination; TelemetryRefusal where one cannot be.

    ``to`` is where; ``trouble`` is why the last request has to be made again, empty while none has.
    """

    def __init__(self, destination: Destination, clock: Clock | None = None) -> None:
        self.to = destination
        self._clock = clock or Clock()
        self.trouble = ""
        self._opener = _opener(destination)

    def send(self, document: bytes, within_s: float) -> int:
        """Return how many of its spans were not taken; raise after ``within_s`` at most or so."""
        request = self._request(document)
        deadline, pause = self._clock.now() + within_s, _PAUSE_S
        while True:
            left = deadline - self._clock.now()
            try:
                return self._posted(request, max(0.1, left))
            except _Again as later:
                self.trouble = str(later)
                wait = pause if later.after_s is None else later.after_s
                if wait > min(left, _LONGEST_WAIT_S):
                    raise TelemetryRefusal(str(later)) from later
            self._clock.sleep(wait)
            pause *= 2

    def _request(self, document: bytes) -> Request:
        to = self.to
        body = as_protobuf(document, to.place) if to.protocol == "http/protobuf" else document
        headers = {"user-agent": "changewright", "content-type": _TYPES[to.protocol]}
        if to.is_compressed:
            body, headers["content-encoding"] = gzip.compress(body, mtime=0), "gzip"
        return Request(to.url, body, {**headers, **to.headers}, method="POST")  # noqa: S310 - checked in destination

    def _posted(self, request: Request, timeout_s: float) -> int:
        place = self.to.place
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                return self._rejected(answer.read(_MOST_HEARD))
        except HTTPError as error:
            with error:
                why = f"{place} answered {error.code}"
                if error.code in _AGAIN:
                    raise _Again(why, self._asked_wait(error.headers)) from None
            if error.code // 100 == 3:  # noqa: PLR2004 - a redirect
                why += ", which is another place; no redirect is followed"
            raise TelemetryRefusal(why) from None
        except URLError as error:
            if isinstance(error.reason, ssl.SSLError):
                why = f"{place} is not trusted ({error.reason.reason or 'TLS'})"
                raise TelemetryRefusal(why) from None
            raise _Again(f"{place} cannot be reached ({_word(error.reason)})", None) from None
        except (OSError, HTTPException, ValueError) as error:
            raise _Again(f"{place} broke off ({_word(error)})", None) from None

    def _rejected(self, answer: bytes) -> int:
        if self.to.protocol == "http/protobuf":
            return rejected_in(answer)
        try:
            told = json.loads(answer or b"{}")
            return max(0, int(told.get("partialSuccess", {}).get("rejectedSpans", 0)))
        except (ValueError, AttributeError, TypeError, RecursionError):
            return 0

    def _asked_wait(self, headers: Message) -> float | None:
        """Return the seconds of a Retry-After, which is a number or a date."""
        told = str(headers.get("retry-after", "")).strip()[:64]
        if told.isascii() and told.isdigit():
            return float(told)
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - self._clock.epoch())
        except (ValueError, OverflowError, TypeError):
            return None


def _opener(to: Destination) -> OpenerDirector:
    try:
        trusted = ssl.create_default_context(cafile=to.certificate or None)
        if to.client_certificate:
            trusted.load_cert_chain(to.client_certificate, to.client_key or None)
    except OSError as error:  # an SSLError is one
        raise TelemetryRefusal(
            "the certificate or key that OTEL_EXPORTER_OTLP_CERTIFICATE or its fellows name cannot"
            f" be read ({_word(error)})"
        ) from error
    proxies = dict.fromkeys(("http", "https"), to.proxy) if to.proxy else {}
    return build_opener(ProxyHandler(proxies), HTTPSHandler(context=trusted), _Unfollowed())


def _word(error: object) -> str:
    """Return what went wrong in a word of the system's: never what the other side said."""
    strerror = getattr(error, "strerror", None)
    return str(strerror) if strerror else type(error).__name__
