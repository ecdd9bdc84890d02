"""Which of the expected sites of one file a program rewrote, spoke of, or knows nothing of.

A file may hold thousands of each, so nothing here compares all with all.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from validators.codemods.audit import Site
from validators.codemods.edit import Span, Splice

# How many places are tried around a site for the innermost that holds it.
_MOST_AROUND = 64


@dataclass(frozen=True, slots=True)
class Account:
    """``overlooked`` sites are neither rewritten nor spoken of, ``uncounted`` places no site."""

    rewritten: tuple[Site, ...]
    overlooked: tuple[Site, ...]
    uncounted: tuple[Span, ...]


class _Spans:
    """Many spans, which can be asked quickly whether one of them touches another."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = sorted(spans)
        self._starts = [start for start, _ in self.spans]
        self._furthest = list(accumulate((stop for _, stop in self.spans), max))

    def touch(self, span: Span) -> bool:
        """Whether one of them shares a place with ``span``, or stands right beside it."""
        before = bisect_right(self._starts, span[1])
        return before > 0 and self._furthest[before - 1] >= span[0]

    def around(self, span: Span) -> Span:
        """Return the innermost of them that holds ``span``; itself where none does."""
        at = bisect_right(self._starts, span[0])
        for other in reversed(self.spans[max(at - _MOST_AROUND, 0) : at]):
            if other[1] >= span[1]:
                return other
        return span


def account_of(
    sites: Sequence[Site], splices: Sequence[Splice], places: Sequence[Span], left: Sequence[Span]
) -> Account:
    """Return the account of a file: ``places`` are the program's own sites.

    A site is rewritten when something changes in the innermost of those around it.
    """
    changed, known, spoken = _Spans(one[:2] for one in splices), _Spans(places), _Spans(left)
    counted = _Spans((site.start, site.stop) for site in sites)
    rewritten, overlooked = [], []
    for site in sites:
        span = (site.start, site.stop)
        if changed.touch(known.around(span)):
            rewritten.append(site)
        elif not spoken.touch(span):
            overlooked.append(site)
    odd = [span for span in known.spans if not counted.touch(span) and changed.touch(span)]
    return Account(tuple(rewritten), tuple(overlooked), tuple(odd))


def lines_in(content: bytes) -> Callable[[int], int]:
    """Return a function from a byte of ``content`` to its line, from 1."""
    ends: list[int] = []  # most files are never asked about

    def line(at: int) -> int:
        if not ends:
            ends.extend(accumulate(len(one) + 1 for one in content.split(b"\n")))
        return bisect_right(ends, at) + 1

    return line
