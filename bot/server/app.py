"""The application of `changewright serve`: the pages, gathered from one list of modules.

**To add a page** write a module with ``ROUTES``, a tuple of Starlette routes, name it in `_PAGES`,
and put what belongs into everybody's sight into `bot.server.rendering.NAVIGATION`. A page is a
plain function ``(visit, request) -> Response`` behind ``at(path, page)``, which runs it in a
thread; one that changes something is ``at(path, page, post=True)``, and answers with a 303. An
endpoint that must be a coroutine (an event stream) is a Starlette `Route` of its own and calls
`bot.server.visit.visit_of(request)`; it ends when ``request.is_disconnected()`` or
``visit.room.is_ending()``.

What a page is given:

- ``visit.room``: ``journal`` and ``forge`` (both for any thread), ``settings``, ``repository`` and
  ``git_dir``, ``forge_kind``, ``now_iso``, ``revisions``, ``presence``.
- ``visit.session.reviewer``: the name the person decides by, on the local forge merely claimed.
- ``visit.form``: the fields of a POST. The guard has checked session, CSRF token and origin.
- ``request.path_params`` and ``request.query_params``: a stranger's words.

It answers with ``shown_page("name.html.j2", request, values)``, whose template extends
``serve/base.html.j2`` (blocks ``title``, ``head``, ``main``; each form that is posted begins with
``{{ csrf }}``), with ``RedirectResponse(..., 303)``, or by raising ``Refused(status, words)``. Any
`Refusal` that flies out of a page becomes a page with its words. Values are escaped, redacted and
made visible by the templates' environment, see `bot.pages.html`. The policy lets no inline style
or script run: ``hx-`` attributes work, ``style=`` and ``on...=`` do not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from bot.server import (
    acting,
    assets,
    attending,
    campaigns,
    figures,
    inbox,
    live,
    review,
    run,
    search,
    sign_in,
)
from bot.server.guard import Guard
from bot.server.rendering import Refused, refused_page
from bot.server.room import Room
from bot.server.visit import threads
from scoping.refusal import Refusal

_PAGES = (sign_in, inbox, review, acting, attending, run, live, campaigns, figures, search)


def application(room: Room) -> Starlette:
    """Return the application for one room; its threads end with it."""
    pool = threads()

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        room.lookout.begin()
        yield
        # What is being decided is kept whole before the journal is closed.
        pool.shutdown(wait=True, cancel_futures=True)
        room.lookout.close()

    return Starlette(
        routes=[assets.route(), *(route for page in _PAGES for route in page.ROUTES)],
        middleware=[Middleware(Guard, room=room, threads=pool)],
        exception_handlers={HTTPException: _no_page, Refused: _refused, Refusal: _refusal},
        lifespan=life,
    )


async def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: "There is no such page. The inbox is where everything begins.",
        405: "This address takes something else than what was sent to it. Nothing was changed.",
    }
    return refused_page(Refused(status, words.get(status, "That cannot be done.")), request)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - what it is registered for
    return refused_page(error, request)


async def _refusal(request: Request, error: Exception) -> Response:
    status = 409 if request.method == "POST" else 404
    return refused_page(Refused(status, f"{error}"), request)
