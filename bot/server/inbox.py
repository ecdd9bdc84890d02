"""The inbox: what waits for a person, the longest wait first, and what was decided of late."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from bot.adapters.local_forge.forge import LocalForge
from bot.server.cards import Card, card_of
from bot.server.paging import Page, page_of
from bot.server.presence import Reader
from bot.server.rendering import shown_page
from bot.server.visit import Visit, at
from workflows.pull_request import PullRequest

_LINES = 25
_RECENT = 8


@dataclass(frozen=True, slots=True)
class Inbox:
    """The numbers of pull requests in the order in which they are shown."""

    waiting: Sequence[int]
    decided: Sequence[int]


def inbox(visit: Visit, request: Request) -> Response:
    """Show what waits, or with ``show=decided`` what was decided, in pages."""
    asked = request.query_params
    is_decided = asked.get("show") == "decided"
    found = _inbox(visit)
    page = page_of(found.decided if is_decided else found.waiting, asked.get("page"), _LINES)
    is_first = page.number == 1 and not is_decided
    recent = found.decided[:_RECENT] if is_first else ()
    values = {
        "cards": _cards(visit, page),
        "page": page,
        "is_decided": is_decided,
        "waiting": len(found.waiting),
        "decided": len(found.decided),
        "recent": _cards(visit, Page(tuple(recent))),
    }
    return shown_page("inbox.html.j2", request, values)


def _inbox(visit: Visit) -> Inbox:
    forge = visit.room.forge
    if isinstance(forge, LocalForge):
        standings = forge.standings()
        waiting = [one.number for one in reversed(standings) if one.is_waiting]
        decided = sorted(
            (one for one in standings if not one.is_waiting),
            key=lambda one: (one.decided, one.number),
            reverse=True,
        )
        return Inbox(waiting, [one.number for one in decided])
    found = forge.pull_requests("open", reviewed=False)
    return Inbox([one.number for one in reversed(found)], ())


def _cards(visit: Visit, page: Page) -> Sequence[Card]:
    forge, runs = visit.room.forge, visit.room.run_cards
    cards = [
        card_of(forge.pull_request(number), runs, tuple(forge.threads(number)))
        for number in page.entries
    ]
    return [replace(card, readers=_readers(visit, card.pull_request)) for card in cards]


def _readers(visit: Visit, pull_request: PullRequest) -> tuple[Reader, ...]:
    if pull_request.state != "open":
        return ()
    return visit.room.presence.others(pull_request.number, visit.session)


ROUTES = (at("/", inbox),)
