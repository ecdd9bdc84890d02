"""What GitHub's refusals mean: which right is missing, how long to wait, what a person can do."""

import re
from datetime import UTC, datetime
from http import HTTPStatus

from bot.adapters.github_forge.transport import Answer, Request
from workflows.ports import ForgeRefusal
from workflows.press import ForgeBusy

# GitHub asks for at least a minute where it does not say how long.
_UNSAID_WAIT_S = 60.0
_LIMITED = re.compile(
    r"rate limit|abuse detection|try again later|wait a few minutes", re.IGNORECASE
)
_NAMED = "x-accepted-github-permissions"
_NO_RIGHT = "resource not accessible by"
_RIGHTS = (
    (re.compile(r"/check-runs"), "checks"),
    (re.compile(r"/actions/(workflows|runs)/"), "actions"),
    (re.compile(r"/pulls(/|$)|/graphql$"), "pull-requests"),
    (re.compile(r"/issues(/|$)"), "issues"),
    (re.compile(r"/(git|contents|compare|commits|forks)(/|$)"), "contents"),
)
_SENTENCES = {
    "not permitted to create or approve pull requests": (
        "this repository does not let workflows open pull requests; switch on Settings > Actions >"
        ' General > "Allow GitHub Actions to create and approve pull requests"'
    ),
    "archived so is read-only": (
        "the repository is archived, and so can only be read; unarchive it in its settings"
    ),
    "draft pull requests are not supported": (
        "this repository's plan has no draft pull requests; set pr.draft to false"
    ),
    "saml enforcement": (
        "the organisation wants its single sign-on for this token; authorise the token for the"
        " organisation in GitHub's settings"
    ),
    "issues are disabled": "this repository has no issues; switch them on in its settings",
    "protected branch": (
        "the branch is protected by a rule of the repository; let the rule spare branches below"
        " changewright/"
    ),
}


class Answered(ForgeRefusal):
    """GitHub said no, and did nothing. ``status`` is HTTP's, ``words`` GitHub's own."""

    def __init__(self, message: str, status: int, words: str) -> None:
        super().__init__(message)
        self.status = status
        self.words = words


class Unsettled(ForgeRefusal):
    """A write was sent and no answer tells whether it was done: look before anything else."""


class Moved(ForgeRefusal):
    """A write was not taken because the repository bears another name now."""


class Limited(ForgeBusy):
    """GitHub takes no more requests until ``until`` (UTC, ISO 8601)."""

    def __init__(self, message: str, until: str) -> None:
        super().__init__(message)
        self.until = until


def wait_s(answer: Answer, now: float) -> float | None:
    """Return how long GitHub wants us to wait, or None where it does not limit us.

    What a limit refused was not done: asking again after the wait repeats nothing.
    """
    asked = answer.headers.get("retry-after", "")
    says_so = bool(asked) or bool(_LIMITED.search(answer.words))
    too_many = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    if not (too_many or (says_so and answer.status == HTTPStatus.FORBIDDEN)):
        return None
    if asked.isdecimal():
        return float(asked)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(float(reset) - now, 0.0) + 1.0
    return _UNSAID_WAIT_S


def limited(until: float) -> Limited:
    """Return the refusal for a limit that is not waited for."""
    when = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")
    return Limited(
        f"GitHub takes no more requests from this token until {when}; nothing is lost: run the same"
        " command again after that",
        when,
    )


def mended(error: OSError) -> str:
    """Return what to look at where no answer came: a library has an exception for each cause."""
    kind = type(error).__name__
    if "SSL" in kind:
        return "name a file with the certificate of its authority in SSL_CERT_FILE"
    return "check HTTPS_PROXY and NO_PROXY" if "Proxy" in kind else "check the network"


def answered(request: Request, answer: Answer) -> Answered:
    """Return the refusal that a status of 400 and above stands for."""
    why = _why(request, answer)
    return Answered(f"{request.verb} {request.path}: {why}", answer.status, answer.words)


def _why(request: Request, answer: Answer) -> str:
    words = answer.words.rstrip(".")
    told = words.lower()
    for part, sentence in _SENTENCES.items():
        if part in told:
            return f"{sentence} (GitHub: {words})"
    if _NO_RIGHT in told or (answer.status == HTTPStatus.FORBIDDEN and _NAMED in answer.headers):
        return _missing(request, answer, words)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return (
            "GitHub does not take the token: it is wrong, expired or withdrawn; make a new one and"
            " set it in the environment"
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return (
            "GitHub knows of no such thing, or the token may not see it; check forge.repository and"
            " what the token is for"
        )
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"GitHub is in trouble (status {answer.status}); run the same command again later"
    return f"GitHub refused with status {answer.status}: {words or 'it gave no reason'}"


def _missing(request: Request, answer: Answer, words: str) -> str:
    """Name the right that is missing: GitHub names it itself, or the path tells."""
    named = answer.headers.get(_NAMED, "")
    right = re.split(r"[;,]", named)[0].strip().replace("_", "-").replace("=", ": ")
    if not right:
        level = "read" if request.verb == "GET" else "write"
        area = next((area for path, area in _RIGHTS if path.search(request.path)), "contents")
        right = f"{area}: {level}"
    return (
        f"the token lacks the permission {right}; grant it to the job (permissions:), the App or"
        f" the token, then run the same command again (GitHub: {words})"
    )
