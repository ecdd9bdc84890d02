"""The figures of `changewright metrics`, over the last weeks and week by week."""

from starlette.requests import Request
from starlette.responses import Response

from bot.pages.figures import counts_of, figures_of
from bot.server.lookout import PERIODS
from bot.server.rendering import shown_page
from bot.server.visit import Visit, at

# A page without figures is loaded again after so many seconds.
_AGAIN_S = "3"


def figures(visit: Visit, request: Request) -> Response:
    """Show the figures."""
    lookout = visit.room.lookout
    is_whole = lookout.catch_up()
    asked = request.query_params.get("weeks", "")
    weeks = next((one for one in PERIODS if str(one) == asked), PERIODS[0])
    found = lookout.counted(weeks)
    values = {
        "figures": figures_of(found.whole, found.weeks) if found else (),
        "counts": counts_of(found.whole) if found else (),
        "weeks": weeks,
        "periods": PERIODS,
        "first": found.weeks[0].monday if found and found.weeks else "",
        "is_whole": is_whole,
        "is_counted": found is not None,
        "is_late": found is not None and found.position != lookout.catalogue.position,
    }
    page = shown_page("figures.html.j2", request, values)
    if found is None:
        page.headers["refresh"] = _AGAIN_S
    return page


ROUTES = (at("/figures", figures),)
