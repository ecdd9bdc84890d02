"""Campaigns: the list of all, how one stands, and its pause."""

from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.pages.campaign_page import (
    Filter,
    begun_at,
    burndown,
    outcome_lines,
    phase_of,
    said_of,
    target_lines,
)
from bot.server.boards import Boards
from bot.server.numbers import number_of
from bot.server.rendering import Refused, shown_page
from bot.server.visit import Visit, at
from bot.wiring import engine_of
from scoping.refusal import Refusal
from workflows.campaign import Speaker
from workflows.ports import Withheld
from workflows.progress_report import ProgressReport

_PER_PAGE = 20
_TARGETS_PER_PAGE = 50
_LONGEST_WHY = 500
_WORDS = ("pause", "resume")


def campaigns(visit: Visit, request: Request) -> Response:
    """List campaigns, the last begun first, each as it stands."""
    lookout = visit.room.lookout
    is_whole = lookout.catch_up()
    before = number_of(request, "before")
    rows = lookout.catalogue.campaigns(before=before, limit=_PER_PAGE + 1)
    shown = rows[:_PER_PAGE]
    values = {
        "campaigns": [(row, *_line(lookout.boards, row.key)) for row in shown],
        "before": before,
        "older": shown[-1].place if len(rows) > _PER_PAGE else 0,
        "is_whole": is_whole,
    }
    return shown_page("campaigns.html.j2", request, values)


def campaign(visit: Visit, request: Request) -> Response:
    """Show how one campaign stands."""
    return _shown(visit, request)


def say(visit: Visit, request: Request) -> Response:
    """Pause a campaign or let it go on, in the name of who asks, unless another was faster."""
    word, key = str(request.path_params["word"]), str(request.path_params["campaign"])
    if word not in _WORDS:
        raise Refused(404, "A campaign is paused or resumed here, nothing else.")
    journal = visit.room.journal
    if not journal.read(f"campaign-{key}"):
        raise _unknown()
    seen, why = visit.form.get("seen", ""), visit.form.get("why", "").strip()[:_LONGEST_WHY]
    if not (seen.isascii() and seen.isdecimal()):
        raise Refused(400, "The form does not say what you had seen. Load the page, send it again.")
    engine, speaker = engine_of(journal), Speaker(visit.session.reviewer, int(seen))
    try:
        if word == "pause":
            engine.pause(key, why, speaker)
        else:
            engine.resume(key, speaker)
    except Withheld:
        return _shown(visit, request, missed=word, status=409)
    return RedirectResponse(f"/campaign/{quote(key, safe='')}", 303)


def _line(boards: Boards, key: str) -> tuple[ProgressReport | None, tuple[str, str]]:
    """Return how a campaign stands, for a list: None where its plan can no longer be read."""
    try:
        report = boards.report(key).report
    except Refusal:
        return None, ("none", "cannot be read")
    return report, phase_of(report)


def _shown(visit: Visit, request: Request, *, missed: str = "", status: int = 200) -> Response:
    """Show a campaign; ``missed`` is what was not done, because something else was said first."""
    lookout, key = visit.room.lookout, str(request.path_params["campaign"])
    is_whole = lookout.catch_up()
    entries = visit.room.journal.read(f"campaign-{key}")
    if not entries:
        raise _unknown()
    standing = lookout.boards.report(key)
    report, asked = standing.report, request.query_params
    wanted = Filter(*(asked.get(name, "") for name in ("state", "reason", "cause")))
    skip = number_of(request, "skip")
    targets, count = target_lines(standing.board, wanted, skip, _TARGETS_PER_PAGE)
    values = {
        "report": report,
        "campaign": standing.board.campaign,
        "phase": phase_of(report),
        "outcomes": outcome_lines(report),
        "drawn": burndown(report, begun_at(entries)),
        "targets": targets,
        "count": count,
        "wanted": wanted,
        "skip": skip,
        "per_page": _TARGETS_PER_PAGE,
        "said": said_of(entries),
        "seen": entries[-1].position,
        "missed": missed,
        "can_pause": report.phase in {"pending", "running"},
        "can_resume": report.phase in {"paused", "braked", "spent"},
        "is_local": visit.room.forge_kind == "local",
        "ours": f"local:{visit.room.repository}#",
        "is_whole": is_whole,
        "query": lambda **fields: urlencode({k: v for k, v in fields.items() if v}),
    }
    return shown_page("campaign.html.j2", request, values, status)


def _unknown() -> Refused:
    return Refused(
        404, "The journal knows no such campaign. The list of campaigns has all of them."
    )


ROUTES = (
    at("/campaigns", campaigns),
    at("/campaign/{campaign}", campaign),
    at("/campaign/{campaign}/{word}", say, post=True),
)
