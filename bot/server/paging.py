"""A long list in pages, by a number that anybody may write into the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.server.rendering import Refused

_LONGEST_NUMBER = 7


@dataclass(frozen=True, slots=True)
class Page:
    """Some ``entries`` of a list, counted from 1 page on; ``last`` is that of the last page."""

    entries: tuple[Any, ...]
    number: int = 1
    last: int = 1


def page_of(entries: Sequence[Any], asked: str | None, size: int) -> Page:
    """Return the page that was ``asked`` for, the first where none was; Refused for no number."""
    number = whole_number(asked or "1", "page")
    last = max(1, -(-len(entries) // size))
    number = min(max(number, 1), last)
    return Page(tuple(entries[(number - 1) * size : number * size]), number, last)


def whole_number(words: str, name: str) -> int:
    """Return a number of an address or form; Refused says which one is none."""
    if not (words.isascii() and words.isdecimal() and len(words) <= _LONGEST_NUMBER):
        raise Refused(400, f"{name} is a whole number, and {words[:40]!r} is none.")
    return int(words)
