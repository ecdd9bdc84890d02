"""What is said at lines of a pull request, and what we answered: the nouns of review threads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

MOST_TURNS = 12
_MOST_THREADS, _MOST_CHARACTERS = 50, 200_000
_HEARD = " heard "

Side = Literal[
    "head",  # a line of the file as the change leaves it
    "base",  # a line that the change takes away
]


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """One turn of a thread, its text untrusted unless it ``is_ours``; ``at`` is UTC ISO 8601.

    ``verified`` says whether the forge vouches for who the author is, ``key`` is what an answer of
    ours was said once by.
    """

    author: str
    body: str
    at: str
    is_ours: bool = False
    verified: bool = False
    key: str = ""


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
    waits for nobody. An answer stands before what its author was not shown, whenever it went out:
    that still waits.
    """
    found = []
    for thread in threads:
        heard = _in_turn(one for one in thread.comments if one.is_ours or may_ask(one.author))
        if not thread.resolved and heard and not heard[-1].is_ours:
            found.append(replace(thread, comments=heard))
    return tuple(found)


def has_answered(threads: Iterable[Thread], author: str, body: str, at: str) -> bool:
    """Whether we answered what ``author`` said in a thread ``at`` a moment, as the forge has it."""
    for thread in threads:
        turns = _in_turn(thread.comments)
        ours = max((place for place, one in enumerate(turns) if one.is_ours), default=0)
        if (author, body, at) in ((one.author, one.body, one.at) for one in turns[:ours]):
            return True
    return False


def answer_key(run: str, heard: str) -> str:
    """Return what the answer of ``run`` is said once by; it tells what was ``heard`` before it."""
    return f"thread {run}{_HEARD}{heard}"


def _in_turn(comments: Iterable[ThreadComment]) -> tuple[ThreadComment, ...]:
    """Return the turns with each answer of ours behind the last that its author was shown."""
    turns: list[ThreadComment] = []
    for one in comments:
        place, heard = len(turns), one.key.partition(_HEARD)[2] if one.is_ours else ""
        while heard and place and not turns[place - 1].is_ours and turns[place - 1].at > heard:
            place -= 1
        turns.insert(place, one)
    return tuple(turns)


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
