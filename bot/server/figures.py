"""The figures of `changewright metrics`, over the last weeks and week by week."""

from starlette.requests import Request
from starlette.responses import Response

from bot.pages.figures import counts_of, figures_of
from bot.server.lookout import PERIODS
from bot.server.rendering import shown_page
from bot.server.visit import Visit, at


def figures(visit: Visit, request: Request) -> Response:
    """Show the figures."""
    lookout = visit.room.lookout
    is_whole = lookout.catch_up()
    asked = request.query_params.get("weeks", "")
    weeks = next((one for one in PERIODS if str(one) == asked), PERIODS[0])
    found = lookout.counted(weeks)
    values = {
        "figures": figures_of(found.whole, found.weeks),
        "counts": counts_of(found.whole),
        "weeks": weeks,
        "periods": PERIODS,
        "whole": found.whole,
        "first": found.weeks[0].monday if found.weeks else "",
        "is_whole": is_whole,
        "is_late": found.position != lookout.catalogue.position,
    }
    return shown_page("figures.html.j2", request, values)


ROUTES = (at("/figures", figures),)
