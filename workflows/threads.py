"""What is said at lines of a pull request, and what we answered: the nouns of review threads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

MOST_TURNS = 12
_MOST_THREADS, _MOST_CHARACTERS = 50, 200_000

Side = Literal[
    "head",  # a line of the file as the change leaves it
    "base",  # a line that the change takes away
]


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """One turn of a thread, its text untrusted unless it ``is_ours``; ``at`` is UTC ISO 8601.

    ``verified`` says whether the forge vouches for who the author is.
    """

    author: str
    body: str
    at: str
    is_ours: bool = False
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A talk at one line; ``line`` 0 is the whole file, an empty ``path`` the whole change.

    ``id`` is the forge's own. One that is ``outdated`` stands at a line that has changed since.
    """

    id: str
    path: str
    line: int
    side: Side
    comments: tuple[ThreadComment, ...]
    resolved: bool = False
    outdated: bool = False

    @property
    def place(self) -> str:
        """Where it stands, for people; "the whole change" where it stands nowhere."""
        if not self.path:
            return "the whole change"
        before = " (before the change)" if self.side == "base" else ""
        return (f"{self.path}:{self.line}" if self.line else self.path) + before


def waiting(
    threads: Iterable[Thread], may_ask: Callable[[str], bool] = lambda _: True
) -> tuple[Thread, ...]:
    """Return the unresolved threads that wait for us, with the words of those alone who may ask.

    A thread whose last such word is ours waits for a person; one nobody who may ask took part in
    waits for nobody.
    """
    found = []
    for thread in threads:
        heard = tuple(one for one in thread.comments if one.is_ours or may_ask(one.author))
        if not thread.resolved and heard and not heard[-1].is_ours:
            found.append(replace(thread, comments=heard))
    return tuple(found)


def shown_of(threads: Iterable[Thread]) -> tuple[Thread, ...]:
    """Return as many threads, each by its last turns, as one run can deal with; the first always.

    What is left out waits for the next run.
    """
    kept: list[Thread] = []
    length = 0
    for thread in threads:
        turns = thread.comments[-MOST_TURNS:]
        length += sum(len(one.body) for one in turns)
        if kept and (len(kept) == _MOST_THREADS or length > _MOST_CHARACTERS):
            break
        kept.append(replace(thread, comments=turns))
    return tuple(kept)


AnswerKind = Literal[
    "changed",  # the file it is about is another now
    "answered",  # in words alone
    "unanswered",  # the author said nothing to it that could be told
]


@dataclass(frozen=True, slots=True)
class ThreadAnswer:
    """What a revision did about one thread; ``words`` are a model's, untrusted, perhaps none.

    ``heard`` is when the last turn was said that the author was shown: what came later is not
    answered by this.
    """

    thread: str
    path: str
    line: int
    kind: AnswerKind
    words: str = ""
    heard: str = ""
