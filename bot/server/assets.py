"""Style and scripts, under names that change with their content: a browser may keep them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from validators.encoding import digest

_PAGES = Path(__file__).parent.parent / "pages"
_KEPT = {"cache-control": "private, max-age=31536000, immutable"}
# What each is made of, in this order.
_PARTS = {
    "style.css": ("templates/run.css", "templates/serve/serve.css", "templates/serve/watching.css"),
    "run.js": ("templates/run.js",),
    "review.js": ("templates/serve/review.js",),
    "live.js": ("templates/serve/live.js",),
    "htmx.js": ("assets/htmx.min.js",),
}
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    path: str
    content: bytes
    media_type: str


@cache
def asset(name: str) -> Asset:
    """Return one of the files by its plain name."""
    content = b"\n".join((_PAGES / part).read_bytes() for part in _PARTS[name])
    stem, _, suffix = name.partition(".")
    path = f"/asset/{stem}-{digest(content)[:16]}.{suffix}"
    return Asset(path, content, _TYPES[suffix])


def route() -> Route:
    """Return the route of all of them, the one that asks nobody who they are."""
    known = {found.path: found for found in map(asset, _PARTS)}

    async def send(request: Request) -> Response:
        found = known.get(request.scope["path"])
        if found is None:
            return Response("no such file\n", 404, media_type="text/plain")
        return Response(found.content, headers=_KEPT, media_type=found.media_type)

    return Route("/asset/{name}", send)
