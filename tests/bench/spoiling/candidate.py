"""A tree that may be a spoiled form of a fix."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """``note`` says what was spoiled: a test, a place in a file."""

    tree: str
    note: str
