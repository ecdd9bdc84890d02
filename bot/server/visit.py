"""One request to a page, as a page sees it, and how a function of it becomes an endpoint."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.server.room import Room
from bot.server.session import Session

VISIT = "changewright.visit"
# Few and for good: each thread keeps a connection to the journal. GitHub lets some of them wait.
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and with what. ``form`` holds the fields of a POST that has passed the guard."""

    room: Room
    session: Session
    form: Mapping[str, str]
    threads: ThreadPoolExecutor


Page = Callable[[Visit, Request], Response]


def visit_of(request: Request) -> Visit:
    """Return the visit that a request is, as the guard noted it."""
    visit: Visit = request.scope[VISIT]
    return visit


def threads() -> ThreadPoolExecutor:
    """Return the threads in which pages are made."""
    return ThreadPoolExecutor(_THREADS, "page")


def at(path: str, page: Page, *, post: bool = False) -> Route:
    """Return the route of a page, which is a plain function and runs in a thread.

    Only one that takes ``post`` changes anything, and it shows nothing by itself: it answers with
    a redirection, or with the page that says why not.
    """
    return Route(path, _endpoint(page), methods=["POST"] if post else ["GET"])


def _endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        visit = visit_of(request)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(visit.threads, page, visit, request)

    return endpoint
