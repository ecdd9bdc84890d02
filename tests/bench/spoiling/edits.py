"""Edits of one file's bytes, and the ready-made ways in which a test can be weakened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Weakening = Literal["removed", "skipped", "emptied", "loosened", "tautology"]


@dataclass(frozen=True, slots=True)
class Edit:
    start: int
    end: int
    text: bytes = b""


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test as it stands in a file; ``weaker`` has none where it cannot be weakened that way."""

    name: str
    text: bytes
    weaker: Mapping[Weakening, tuple[Edit, ...]]
    is_plain: bool = True


def edited(source: bytes, edits: Iterable[Edit]) -> bytes:
    """Return ``source`` with all edits done; of two that overlap, the one that begins later.

    What is inserted at one place stands there in the order given.
    """
    end = len(source)
    ordered = sorted(dict.fromkeys(edits), key=lambda edit: edit.start)
    for edit in reversed(ordered):
        if edit.end <= end:
            source = source[: edit.start] + edit.text + source[edit.end :]
            end = edit.start
    return source
