"""An independent look at files before and after: how many sites, where, and what does not parse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoping.child import Child
from validators.codemods.crew import Source
from validators.codemods.frames import packed, unpacked
from validators.codemods.program import CodemodRefusal
from validators.codemods.sites import required_word

_TIMEOUT_S = 20.0
# Each may take the whole time limit.
_MAX_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Site:
    """One expected site: its bytes, and whether it stands in code, a string, a comment or an error.

    ``text`` is where there is no grammar to tell.
    """

    start: int
    stop: int
    where: str


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one file; ``failed`` where nobody could look at it in time."""

    sites: tuple[Site, ...] = ()
    errors: tuple[tuple[int, int], ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """Whether a file follows its language; the first and last line of each place where not."""

    is_sound: bool
    errors: tuple[tuple[int, int], ...] = ()

    def is_worse_than(self, before: "Parsed") -> bool:
        """Whether more is wrong with this file than with the one it was made from."""
        return before.is_sound or len(self.errors) > len(before.errors)


class Auditor(Child):
    """Looks at files in a child process that never runs a program; use it in ``with``."""

    def __init__(self, sites: str, timeout_s: float = _TIMEOUT_S) -> None:
        super().__init__("validators.codemods.audit_child", timeout_s)
        self._sites = sites
        self._failures = 0

    def count(self, files: Sequence[Source]) -> list[Look]:
        """Return the sites of each file, wherever they stand.

        CodemodRefusal when the count's expression takes too long again and again.
        """
        word = required_word(self._sites)
        asked = [one for one in files if word in one.content]
        answers = iter(self._answers(b"count", asked))
        looks = (_look(one) if one is not None else Look(failed=True) for one in answers)
        return [next(looks) if word in one.content else Look() for one in files]

    def place(self, files: Sequence[Source]) -> list[Look]:
        """Return the same with what each site stands in, and where the file does not parse."""
        answers = self._answers(b"place", files)
        return [_look(one) if one is not None else Look(failed=True) for one in answers]

    def parse(self, files: Sequence[Source]) -> list[Parsed]:
        """Return whether each file parses."""
        return [
            Parsed(one["sound"], tuple((first, last) for first, last in one["errors"]))
            if one is not None
            else Parsed(is_sound=False, errors=((1, 1),))
            for one in self._answers(b"parse", files)
        ]

    def _answers(self, what: bytes, files: Sequence[Source]) -> list[Any]:
        """Return the child's answers; None for a file that broke it, which is found out alone."""
        if not files:
            return []
        languages = [one.language for one in files]
        header = {"sites": self._sites, "languages": languages}
        answer = self.ask(what, packed(header, *(one.content for one in files)))
        if answer is not None:
            found: list[Any] = unpacked(answer)[0]["files"]
            return found
        if len(files) > 1:
            return [answer for one in files for answer in self._answers(what, [one])]
        self._failures += 1
        if self._failures >= _MAX_FAILURES:
            raise CodemodRefusal(
                f"counting SITES takes longer than {_TIMEOUT_S:g} s a file; write a simpler regular"
                " expression, without a repetition inside a repetition"
            )
        return [None]


def _look(said: Any) -> Look:  # noqa: ANN401 - JSON of our own child
    return Look(
        tuple(Site(*one) for one in said["sites"]),
        tuple((first, last) for first, last in said["errors"]),
    )
