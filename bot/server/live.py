"""Runs: the list of all, one while it happens, its steps, and the stream that keeps a page true."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.pages.live_run import LiveRun, live_run, live_steps
from bot.pages.run_list import STATES, run_lines
from bot.pages.run_steps import steps_of
from bot.progress import line_of
from bot.server.event_stream import EventStream, Followed, messages, over
from bot.server.hub import HubRefusal
from bot.server.numbers import number_of
from bot.server.rendering import Refused, shown_page
from bot.server.visit import Visit, at, visit_of
from workflows.ports import Journal
from workflows.run import Entry

_PER_PAGE = 50
# Letters of one step's body that a page shows.
_MOST_BODY = 200_000


def runs(visit: Visit, request: Request) -> Response:
    """List runs, the last begun first, all or those of one state."""
    is_whole = visit.room.lookout.catch_up()
    catalogue = visit.room.lookout.catalogue
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    before = number_of(request, "before")
    rows = catalogue.runs(state, before=before, limit=_PER_PAGE + 1)
    shown = rows[:_PER_PAGE]
    values = {
        "runs": run_lines(shown, visit.room.journal.holder, visit.room.serves),
        "states": STATES,
        "counts": catalogue.counts(),
        "state": state,
        "before": before,
        "older": shown[-1].place if len(rows) > _PER_PAGE else 0,
        "is_whole": is_whole,
    }
    return shown_page("runs.html.j2", request, values)


def live(visit: Visit, request: Request) -> Response:
    """Show a run as it stands; with scripts the page goes on by itself."""
    entries = _entries(visit.room.journal, request)
    run = entries[0].run
    view = _stands(entries, is_held=bool(visit.room.journal.holder(run)))
    steps = live_steps(entries, line_of)
    return shown_page("live.html.j2", request, {"view": view, "steps": steps[::-1], "run": run})


def step(visit: Visit, request: Request) -> Response:
    """Show one step whole."""
    entries = _entries(visit.room.journal, request)
    number = int(request.path_params["step"])
    if not 0 < number <= len(entries):
        raise Refused(404, f"This run has {len(entries)} steps, and {number} is none of them.")
    entry = entries[number - 1]
    found = steps_of([entry], visit.room.journal.get_blob, line_of)[0]
    values = {
        "run": entry.run,
        "number": number,
        "count": len(entries),
        "step": found,
        "most": _MOST_BODY,
    }
    return shown_page("step.html.j2", request, values)


async def events(request: Request) -> Response:
    """Follow a run from a position on: that of Last-Event-ID, or the one asked for."""
    visit = visit_of(request)
    loop = asyncio.get_running_loop()
    journal = visit.room.journal
    entries = await loop.run_in_executor(visit.threads, _entries, journal, request)
    _stands(entries, is_held=True)
    run, after = entries[0].run, number_of(request, "after", header="last-event-id")

    async def followed() -> AsyncIterator[bytes]:
        try:
            with visit.room.lookout.hub.watching(run, entries[-1].position) as viewer:
                read = await loop.run_in_executor(visit.threads, journal.read, run)
                held = await loop.run_in_executor(visit.threads, journal.holder, run)
                viewer.is_abandoned = not held
                seen = Followed(list(read), after)
                async for message in messages(viewer, seen, visit.room.is_ending):
                    yield message
        except HubRefusal as refusal:
            yield over(live_run(entries, is_held=True), "full", str(refusal))

    return EventStream(followed())


def _stands(entries: list[Entry], *, is_held: bool) -> LiveRun:
    """Return how a run stands; Refused where another version wrote what that rests on."""
    try:
        return live_run(entries, is_held=is_held)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(
            409,
            "Another version of changewright wrote this run in a shape that this one cannot sum up"
            f" ({type(error).__name__}: {error}). Each of its {len(entries)} steps can be read by"
            " itself: put /step/1 in place of /live in the address.",
        ) from error


def _entries(journal: Journal, request: Request) -> list[Entry]:
    """Return the events of the run that is asked for; Refused where none began."""
    run = str(request.path_params["run"])
    entries = list(journal.read(run))
    if not any(one.event.kind == "run.started" for one in entries):
        raise Refused(404, "The journal holds no such run. The list of runs has those it knows.")
    return entries


ROUTES = (
    at("/runs", runs),
    at("/run/{run}/live", live),
    at("/run/{run}/step/{step:int}", step),
    Route("/run/{run}/events", events),
)
