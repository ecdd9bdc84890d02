"""What people tell each other by having a page open, or by taking a proposal in hand."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.server.rendering import Refused, piece
from bot.server.review import number_in
from bot.server.visit import Visit, at


def readers(visit: Visit, request: Request) -> Response:
    """Return who else is at it, for a page that is there already, and note that it still is."""
    number = number_in(request)
    presence = visit.room.presence
    # The forge is not asked: this comes twice a minute from every open page.
    presence.look(number, visit.session, visit.room.now_iso())
    values = {"readers": presence.others(number, visit.session)}
    return HTMLResponse(piece("readers.html.j2", visit, values))


def hand(visit: Visit, request: Request) -> Response:
    """Take a pull request in hand, or give it back, by the button that was pressed."""
    number, act = number_in(request), visit.form.get("act")
    if act not in {"take", "give-back"}:
        raise Refused(400, "Press one of the page's buttons. Nothing was changed.")
    presence = visit.room.presence
    if act == "take":
        visit.room.forge.pull_request(number)  # refused where there is none
        presence.take(number, visit.session, visit.room.now_iso())
    else:
        presence.leave(number, visit.session)
    return RedirectResponse(f"/review/{number}", 303)


ROUTES = (at("/review/{number}/readers", readers), at("/review/{number}/hand", hand, post=True))
