"""A new text with holes, filled with what a match holds: kept as it stands, layout and all."""

import re
from collections.abc import Iterator
from functools import cache

from scoping.languages import BY_NAME
from validators.codemods.edit import Span
from validators.codemods.node import Node
from validators.codemods.pattern import with_places
from validators.codemods.pattern_code import parsed

# What a text to be filled in says of holes; two dollars are one.
_TEMPLATE = re.compile(r"\$\$(?![$A-Z_])|\$(\$\$)?([A-Z_][A-Z0-9_]*)")
# A name right before a bracket: what follows are the arguments of a call, not a thing in brackets.
_CALLED = re.compile(r"(\w+)\($")
_NO_CALLS = frozenset(
    (
        *("and", "assert", "await", "case", "catch", "del", "elif", "for", "if", "in", "is", "not"),
        *("or", "return", "switch", "throw", "typeof", "while", "with", "yield"),
    )
)
_COMMA_BEFORE, _COMMA_BEHIND = re.compile(r",\s*$"), re.compile(r"^\s*,\s*")

# Words of ours, what one hole holds, or from where to where something is kept.
Piece = str | Node | Span


def filled(node: Node, text: str) -> Iterator[Piece]:
    """Yield the pieces of ``text`` with what the holes of ``node`` hold; KeyError for no such hole.

    A row that is all there is in a call's brackets, and in new ones, keeps what stands between it
    and them: line ends, comments, a last comma; one that begins there what is before it. A row of
    none takes one comma with it.
    """
    at, takes_comma = 0, False
    for hole in _TEMPLATE.finditer(text):
        before, at = text[at : hole.start()], hole.end()
        before = _COMMA_BEHIND.sub("", before) if takes_comma else before
        takes_comma = False
        row = node.row(hole[2]) if hole[2] else []
        if hole[2] is None:
            yield f"{before}$"
        elif row:
            yield before
            yield _kept(before, row, text[at:]) if hole[1] or len(row) > 1 else row[0]
        else:
            shorter = _COMMA_BEFORE.sub("", before)
            takes_comma = shorter == before
            yield shorter
    yield _COMMA_BEHIND.sub("", text[at:]) if takes_comma else text[at:]


def ending(node: Node, text: str, language: str) -> str:
    """Return the semicolon of a matched statement that neither its pattern nor ``text`` has."""
    last = node.tokens[-1:]
    if not node.is_open_ended or not last or last[0].kind != ";" or text.rstrip().endswith(";"):
        return ""
    return ";" if _takes_semicolon(language, text.strip()) else ""


@cache
def _takes_semicolon(language: str, text: str) -> bool:
    """Whether a new text is a statement that ends with one; a function's definition is none."""
    code = with_places(text)
    ends = [one.children[-1:] for one in parsed(BY_NAME[language], f"{code};")]
    if ends:
        return any(last[0].type == ";" for last in ends if last)
    return not code.endswith("}") and "cwrowz" not in code.rpartition("\n")[2]


def _kept(before: str, row: list[Node], after: str) -> Span:
    held, called = row[0].parent, _CALLED.search(before)
    start, stop = row[0].start, row[-1].stop
    if held is None or called is None or called[1] in _NO_CALLS:
        return start, stop
    opening, *_, closing = held.tokens
    if (opening.kind, closing.kind) != ("(", ")") or held.children[: len(row)] != row:
        return start, stop
    is_all = held.children == row and after.startswith(")")
    return opening.stop, closing.start if is_all else stop
