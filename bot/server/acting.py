"""What forms of the review page do. Whatever is not done comes back with the words in the form."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast, get_args
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.server.deciding import Decision, Turn
from bot.server.next_attempt import publish_next
from bot.server.paging import whole_number
from bot.server.rendering import Refused
from bot.server.review import Kept, number_in, review_page
from bot.server.talking import At
from bot.server.visit import Visit, at
from scoping.refusal import Refusal
from workflows.pull_request import PullRequestState, Seen
from workflows.review import RejectionKind, ReviewVerdict
from workflows.threads import waiting

_LONGEST_PATH = 4_096
_VERDICTS: dict[str, ReviewVerdict] = {
    "accept": "accepted",
    "merge": "accepted",
    "reject": "rejected",
    "changes": "changes-requested",
}


def decide(visit: Visit, request: Request) -> Response:
    """Accept, reject or ask for changes, by the button that was pressed."""
    number, form = number_in(request), visit.form
    pressed, _, kind = form.get("decision", "").partition(":")
    verdict = _VERDICTS.get(pressed)
    if verdict is None or (verdict == "rejected" and kind not in get_args(RejectionKind)):
        raise Refused(400, "Press one of the page's buttons to decide. Nothing was changed.")
    decision = Decision(number, verdict, form.get("words", "").strip(), merge=pressed == "merge")
    if verdict == "rejected":
        decision = replace(decision, kind=cast("RejectionKind", kind))
    seen = _seen(visit)

    def act() -> str:
        _require_allowed(visit, decision)
        visit.room.decider.decide(decision, visit.session.reviewer, seen)
        visit.room.presence.leave(number, visit.session)
        return "decisions"

    kept = Kept(words=decision.words, kind=decision.kind if verdict == "rejected" else None)
    answer = _done(visit, request, act, kept)
    if verdict == "changes-requested" and answer.status_code == _SEE_OTHER and form.get("begin"):
        _begin(visit, number)
    return answer


def comment(visit: Visit, request: Request) -> Response:
    """Begin a thread at a line, at a file, or about the whole change."""
    number, form = number_in(request), visit.form
    words, path = form.get("words", "").strip(), form.get("path", "")
    side = form.get("side", "head")
    if len(path) > _LONGEST_PATH or "\0" in path or side not in {"head", "base"}:
        raise Refused(400, "The form names no place in a change. Nothing was changed.")
    place = At(path, whole_number(form.get("line") or "0", "a line"), "head")
    if side == "base":
        place = replace(place, side="base")

    def act() -> str:
        _require_words(words)
        where = place.path, place.line, place.side
        reviewer = visit.session.reviewer
        begun = visit.room.decider.comment(number, where, words, reviewer, form.get("head", ""))
        _take(visit, number)
        return begun

    return _done(visit, request, act, Kept(words=words, place=place))


def reply(visit: Visit, request: Request) -> Response:
    """Say something in a thread, or mark it as dealt with, by the button that was pressed."""
    number, form = number_in(request), visit.form
    words, thread = form.get("words", "").strip(), form.get("thread", "")
    turn = Turn(number, thread, whole_number(form.get("turns", ""), "turns"))

    def act() -> str:
        if form.get("act") == "resolve":
            visit.room.decider.resolve(turn)
        else:
            _require_words(words)
            visit.room.decider.reply(turn, words, visit.session.reviewer)
        _take(visit, number)
        return f"thread-{thread}"

    return _done(visit, request, act, Kept(words=words, thread=thread))


def publish(visit: Visit, request: Request) -> Response:
    """Begin to publish the next attempt that the page shows."""

    def act() -> str:
        pull_request = visit.room.forge.pull_request(number_in(request))
        publish_next(visit.room, pull_request, visit.form.get("run", ""))
        return "decide"

    return _done(visit, request, act, Kept())


class _NotDone(Refusal):
    """What was asked for is not done: why, and what to do."""


_SEE_OTHER = 303


def _done(visit: Visit, request: Request, act: Callable[[], str], kept: Kept) -> Response:
    """Act and lead back to the place that ``act`` returns; refused, show the page, words kept."""
    number = number_in(request)
    try:
        place = act()
    except Refusal as refusal:
        return review_page(visit, request, number, replace(kept, why=str(refusal)), 409)
    return RedirectResponse(f"/review/{number}#{quote(place)}", _SEE_OTHER)


def _seen(visit: Visit) -> Seen:
    form = visit.form
    if form.get("state") not in get_args(PullRequestState):
        raise Refused(400, "The form does not say what you saw. Load the page and decide there.")
    state = cast("PullRequestState", form["state"])
    return Seen(form.get("head", ""), state, whole_number(form.get("reviews", ""), "reviews"))


def _require_allowed(visit: Visit, decision: Decision) -> None:
    if decision.verdict == "accepted" and not visit.room.decider.may_accept:
        raise _NotDone("accept it on the forge's own page: nothing of ours approves there")
    asks = decision.verdict == "changes-requested"
    if asks and not decision.words and not waiting(visit.room.forge.threads(decision.number)):
        raise _NotDone("say in words what is to be different: no thread is open that says it")


def _require_words(words: str) -> None:
    if not words:
        raise _NotDone("there are no words in it; say it in words")


def _take(visit: Visit, number: int) -> None:
    """Tell the others that a review was begun."""
    visit.room.presence.take(number, visit.session, visit.room.now_iso())


def _begin(visit: Visit, number: int) -> None:
    if visit.room.revisions is not None:
        base = visit.room.forge.pull_request(number).draft.base_commit
        visit.room.revisions.begin(number, base)


ROUTES = (
    at("/review/{number}/decide", decide, post=True),
    at("/review/{number}/comment", comment, post=True),
    at("/review/{number}/thread", reply, post=True),
    at("/review/{number}/publish", publish, post=True),
)
