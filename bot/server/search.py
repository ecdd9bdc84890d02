"""Search: words of issues, files, findings and reviews, and names of runs and pull requests."""

from starlette.requests import Request
from starlette.responses import Response

from bot.adapters.sqlite_catalogue.query import terms_of
from bot.adapters.sqlite_catalogue.rows import RunRow
from bot.pages.found import found_lines
from bot.pages.run_list import run_lines
from bot.server.numbers import number_of
from bot.server.rendering import shown_page
from bot.server.visit import Visit, at

_PER_PAGE = 30
_LONGEST, _LONGEST_NUMBER = 200, 10


def search(visit: Visit, request: Request) -> Response:
    """Show where the words that are asked for stand, the newest first."""
    lookout = visit.room.lookout
    is_whole = lookout.catch_up()
    catalogue = lookout.catalogue
    query = request.query_params.get("q", "").strip()[:_LONGEST]
    before = number_of(request, "before")
    found = catalogue.search(query, before=before, limit=_PER_PAGE + 1)
    shown = found[:_PER_PAGE]
    streams = [hit.run for _, hit in shown]
    titles, campaigns = catalogue.titles(streams), catalogue.campaigns_of(streams)
    values = {
        "query": query,
        "named": run_lines(_named(visit, query), visit.room.journal.holder, visit.room.serves),
        "hits": found_lines([hit for _, hit in shown], terms_of(query), titles, campaigns),
        "before": before,
        "older": shown[-1][0] if len(found) > _PER_PAGE else 0,
        "is_whole": is_whole,
    }
    return shown_page("search.html.j2", request, values)


def _named(visit: Visit, query: str) -> tuple[RunRow, ...]:
    """Return the runs that are meant by name, or by the number of their pull request."""
    catalogue = visit.room.lookout.catalogue
    number = query.removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER:
        return catalogue.runs_of(int(number))
    named = catalogue.run(query)
    return (named,) if named else ()


ROUTES = (at("/search", search),)
