"""The printed link is exchanged for a cookie, and out of the address."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.server.rendering import Refused
from bot.server.visit import Visit, at


def sign_in(visit: Visit, request: Request) -> Response:
    """Begin a session for who holds an invitation that is open."""
    if visit.session.csrf:
        return RedirectResponse("/", 303)
    if request.method != "GET":  # who only looks whether it is there does not use it up
        raise Refused(405, "A link is opened, and nothing else.")
    secret = visit.room.sessions.admit(request.query_params.get("token", ""))
    if not secret:
        raise Refused(
            401,
            "This link is not open any more: each works once. The server printed a new one when it"
            " was used; open that.",
        )
    answer = RedirectResponse("/", 303)
    answer.set_cookie(visit.room.cookie, secret, httponly=True, samesite="strict", path="/")
    return answer


def rename(visit: Visit, _request: Request) -> Response:
    """Let this browser decide by another name."""
    if visit.room.forge_kind != "local":
        raise Refused(403, "GitHub knows who you are by the token; no other name counts there.")
    if not visit.room.sessions.rename(visit.session, visit.form.get("name", "")):
        raise Refused(400, "Say by which name you decide; the one before still counts.")
    return RedirectResponse("/", 303)


ROUTES = (at("/sign-in", sign_in), at("/name", rename, post=True))
