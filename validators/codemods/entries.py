"""Edits that put an entry into a list, as the others are written: in a line, or each its own."""

from collections.abc import Callable, Sequence
from typing import Any

from validators.codemods.edit import Edit, Span
from validators.codemods.listed import Listed
from validators.codemods.tree import is_comment
from validators.edits.syntax_node import SyntaxNode


def listed(content: bytes, held: SyntaxNode, entries: Sequence[SyntaxNode]) -> Listed:
    """Return the list of ``entries`` whose commas and comments are parts of ``held``."""
    parts = held.children
    return Listed(
        content,
        tuple((one.start_byte, one.end_byte) for one in entries),
        tuple((one.start_byte, one.end_byte) for one in parts if one.type == ","),
        tuple((one.start_byte, one.end_byte) for one in parts if is_comment(one)),
    )


def put_in_order(
    there: Listed, names: Sequence[str], entry: str, order: Callable[[str], Any]
) -> Edit:
    """Return the edit that adds ``entry`` before the first that comes after it, if all do so."""
    keys = [order(name) for name in names]
    later = next((at for at, key in enumerate(keys) if key > order(entry)), None)
    if later is None or keys != sorted(keys):
        return put_behind(there, entry, None)
    return put_before(there, later, entry, None)


def put_before(there: Listed, at: int, text: str, site: Span | None) -> Edit:
    """Return the edit that adds an entry before another, on a line of its own where that is."""
    place, indent = there.entries[at][0], there.indent(at)
    lines = {there.line(start) for start, _ in there.entries}
    is_apart = indent is not None and not there.is_continued(place)
    own_line = is_apart and len(lines) == len(there.entries)
    gap = f"\n{indent}" if own_line else " "
    return Edit(place, place, (f"{text},{gap}",), site)


def put_behind(there: Listed, text: str, site: Span | None) -> Edit:
    """Return the edit that adds a last entry; where one has its own line, behind its comment."""
    final = len(there.entries) - 1
    stop, comma = there.entries[final][1], there.comma(final)
    place = comma[1] if comma else stop
    indent, comment = there.indent(final), there.own_comment(final)
    end = comment[1] if comment else place
    behind = there.content[end:]
    is_open = b"\n" in behind[: len(behind) - len(behind.lstrip())] and behind.lstrip()[:1] in (
        b")",
        b"]",
        b"}",
    )
    if indent is None or not is_open:
        return Edit(place, place, (f" {text}," if comma else f", {text}",), site)
    if comma:
        return Edit(end, end, (f"\n{indent}{text},",), site)
    return Edit(place, end, (",", (place, end), f"\n{indent}{text}"), site)
