"""Next attempts at a pull request: those that a page asked for, and what the journal says of all.

What is under way is known to whoever began it; whether a result waits to be published is read from
the journal each time, so that a new start of the server forgets nothing.
"""

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


@dataclass(frozen=True, slots=True)
class Ready:
    """What a next attempt proposed, and nobody has published yet; ``bundle`` is its file."""

    run: str
    why: str
    bundle: str


class Revisions(Protocol):
    """Makes next attempts apart from the server: who asks a model shows no pages, nor publishes."""

    def begin(self, number: int, base: str) -> None:
        """Begin the next attempt at a pull request on commit ``base``, unless one is under way."""
        ...

    def publish(self, number: int, ready: Ready) -> None:
        """Begin to publish a result, unless that is under way; RevisionRefusal for another one."""
        ...

    def command(self, ready: Ready) -> str:
        """Return the command line that publishes a result."""
        ...

    def of(self, number: int) -> Revision | None:
        """Return the last one that was begun here, without its command, or None."""
        ...
