"""The functions of a Python file that edits change, each as a text that can be compiled alone.

To compile a whole file costs as much as to parse it, and most of it is what it was. A function
that compiles before and after, between lines that did not change, leaves the rest of its file as
sound as it was; where that cannot be told from the text, the whole file is looked at.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from validators.codemods.edit import Splice, spliced

Lines = list[tuple[int, int]]

_TRIPLES = (re.compile(rb"\"\"\""), re.compile(rb"\"\"\"|'''"))
_HEAD = re.compile(rb"([ \t]*)((?:async[ \t]+)?def[ \t]+)")
_QUOTES = (b'"', b"'", b"#")
# It changes what may stand in an annotation.
_FUTURE = b"from __future__ import annotations\n"
# Functions above an edit that may end before it: more are in a file made for it alone.
_MOST_TRIED = 20


def changed_functions(
    content: bytes, splices: Sequence[Splice]
) -> tuple[tuple[bytes, bytes], ...] | None:
    """Return each function that ``splices`` change, before and after; None where that is not all.

    Each text is one that compiles if and only if the function does, and ends where it seems to.
    """
    strings = None if _is_odd(content) else _strings(content)
    if strings is None:
        return None
    text = _Text(content, strings)
    spans: list[tuple[int, int]] = []
    for splice in splices:
        if spans and spans[-1][0] < splice.start and splice.stop < spans[-1][1]:
            continue
        span = text.function_around(splice)
        if span is None:
            return None
        while spans and span[0] <= spans[-1][0]:
            spans.pop()  # it stands in this one
        if spans and span[0] < spans[-1][1]:
            return None
        spans.append(span)
    found = [_before_and_after(content, span, splices) for span in spans]
    return None if None in found else tuple(pair for pair in found if pair is not None)


def _is_odd(content: bytes) -> bool:
    """Whether lines are not what they seem: joined, ended otherwise, or in another encoding."""
    head = b"".join(content.split(b"\n", 2)[:2]).lower()
    is_coded = b"coding" in head and b"utf-8" not in head
    return is_coded or any(sign in content for sign in (b"\\\n", b"\r", b"\f"))


def _strings(content: bytes) -> Lines | None:
    """Return where strings of several lines begin and end; None where a look does not tell."""
    found: Lines = []
    # What may be either of two is tried at each letter, and hardly any file has both.
    triple, at = _TRIPLES[b"'''" in content], 0
    while opened := triple.search(content, at):
        before = content[content.rfind(b"\n", 0, opened.start()) + 1 : opened.start()]
        line = before[max(0, at - opened.start() + len(before)) :] if at else before
        closed = content.find(opened[0], opened.end())
        if any(sign in line for sign in (*_QUOTES, b"\\")) or closed < 0:
            return None
        if b"\\" in content[opened.end() : closed]:
            return None
        at = closed + len(opened[0])
        found.append((opened.start(), at))
    return found


class _Text:
    """The lines of a file, of which those that begin within a string are known."""

    def __init__(self, content: bytes, strings: Lines) -> None:
        self._content = content
        self._strings = strings
        self._begun = [start for start, _ in strings]

    def function_around(self, splice: Splice) -> tuple[int, int] | None:
        """Return the bytes of the function that holds a splice behind its first line's name."""
        tried = 0
        for start, stop in self._lines_up(splice.start):
            head = _HEAD.match(self._content, start, stop)
            if head is None or self._is_within(start):
                continue
            end = self.end_of(stop, len(head[1]))
            if head.end() <= splice.start and splice.stop < end:
                return start, end
            tried += 1
            if tried == _MOST_TRIED:
                return None
        return None

    def _lines_up(self, at: int) -> Iterator[tuple[int, int]]:
        """Yield the line of a byte and those above it; ends hold the line feed."""
        stop = self._content.find(b"\n", at) + 1 or len(self._content)
        while stop:
            start = self._content.rfind(b"\n", 0, stop - 1) + 1
            yield start, stop
            stop = start

    def end_of(self, at: int, indent: int) -> int:
        """Return where the block ends whose head, ``indent`` deep, ends at ``at``."""
        for found in _behind(indent).finditer(self._content, at - 1):
            if not self._is_within(found.start() + 1):
                return found.start() + 1
        return len(self._content)

    def _is_within(self, at: int) -> bool:
        place = bisect_right(self._begun, at) - 1
        return place >= 0 and self._strings[place][0] < at < self._strings[place][1]


@lru_cache(maxsize=64)
def _behind(indent: int) -> re.Pattern[bytes]:
    """Return what finds the end before a line that is no deeper, not idle, and closes nothing."""
    return re.compile(rb"\n[ \t]{0,%d}+[^ \t\n\v#)\]}]" % indent)


def _before_and_after(
    content: bytes, span: tuple[int, int], splices: Sequence[Splice]
) -> tuple[bytes, bytes] | None:
    start, stop = span
    own = [
        Splice(one.start - start, one.stop - start, one.text)
        for one in splices
        if start <= one.start < stop
    ]
    before = content[start:stop]
    after = spliced(before, own)
    if not before.endswith(b"\n") or not _is_one_block(after):
        return None
    future = _FUTURE if _FUTURE in content else b""
    return _alone(before, future), _alone(after, future)


def _is_one_block(function: bytes) -> bool:
    """Whether nothing in it stands as far left as its head, where its block would end."""
    strings = None if _is_odd(function) else _strings(function)
    head = _HEAD.match(function)
    if strings is None or head is None:
        return False
    first = function.find(b"\n") + 1
    return first > 0 and _Text(function, strings).end_of(first, len(head[1])) == len(function)


def _alone(function: bytes, future: bytes) -> bytes:
    """Return a function in a block as deep as its own, which goes on behind it."""
    indent = function[: len(function) - len(function.lstrip(b" \t"))]
    beside = indent + b"pass\n"
    head = b"class _:\n" if indent else b""
    return b"".join((future, head, beside, function, beside))
