"""The review page: everything a person decides by, and the decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.pages.diff_html import Remarks, ShownFile, shown_files
from bot.pages.run_findings import evidence_of, findings_of, remarks_of
from bot.pages.run_gates import gate_views
from bot.server.next_attempt import next_attempt
from bot.server.paging import whole_number
from bot.server.proposals import Change, Told
from bot.server.rendering import piece, shown_page
from bot.server.talking import At, by_line, place_asked, unplaced
from bot.server.visit import Visit, at
from validators.evidence import Evidence
from validators.verdict import Finding
from workflows.pull_request import PullRequest, Seen
from workflows.reasons import MEANINGS
from workflows.review import RejectionKind
from workflows.threads import Side, Thread

# Letters of diff, and tests of each sort, that a page has room for.
_ROOM, _TESTS = 1_000_000, 40
_MOST_FILES = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """What a person wrote, and why it was not kept: shown again so that nothing is lost."""

    why: str = ""
    words: str = ""
    place: At | None = None
    thread: str = ""
    kind: RejectionKind | None = None


_NOTHING = Kept()


def review(visit: Visit, request: Request) -> Response:
    """Show one pull request; ``at`` or ``path``, ``line``, ``side`` open a form at a line."""
    return review_page(visit, request, number_in(request))


def review_page(
    visit: Visit, request: Request, number: int, kept: Kept = _NOTHING, status: int = 200
) -> Response:
    """Return the page as things stand now, with what could not be ``kept``."""
    room = visit.room
    pull_request = room.forge.pull_request(number)
    threads = tuple(room.forge.threads(number))
    change = room.proposals.change(pull_request)
    told = room.proposals.told(pull_request)
    if pull_request.state == "open":
        room.presence.look(number, visit.session, room.now_iso())
    place = kept.place or place_asked(request.query_params, change.files)
    talk = _Talk(visit, pull_request, threads, place, kept)
    files = _files(talk, change, told)
    evidence = _evidence(told)
    values = {
        "pull_request": pull_request,
        "seen": Seen.of(pull_request),
        "base_head": room.forge.branch_head(pull_request.draft.base_branch),
        "told": told,
        "text": room.proposals.text(pull_request),
        "change": change,
        "files": files,
        "files_left_out": max(0, len(change.files) - _MOST_FILES),
        "added": sum(one.added for one in change.files),
        "removed": sum(one.removed for one in change.files),
        "findings": _findings(told),
        "gates": gate_views(evidence, _TESTS) if evidence else (),
        "threads": threads,
        "unplaced": unplaced(threads, files),
        "open_threads": sum(not one.resolved for one in threads),
        "place": place,
        "place_is_shown": place is not None and _is_shown(place, files),
        "kept": kept,
        "kinds": [(kind, MEANINGS[kind]) for kind in get_args(RejectionKind)],
        "may_accept": room.decider.may_accept,
        "may_revise": room.revisions is not None,
        "own": room.presence.own(number, visit.session),
        "readers": room.presence.others(number, visit.session),
        "revision": next_attempt(room, pull_request),
        "is_local": room.forge_kind == "local",
    }
    return shown_page("review.html.j2", request, values, status)


@dataclass(frozen=True, slots=True)
class _Talk:
    """What is said about one pull request, and where somebody wants to say more."""

    visit: Visit
    pull_request: PullRequest
    threads: tuple[Thread, ...]
    place: At | None
    kept: Kept

    def beneath(self, path: str) -> dict[tuple[Side, int], Markup]:
        """Return what stands under the lines of a file."""
        found = by_line(self.threads, path)
        if self.place and self.place.path == path and self.place.line:
            found.setdefault((self.place.side, self.place.line), [])
        return {line: self._shown(line, threads) for line, threads in found.items()}

    def _shown(self, line: tuple[Side, int], threads: list[Thread]) -> Markup:
        asked = self.place and (self.place.side, self.place.line) == line
        values: Mapping[str, Any] = {
            "threads": threads,
            "pull_request": self.pull_request,
            "place": self.place if asked else None,
            "kept": self.kept,
        }
        return piece("talk.html.j2", self.visit, values)


def _files(talk: _Talk, change: Change, told: Told | None) -> tuple[ShownFile, ...]:
    evidence = _evidence(told)
    known = remarks_of(_findings(told), evidence)
    remarks = {}
    for number, one in enumerate(change.files[:_MOST_FILES], 1):
        found = known.get(one.path, Remarks())
        link = f"/review/{talk.pull_request.number}?at={number}-"
        remarks[one.path] = Remarks(found.findings, found.unrun, talk.beneath(one.path), link)
    return shown_files(change.files[:_MOST_FILES], remarks, _ROOM)


def _evidence(told: Told | None) -> Evidence | None:
    return evidence_of(told.story, told.bundle) if told else None


def _findings(told: Told | None) -> tuple[Finding, ...]:
    if told is None:
        return ()
    return findings_of(told.story.shown, _evidence(told), told.bundle)


def _is_shown(place: At, files: tuple[ShownFile, ...]) -> bool:
    return any(
        one.file.path == place.path and (place.side, place.line) in one.placed for one in files
    )


def line(visit: Visit, request: Request) -> Response:
    """Return the form at a line alone, for a page that is there already."""
    pull_request = visit.room.forge.pull_request(number_in(request))
    change = visit.room.proposals.change(pull_request)
    place = place_asked(request.query_params, change.files)
    values = {"threads": (), "pull_request": pull_request, "place": place, "kept": _NOTHING}
    return HTMLResponse(piece("talk.html.j2", visit, values))


def attempt(visit: Visit, request: Request) -> Response:
    """Return how far the next attempt is, for a page that is there already."""
    number = number_in(request)
    found = next_attempt(visit.room, visit.room.forge.pull_request(number))
    values = {"number": number, "revision": found}
    return HTMLResponse(piece("attempt.html.j2", visit, values))


def number_in(request: Request) -> int:
    """Return the number of the pull request that an address names; Refused where it is none."""
    return whole_number(request.path_params["number"], "a pull request's number")


ROUTES = (
    at("/review/{number}", review),
    at("/review/{number}/line", line),
    at("/review/{number}/attempt", attempt),
)
