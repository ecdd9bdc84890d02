"""What became of an attack: the five words, and how they are found.

An attack that neither said that it came to its end nor ended as it may has attacked nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.attacks.case import Case
from validators.sandbox import Completed

Word = Literal["held", "breached", "not given", "unclear", "not here"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one attack; ``why`` says what was seen."""

    case: str
    boundary: str
    backend: str
    user: str
    word: Word
    why: str = ""
    wall_s: float = 0.0


def judged(case: Case, done: Completed, breaches: list[str]) -> tuple[Word, str]:
    """Return the word for an attack, and why."""
    if breaches:
        return "breached", "; ".join(breaches)
    text = done.stdout.text
    if done.outcome in case.ends or "HELD" in text:
        return "held", done.outcome
    said = " ".join((done.detail or done.stderr.text or text).split())
    return "unclear", f"ended as {done.outcome} ({done.code}) and attacked nothing: {said[-300:]}"


def said(done: Completed) -> Iterator[str]:
    """Yield what a snippet said it got through to."""
    for line in (done.stdout.text + "\n" + done.stderr.text).splitlines():
        if line.startswith("BREACH"):
            yield f"it got through{line.removeprefix('BREACH')}"[:300]


def gaps(results: Iterable[Result]) -> list[str]:
    """Return what must not be, one line each: every breach and every case that attacked nothing."""
    return [
        f"{result.case} ({result.backend}, {result.user}) {result.word}: {result.why}"
        for result in results
        if result.word in {"breached", "unclear"}
    ]
