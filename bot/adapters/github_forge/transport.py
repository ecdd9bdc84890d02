"""One request, one answer: the only place that knows PyGithub.

Its own repetition is switched off. It repeats a POST after a 5xx or a dropped connection, and so
opened one pull request eleven times.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from bot.adapters.github_forge.access import App
from workflows.ports import ForgeRefusal

if TYPE_CHECKING:
    from github.Requester import Requester

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
PAGE = 100
_TIMEOUT_S = 30
_AGENT = "changewright"


@dataclass(frozen=True, slots=True)
class Request:
    """What GitHub is asked. ``path`` starts at the API's root, ``body`` is JSON."""

    verb: Verb
    path: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    body: Any = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said; ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_good(self) -> bool:
        """Whether GitHub did what was asked."""
        return self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Whether GitHub did nothing, and names another place."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def words(self) -> str:
        """Return GitHub's own message with its details, or nothing where it gave none."""
        try:
            told = json.loads(self.text)
        except ValueError:
            return ""
        if not isinstance(told, dict):
            return ""
        details = told.get("errors")
        parts = [told.get("message"), *(details if isinstance(details, list) else [])]
        said = (_said(part) for part in parts)
        return "; ".join(dict.fromkeys(part for part in said if part))[:1_000]


class Transport:
    """Carries requests under one secret at a time; another secret is another connection."""

    def __init__(self, api_url: str, ca_file: str = "") -> None:
        self._api_url = api_url
        self._ca_file = ca_file
        self._secret = ""
        self._requester: Requester | None = None

    def send(self, request: Request, secret: str, *, is_jwt: bool = False) -> Answer:
        """Send ``request`` once; OSError where no whole answer came."""
        headers = {"If-None-Match": request.etag} if request.etag else {}
        requester = self._requester_for(secret, is_jwt=is_jwt)
        try:
            status, told, text = requester.requestJson(
                request.verb, request.path, dict(request.parameters), headers, request.body
            )
        except (RuntimeError, AssertionError) as error:
            raise ForgeRefusal(
                f"the GitHub at {self._api_url} sends us to another place ({error}), where the"
                " token is not sent; mend forge.api_url"
            ) from error
        return Answer(status, told, text)

    def _requester_for(self, secret: str, *, is_jwt: bool) -> "Requester":
        if self._requester is None or secret != self._secret:
            from github import Auth, Github  # noqa: PLC0415 - 250 ms that --help does not need

            auth = Auth.AppAuthToken(secret) if is_jwt else Auth.Token(secret)
            self._requester = Github(
                auth=auth,
                base_url=self._api_url,
                timeout=_TIMEOUT_S,
                # The proxy it takes from the environment by itself.
                verify=self._ca_file or True,
                user_agent=_AGENT,
                per_page=PAGE,
                retry=None,
                seconds_between_requests=None,
                seconds_between_writes=None,
            ).requester
            self._secret = secret
        return self._requester


def app_jwt(app: App) -> str:
    """Return a token that proves, for some minutes, that we are the App."""
    from github import Auth  # noqa: PLC0415 - 250 ms that --help does not need

    try:
        return Auth.AppAuth(app.app_id, app.private_key_pem).token
    except Exception as error:  # noqa: BLE001 - each library below has exceptions of its own
        # Whatever a library makes of a damaged key, its words may hold part of the key.
        raise ForgeRefusal(
            f"the private key of App {app.app_id} cannot be used ({type(error).__name__}); give the"
            " .pem file that GitHub made for this App"
        ) from None


def _said(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    named = (part.get("message"), part.get("field"), part.get("code"))
    words = [str(word) for word in named if word]
    return words[0] if part.get("message") else " ".join(words)
