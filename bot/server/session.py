"""Who may look and decide: one who was given the printed link, for as long as the server runs.

An invitation works once and is exchanged for a cookie, so that what stands in a terminal's history
or a browser's is worth nothing. Nothing here is written anywhere: a new start is a new key.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

_BYTES = 32
_MOST_SESSIONS = 500
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. ``csrf`` stands in each of its forms, ``reviewer`` is the name it decides by."""

    reviewer: str
    csrf: str = field(repr=False)

    def has_sent(self, csrf: str) -> bool:
        """Whether a form that holds ``csrf`` was made for this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))


class Sessions:
    """Invitations and sessions of one server; ``told`` hears the invitation after a used one.

    Safe for many threads: of two who come with one invitation, one is let in.
    """

    def __init__(self, reviewer: str, told: Callable[[str], None]) -> None:
        self._reviewer = reviewer
        self._told = told
        self._lock = threading.Lock()
        self._invitation = ""
        self._sessions: dict[bytes, Session] = {}

    def invite(self) -> str:
        """Return a new invitation, which takes the place of the one before."""
        with self._lock:
            return self._invited()

    def admit(self, invitation: str) -> str:
        """Exchange an invitation for the secret of a new session; "" for any that is not open."""
        asked = _hashed(invitation.encode("utf-8", "replace"))
        with self._lock:
            is_open = hmac.compare_digest(asked, _hashed(self._invitation.encode()))
            if not (is_open and self._invitation):
                return ""
            secret = secrets.token_urlsafe(_BYTES)
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            session = Session(self._reviewer, secrets.token_urlsafe(_BYTES))
            self._sessions[_hashed(secret.encode())] = session
            following = self._invited()
        self._told(following)
        return secret

    def of(self, secret: str) -> Session | None:
        """Return the session that a cookie's value opens, or None."""
        # Looked up by its hash: how long that takes says nothing about the secret.
        return self._sessions.get(_hashed(secret.encode("utf-8", "replace")))

    def rename(self, session: Session, name: str) -> str:
        """Let a session decide by another name, which nobody checks; return it as it is kept."""
        kept = " ".join(name.split())[:_LONGEST_NAME]
        with self._lock:
            for key, known in self._sessions.items():
                if kept and known is session:
                    self._sessions[key] = replace(known, reviewer=kept)
        return kept

    def _invited(self) -> str:
        self._invitation = secrets.token_urlsafe(_BYTES)
        return self._invitation


def _hashed(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()
