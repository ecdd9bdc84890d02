"""Next attempts that a page asked for: what is known of them, whoever makes them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Revision:
    """One next attempt. ``words`` are the end of what it said, once it ``is_running`` no more."""

    is_running: bool
    words: str = ""


class Revisions(Protocol):
    """Makes next attempts apart from the server: who asks a model shows no pages."""

    def begin(self, number: int, base: str) -> None:
        """Begin the next attempt at a pull request on commit ``base``, unless one is under way."""
        ...

    def of(self, number: int) -> Revision | None:
        """Return the last one that was begun here, or None."""
        ...
