"""Next attempts that a page asked for: what is known of them, whoever makes and publishes them."""

from dataclasses import dataclass
from typing import Literal, Protocol

from scoping.refusal import Refusal


class RevisionRefusal(Refusal):
    """Nothing is published: why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One next attempt. ``doing`` is what is under way, or "".

    Of one that has ended: its ``run``, the ``state`` in which that ended and ``why``. ``command``
    publishes its result, until that ``is_published``; ``words`` is what was said beside.
    """

    doing: Literal["", "attempt", "publication"] = ""
    run: str = ""
    state: str = ""
    why: str = ""
    command: str = ""
    is_published: bool = False
    words: str = ""


class Revisions(Protocol):
    """Makes next attempts apart from the server: who asks a model shows no pages, nor publishes."""

    def begin(self, number: int, base: str) -> None:
        """Begin the next attempt at a pull request on commit ``base``, unless one is under way."""
        ...

    def publish(self, number: int, run: str) -> None:
        """Begin to publish what ``run`` proposed; RevisionRefusal where that is not the last."""
        ...

    def of(self, number: int) -> Revision | None:
        """Return the last one that was begun here, or None."""
        ...
