"""The page of one run, as `changewright report` writes it, inside the server's frame."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.pages.run_page import run_page
from bot.server.rendering import served_frame
from bot.server.visit import Visit, at
from workflows.run_record import require_run


def run(visit: Visit, request: Request) -> Response:
    """Show a run as it stands now."""
    told = visit.room.proposals.run(require_run(request.path_params["run"]))
    made = [one.outcome for one in told.story.effects if one.kind == "pull-request" and one.outcome]
    number = made[-1].get("number") if made else None
    served = served_frame(visit, request, number if isinstance(number, int) else 0)
    return HTMLResponse(run_page(told.story, told.bundle, told.bundle_name, served))


ROUTES = (at("/run/{run}", run),)
