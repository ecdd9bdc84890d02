"""The inbox: what waits for a person, the longest wait first, and what was decided of late."""

from starlette.requests import Request
from starlette.responses import Response

from bot.server.rendering import shown_page
from bot.server.visit import Visit, at


def inbox(visit: Visit, request: Request) -> Response:
    """Show the open pull requests."""
    found = visit.room.forge.pull_requests("open")
    return shown_page("inbox.html.j2", request, {"waiting": found[::-1]})


ROUTES = (at("/", inbox),)
