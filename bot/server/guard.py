"""Stands before every page: who is asked, who asks, and whether a form is one of ours.

- 421: a Host that is not this server's, as of a name that resolves to this machine (DNS rebinding).
- 401: whoever has no session. Only one who was given the printed link may look.
- 403: a form that another site sent, or one without the session's CSRF token.
- 400, 405, 408, 413, 415: other methods; a body that is no form, too slow, or too large.

No page can forget any of it: a form is read and checked here, and its fields alone are handed on.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot import logs
from bot.bug_report import write_report
from bot.server.rendering import Refused, refused_page
from bot.server.room import Room
from bot.server.session import Session
from bot.server.visit import VISIT, Visit

CSRF_FIELD = "csrf"
MAX_BODY_BYTES = 256 * 1024
_MAX_FIELDS = 40
_BODY_S = 20.0
_FORM = "application/x-www-form-urlencoded"
_OPEN = ("/asset/", "/sign-in")
_POLICY = (
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)
_HEADERS = {
    "content-security-policy": "; ".join(_POLICY),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Guard:
    """The outermost layer of the application; ``app`` hears of what may pass."""

    def __init__(self, app: ASGIApp, room: Room, threads: ThreadPoolExecutor) -> None:
        self._app = app
        self._room = room
        self._threads = threads
        self._reports: dict[str, Path] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on with its `Visit`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _Sent(send)
        request = Request(scope, receive)
        try:
            scope[VISIT] = await self._admitted(request)
            await self._app(scope, receive, sent)
        except Refused as refused:
            await refused_page(refused, request)(scope, receive, sent)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the server goes on, and the log says what it was
            fault = await self._noted(error)
            if not sent.has_begun:
                await refused_page(fault, request)(scope, receive, sent)

    async def _noted(self, error: Exception) -> Refused:
        """Write a report of a fault, the first of its kind, and return what its page says."""
        name = type(error).__name__
        logs.current().event("serve.failed", "error", fault=name)
        if name not in self._reports:
            loop = asyncio.get_running_loop()
            report = await loop.run_in_executor(self._threads, write_report, error, ())
            self._reports[name] = report.path
        return Refused(
            500,
            f"This is a fault of ours ({name}), and nothing else was harmed: the other pages are"
            f" there. A report is in {self._reports[name]}; please attach it to an issue.",
        )

    async def _admitted(self, request: Request) -> Visit:
        """Return the visit; raise Refused. What is cheapest to know is asked first."""
        if request.headers.get("host", "").lower() not in self._room.authorities:
            raise Refused(421, "This server has another name. Open it by the link it printed.")
        if request.method not in {"GET", "HEAD", "POST"}:
            raise Refused(405, "Pages are read and forms are sent here, nothing else.")
        session = self._room.sessions.of(request.cookies.get(self._room.cookie, ""))
        is_open = request.scope["path"].startswith(_OPEN)
        if session is None and not is_open:
            raise Refused(
                401,
                "This page is for who was given the link that the server printed when it started."
                " Each such link works once; the server prints the next one when it was used.",
            )
        form: Mapping[str, str] = {}
        if request.method == "POST":
            _require_own_site(request)
            form = await _form(request)
            if session is None or not session.has_sent(form.get(CSRF_FIELD, "")):
                raise Refused(
                    403,
                    "This form was not made for your session, perhaps before the server was"
                    " started anew. Nothing was changed: go back, load the page and send it again.",
                )
        return Visit(self._room, session or Session("", ""), form, self._threads)


class _Sent:
    """Adds to each answer what every answer says."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=_headers_of(message))
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


def _headers_of(message: Message) -> MutableMapping[str, Any]:
    message.setdefault("headers", [])
    return message


def _require_own_site(request: Request) -> None:
    """Refuse a form that another site sent: by what browsers say of it, and no script can."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = f"http://{request.headers.get('host', '').lower()}"
    # Without a referrer browsers send Origin: null, and older ones no Sec-Fetch-Site.
    is_own = (
        origin == own if site is None else site == "same-origin" and origin in {own, "null", None}
    )
    if not is_own:
        raise Refused(403, "This form was sent by a page of another site. Nothing was changed.")


async def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; raise Refused for a body that is none, too long or too slow."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Refused(415, f"A form is sent as {_FORM}, and nothing else is taken.")
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdecimal() or int(length[:12]) > MAX_BODY_BYTES:
        raise _too_large()
    content = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                content += chunk
                if len(content) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise Refused(408, "The form did not come within the time there is for it.") from None
    try:
        pairs = parse_qsl(
            content.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise Refused(400, "The form cannot be read: it is not UTF-8, or holds too much.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def _too_large() -> Refused:
    return Refused(413, f"A form holds {MAX_BODY_BYTES // 1024} KiB at most. Nothing was changed.")
