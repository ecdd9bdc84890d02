"""What a migration program asks for, and how all of it becomes splices of one file's bytes.

An edit says what stays as well as what is new: a nested edit lands in what an outer one keeps, and
the bytes between are never written anew. Two edits that claim the same bytes are refused together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from validators.codemods.listed import Listed

Span = tuple[int, int]
Piece = str | Span


class OverlappingEdits(Exception):
    """Two edits of one program claim the same bytes; ``start`` is where."""

    def __init__(self, start: int) -> None:
        super().__init__(f"two edits overlap at byte {start}")
        self.start = start


@dataclass(frozen=True, slots=True)
class Taken:
    """Entries taken out of a list; where all are, ``instead`` takes the place of ``whole``."""

    listed: Listed
    places: frozenset[int]
    whole: Span
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from ``start`` to before ``stop`` give way to ``pieces``: new text, or kept spans.

    ``site`` is what was found and is hereby dealt with; None for what goes with it, such as an
    import. What ``is_loose`` gets brackets where it lands in one of another's ``open_spans``, and
    ``apart`` stands between insertions at one place. All that is ``taken`` out of one list is one
    edit.
    """

    start: int
    stop: int
    pieces: tuple[Piece, ...]
    site: Span | None = None
    is_loose: bool = False
    open_spans: frozenset[Span] = frozenset()
    apart: str = ""
    taken: Taken | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A place that the program found and does not change, and why."""

    start: int
    stop: int
    reason: str


class Splice(NamedTuple):
    """The bytes from ``start`` to before ``stop`` give way to ``text``."""

    start: int
    stop: int
    text: bytes


def splices_of(edits: Iterable[Edit], content: bytes) -> tuple[Splice, ...]:
    """Return the splices that make all ``edits``, in order; OverlappingEdits where they cannot be.

    The same edit twice is one edit; insertions at one place stand in the order they came.
    """
    ordered = sorted(_distinct(_joined(edits)), key=lambda edit: (edit.start, _rank(edit)))
    made = _merged(_made(ordered, content))
    return tuple(one for one in made if content[one.start : one.stop] != one.text)


def taken_out(taken: Taken, site: Span | None) -> Edit:
    """Return the edit that takes entries out of a list."""
    if len(taken.places) == len(taken.listed.entries):
        return Edit(*taken.whole, (taken.instead,) if taken.instead else (), site, taken=taken)
    spans = list(taken.listed.without(taken.places))
    kept = tuple((one[1], other[0]) for one, other in pairwise(spans))
    return Edit(spans[0][0], spans[-1][1], kept, site, taken=taken)


def spliced(content: bytes, splices: Sequence[Splice]) -> bytes:
    """Return ``content`` with ``splices`` made, which are in order and do not overlap."""
    parts, at = [], 0
    for start, stop, text in splices:
        parts += [content[at:start], text]
        at = stop
    return b"".join([*parts, content[at:]])


def in_style(splices: Sequence[Splice], content: bytes) -> tuple[Splice, ...]:
    """Return splices with the line ends of the file that they change."""
    if b"\r\n" not in content or content.count(b"\n") > 2 * content.count(b"\r\n"):
        return tuple(splices)
    return tuple(
        Splice(one.start, one.stop, one.text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        for one in splices
    )


def encoded(text: str) -> bytes:
    """Return text of a file as its bytes; those that were no UTF-8 come back as they were."""
    return text.encode("utf-8", "surrogateescape")


def _joined(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Yield edits of which no two take entries out of one list."""
    taken: dict[Listed, Edit] = {}
    for one in edits:
        if one.taken is None:
            yield one
            continue
        before = taken.get(one.taken.listed)
        if before is not None and before.taken is not None:
            places = before.taken.places | one.taken.places
            all_of_it = taken_out(replace(one.taken, places=places), before.site or one.site)
            taken[one.taken.listed] = all_of_it
        else:
            taken[one.taken.listed] = one
    yield from taken.values()


def _distinct(edits: Iterable[Edit]) -> Iterable[Edit]:
    """Return edits of which no two do the same; what is inserted twice for two sites stays so."""
    return {
        (one.start, one.stop, one.pieces, one.site if one.start == one.stop else None): one
        for one in edits
    }.values()


def _rank(edit: Edit) -> int:
    """Put an insertion before what begins there, and a wide edit before those inside it."""
    return -edit.stop if edit.stop > edit.start else -(1 << 62)


def _made(ordered: Sequence[Edit], content: bytes) -> Iterator[Splice]:
    at = 0
    while at < len(ordered):
        outer = ordered[at]
        end = at + 1
        while end < len(ordered) and ordered[end].start < outer.stop:
            if ordered[end].stop > outer.stop:
                raise OverlappingEdits(ordered[end].start)
            end += 1
        if at and outer.apart and outer.stop == outer.start == ordered[at - 1].start:
            yield Splice(outer.start, outer.start, encoded(outer.apart))
        yield from _one(outer, ordered[at + 1 : end], content)
        at = end


def _one(edit: Edit, inner: Sequence[Edit], content: bytes) -> Iterator[Splice]:
    kept = [piece for piece in edit.pieces if not isinstance(piece, str)]
    for one in inner:
        if not any(start <= one.start and one.stop <= stop for start, stop in kept):
            raise OverlappingEdits(one.start)
    bounds = [edit.start, *(bound for span in kept for bound in span), edit.stop]
    if bounds != sorted(bounds):  # moved, or kept twice: written anew as a whole
        yield Splice(edit.start, edit.stop, b"".join(_rendered(edit, inner, content)))
        return
    at, text = edit.start, b""
    for piece in edit.pieces:
        if isinstance(piece, str):
            text += encoded(piece)
            continue
        opening, closing = _brackets(edit, piece, inner)
        yield Splice(at, piece[0], text + opening)
        yield from _made(_within(piece, inner), content)
        at, text = piece[1], closing
    yield Splice(at, edit.stop, text)


def _rendered(edit: Edit, inner: Sequence[Edit], content: bytes) -> Iterator[bytes]:
    for piece in edit.pieces:
        if isinstance(piece, str):
            yield encoded(piece)
            continue
        start, stop = piece
        made = [
            Splice(one.start - start, one.stop - start, one.text)
            for one in _merged(_made(_within(piece, inner), content))
        ]
        opening, closing = _brackets(edit, piece, inner)
        yield opening + spliced(content[start:stop], made) + closing


def _brackets(edit: Edit, piece: Span, inner: Sequence[Edit]) -> tuple[bytes, bytes]:
    """Return what goes around a kept part, all of which another edit makes anew."""
    is_open = piece in edit.open_spans
    needed = is_open and any((one.start, one.stop) == piece and one.is_loose for one in inner)
    return (b"(", b")") if needed else (b"", b"")


def _within(span: Span, edits: Sequence[Edit]) -> list[Edit]:
    return [edit for edit in edits if span[0] <= edit.start and edit.stop <= span[1]]


def _merged(splices: Iterable[Splice]) -> list[Splice]:
    """Return splices of which no two touch the same place."""
    found: list[Splice] = []
    for one in splices:
        if one.start == one.stop and not one.text:
            continue
        if found and one.start < found[-1].stop:
            raise OverlappingEdits(one.start)
        if found and one.start == found[-1].stop:
            found[-1] = Splice(found[-1].start, one.stop, found[-1].text + one.text)
        else:
            found.append(one)
    return found
