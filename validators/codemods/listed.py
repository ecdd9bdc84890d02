"""Entries of a list in code: what goes when some of them go, so that the rest reads as before.

An entry takes its comma with it, its line where it stands alone on one, and the comment behind it
there. A comment of another entry stays.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """Where in ``content`` the entries of a list stand, with the commas and comments among them."""

    content: bytes
    entries: tuple[Span, ...]
    commas: tuple[Span, ...]
    comments: tuple[Span, ...]

    def without(self, gone: Collection[int]) -> Iterator[Span]:
        """Yield what goes with the entries at the places ``gone``, which are not all, in order."""
        left = [at for at in range(len(self.entries)) if at not in gone]
        spans = sorted([*self._before(left[0]), *(span for at in gone for span in self._of(at))])
        last, final = self.entries[left[-1]], len(self.entries) - 1
        if final in gone and self.comma(final) is None:
            spans = sorted([*spans, *self._up_to_next(left[-1], last)])
        yield from _united(spans)

    def own_comment(self, at: int) -> Span | None:
        """Return the comment that ends the line on which an entry ends, behind it and its comma."""
        entry, comma = self.entries[at], self.comma(at)
        stop = comma[1] if comma else entry[1]
        if b"\n" in self.content[entry[1] : stop]:
            return None
        there = next((one for one in self.comments if one[0] >= stop), None)
        is_next = there is not None and not self.content[stop : there[0]].strip(b" \t")
        is_last = there is not None and not self._rest_of_line(there[1]).strip()
        return there if is_next and is_last else None

    def indent(self, at: int) -> str | None:
        """Return what stands before an entry that begins its line; None where it does not."""
        start = self.entries[at][0]
        before = self.content[self._line_start(start) : start]
        return None if before.strip() else before.decode("utf-8", "surrogateescape")

    def is_continued(self, start: int) -> bool:
        """Whether the line before a byte's goes on by a backslash."""
        return self.content[: self._line_start(start)].rstrip(b"\r\n").endswith(b"\\")

    def _before(self, first: int) -> Iterator[Span]:
        """Yield what stands before the first entry that stays, where that is in one line."""
        start, stop = self.entries[0][0], self.entries[first][0]
        is_apart = any(start <= one[0] < stop for one in self.comments)
        if first and self.indent(0) is None and not is_apart:
            yield start, stop

    def line(self, at: int) -> int:
        """Return which line a byte is on."""
        return self.content.count(b"\n", 0, at) + 1

    def _of(self, at: int) -> Iterator[Span]:
        """Yield what an entry is, with its comma, its comment, and its line where it has one."""
        start, stop = self.entries[at]
        comma, comment = self.comma(at), self.own_comment(at)
        end = comma[1] if comma else stop
        line_end = self._line_end(comment[1] if comment else end)
        is_alone = not self._rest_of_line(comment[1] if comment else end).strip()
        if self.indent(at) is not None and is_alone and not self.is_continued(start):
            yield self._line_start(start), line_end
        elif at and comma is not None:
            yield self._gap_before(at), end
        elif at + 1 < len(self.entries):
            yield start, self._start_behind(at, end, comment)
        else:
            yield self._gap_before(at), end

    def _start_behind(self, at: int, end: int, comment: Span | None) -> int:
        """Return where what follows a first entry begins: the next one, or its own comment."""
        of_next = [one[0] for one in self.comments if one[0] >= end and one != comment]
        return min([*of_next, self.entries[at + 1][0]])

    def _up_to_next(self, at: int, entry: Span) -> Iterator[Span]:
        """Yield the comma of what is the last entry now, with the blanks behind it."""
        comma = self.comma(at)
        if comma is None:
            return
        yield comma
        if not any(comma[1] <= one[0] < self.entries[at + 1][0] for one in self.comments):
            between = self.content[comma[1] : self.entries[at + 1][0]]
            if b"\n" not in between or self.is_continued(self.entries[at + 1][0]):
                yield entry[1], self.entries[at + 1][0]

    def _gap_before(self, at: int) -> int:
        """Return where the blanks before an entry begin: behind a comma, or another's comment."""
        start = self.entries[at][0]
        before = [one[1] for one in (*self.commas, *self.comments) if one[1] <= start]
        return max(before, default=start)

    def comma(self, at: int) -> Span | None:
        """Return the comma behind an entry."""
        stop = self.entries[at][1]
        limit = self.entries[at + 1][0] if at + 1 < len(self.entries) else len(self.content)
        return next((one for one in self.commas if stop <= one[0] < limit), None)

    def _line_start(self, at: int) -> int:
        return self.content.rfind(b"\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        return self.content.find(b"\n", at) + 1 or len(self.content)

    def _rest_of_line(self, at: int) -> bytes:
        return self.content[at : self._line_end(at)]


def _united(spans: Sequence[Span]) -> Iterator[Span]:
    start, stop = spans[0]
    for one in spans[1:]:
        if one[0] > stop:
            yield start, stop
            start, stop = one
        stop = max(stop, one[1])
    yield start, stop
