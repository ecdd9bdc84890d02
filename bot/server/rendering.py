"""Templates of the server's pages: one frame around each, with everything escaped."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.pages.html import Served, render, shown
from bot.server.ages import age
from bot.server.assets import asset
from bot.server.visit import VISIT, Visit, visit_of

# What stands at the top of each page: path, words.
NAVIGATION = (
    ("/", "Inbox"),
    ("/runs", "Runs"),
    ("/campaigns", "Campaigns"),
    ("/figures", "Figures"),
    ("/search", "Search"),
)


class Refused(Exception):
    """A request that is answered by a status and a sentence, which a person reads."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def shown_page(
    template: str, request: Request, values: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """Return a page made of a template below ``serve/``, which extends ``base.html.j2``.

    Beside ``values`` a template has ``visit``, ``here`` (the path), ``navigation``, ``asset`` (the
    address of a shipped file), ``ago`` (how long ago a time was, in words), ``since`` (the
    minute of it), and ``csrf``, the hidden field that each form begins with.
    """
    visit = visit_of(request) if VISIT in request.scope else None
    text = render(f"serve/{template}", {**_frame(visit, request), **values})
    return HTMLResponse(text, status)


def served_frame(visit: Visit, request: Request, number: int) -> Served:
    """Return what the page of a run stands in here; ``number`` is its pull request's, or 0."""
    values = {**_frame(visit, request), "its_pull_request": number}
    bar = Markup(render("serve/bar.html.j2", values))  # noqa: S704 - as below
    return Served(asset("style.css").path, (asset("run.js").path,), bar)


def piece(template: str, visit: Visit, values: Mapping[str, Any]) -> Markup:
    """Return a part of a page, made of a template below ``serve/``."""
    own = {"visit": visit, "csrf": csrf_field(visit), "ago": partial(ago, visit)}
    own["since"] = partial(since, visit)
    return Markup(render(f"serve/{template}", {**own, **values}))  # noqa: S704 - escaped there


def refused_page(refused: Refused, request: Request) -> HTMLResponse:
    """Return the page that says why something is not done."""
    values = {
        "status": refused.status,
        "phrase": HTTPStatus(refused.status).phrase,
        "words": refused.words,
    }
    page = shown_page("refused.html.j2", request, values, refused.status)
    if request.method not in {"GET", "HEAD"}:
        # What is left of a body is not read.
        page.headers["connection"] = "close"
    return page


def csrf_field(visit: Visit) -> Markup:
    """Return the hidden field of a form that changes something."""
    field = Markup('<input type="hidden" name="csrf" value="{}">')
    return field.format(visit.session.csrf)


def ago(visit: Visit, at: str) -> Markup:
    """Return how long ago a time was, as HTML; a text that is no time stands there as it is."""
    words = age(at, visit.room.now_iso())
    words += " ago" if words[:1].isdecimal() else ""
    return (
        Markup('<time datetime="{0}" title="{0}">{1}</time>').format(at, words)
        if words
        else shown(at)
    )


def since(visit: Visit, at: str) -> Markup:
    """Return the minute at which something began, UTC, with its day if that was not today."""
    words = at[11:16] if at[:10] == visit.room.now_iso()[:10] else at[:16].replace("T", " ")
    return Markup('<time datetime="{}">{} UTC</time>').format(at, words)


def _frame(visit: Visit | None, request: Request) -> dict[str, Any]:
    # Of the scope, not of an URL: a Host that was refused may be none. One slash alone: two would
    # begin the name of another host.
    here = quote("/" + str(request.scope["path"]).lstrip("/"), errors="replace")
    query = quote(request.scope.get("query_string", b""), safe="=&%+-._~")
    return {
        "visit": visit,
        "here": here,
        "again": f"{here}?{query}" if query else here,
        "its_pull_request": 0,
        "navigation": NAVIGATION if visit and visit.session.csrf else (),
        "asset": lambda name: asset(name).path,
        "csrf": csrf_field(visit) if visit else "",
        "ago": partial(ago, visit) if visit else str,
        "since": partial(since, visit) if visit else str,
    }
