"""The secret that a request bears: the one that was given, or one an App minted for an hour.

An App's token is minted for one repository and for named permissions alone.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.access import App, GitHubAccess, Token
from bot.adapters.github_forge.faults import answered
from bot.adapters.github_forge.transport import Answer, Request, Transport, app_jwt
from bot.redaction import Redactor
from validators.encoding import decode
from workflows.ports import ForgeRefusal

# A token that ends while git still pushes is of no use.
_SPARE_S = 300.0

T = TypeVar("T")


class Tokens:
    """Hands out the secret to use now, and keeps each that it handed out from being shown."""

    def __init__(self, access: GitHubAccess, now: Callable[[], float]) -> None:
        self._access = access
        self._now = now
        self._transport = Transport(access.api_url, access.network.ca_file)
        self._minted = ""
        self._ends = 0.0
        given = access.credentials
        secret = given.secret if isinstance(given, Token) else given.private_key_pem
        self._known = [secret, *filter(None, (access.network.password,))]

    @property
    def can_renew(self) -> bool:
        """Whether another secret can be had when GitHub no longer takes the present one."""
        return isinstance(self._access.credentials, App)

    def current(self) -> str:
        """Return the secret to use now."""
        given = self._access.credentials
        if isinstance(given, Token):
            return given.secret
        if not self._minted or self._now() > self._ends - _SPARE_S:
            self._mint(given)
        return self._minted

    def forget(self) -> None:
        """Take the present secret for ended, whatever was said about its time."""
        self._minted = ""

    def app_login(self) -> str:
        """Return the name an App acts under; "" where there is no App."""
        given = self._access.credentials
        if not isinstance(given, App):
            return ""
        return self._as_app(given, Request("GET", "/app"), answers.AppName).slug + "[bot]"

    def redacted(self, text: str) -> str:
        """Return ``text`` without any secret that was given or handed out."""
        return Redactor(self._known).text(text)

    def _mint(self, app: App) -> None:
        number = app.installation_id or self._installation(app)
        owner, _, name = self._access.repository.partition("/")
        wanted = {"repositories": [name], "permissions": dict(app.permissions)}
        path = f"/app/installations/{number}/access_tokens"
        try:
            minted = self._as_app(app, Request("POST", path, body=wanted), answers.AppToken)
        except ForgeRefusal as error:
            raise ForgeRefusal(
                f"App {app.app_id} gets no token for {owner}/{name}: {error}. Install it on this"
                " repository under its present name, with the permissions it is asked for"
            ) from error
        self._minted = minted.token
        self._known.append(minted.token)
        self._ends = _seconds(minted.expires_at)

    def _installation(self, app: App) -> int:
        path = f"/repos/{self._access.repository}/installation"
        return self._as_app(app, Request("GET", path), answers.Installation).id

    def _as_app(self, app: App, request: Request, shape: type[T]) -> T:
        try:
            answer: Answer = self._transport.send(request, app_jwt(app), is_jwt=True)
        except OSError as error:
            raise ForgeRefusal(
                f"{self._access.api_url} cannot be reached ({type(error).__name__}); check the"
                " network, then run the same command again"
            ) from error
        if not answer.is_good:
            raise answered(request, answer)
        return decode(answer.text.encode(), shape)


def _seconds(instant: str) -> float:
    """Return a time of GitHub's as seconds; one that cannot be read has passed."""
    try:
        return datetime.fromisoformat(instant).astimezone(UTC).timestamp()
    except ValueError:
        return 0.0
