"""The forms a secret may take in a text, and a search for long enough pieces of any of them.

A text is looked at through foldings that drop what may stand between two characters; what is found
there is mapped back to its place. Each folding has one index of all forms of all secrets: since a
run of a given length holds a short piece at every position, looking at each third or sixth position
is enough, and costs the same for one secret or for a hundred.
"""

import base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

LONGEST_NEEDED = 12
SHORTEST_HUNTED = 6

_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLOCK = 128


@dataclass(frozen=True, slots=True)
class Folding:
    """What is dropped from a text before it is searched; ``table`` maps what is left."""

    dropped: bytes
    table: bytes | None = None

    def fold(self, text: bytes) -> bytes:
        """Return what is left of ``text``."""
        return text.translate(self.table, self.dropped)


# Everything visible stays: a secret of signs is found, across line ends and blanks.
TIGHT = Folding(bytes(set(range(256)) - set(range(ord("!"), ord("~") + 1))))
# Letters and digits stay, in lower case: found across any separators, and as hexadecimal.
LOOSE = Folding(
    bytes(set(range(256)) - set(_LETTERS)),
    bytes(range(256)).lower(),
)


def tight_forms(value: bytes) -> set[bytes]:
    """Return what `TIGHT` leaves of ``value``, plain, escaped or in base64, and the reverse."""
    # Undoing escapes spoils signs of the value's own: it is known escaped, and without them.
    escaped = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    forms = {value, escaped, quote(value, safe="").encode(), value.replace(b"\\", b"")}
    for plain in (value, value[::-1]):
        for standard in _base64(plain):
            forms |= {standard, standard.translate(bytes.maketrans(b"+/", b"-_"))}
    return _both_ways(TIGHT, forms)


def loose_forms(value: bytes) -> set[bytes]:
    """Return what `LOOSE` leaves of the same forms and of hexadecimal ones."""
    forms = {value}
    for plain in (value, value[::-1]):
        forms |= {*_base64(plain), plain.hex().encode()}
    return _both_ways(LOOSE, forms)


def _both_ways(folding: Folding, forms: set[bytes]) -> set[bytes]:
    folded = {folding.fold(form) for form in forms}
    return folded | {form[::-1] for form in folded}


def _base64(value: bytes) -> Iterator[bytes]:
    """Yield the characters that ``value`` alone decides, for each place it can have in a text."""
    for before, undecided in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(bytes(before) + value)
        decided = (before + len(value)) * 8 // 6
        yield text[undecided:decided]


def least_run(form: bytes) -> int:
    """Return how many characters of ``form`` are enough to give something away."""
    return min(LONGEST_NEEDED, max(SHORTEST_HUNTED, (len(form) + 1) // 2))


class Index:
    """All forms of all secrets under one folding, cut into pieces that are looked up."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        hunted = {form for form in forms if len(form) >= SHORTEST_HUNTED}
        shortest = min(map(least_run, hunted), default=LONGEST_NEEDED)
        self._size = shortest // 2 + 1
        self._stride = shortest - self._size + 1
        self._pieces: dict[bytes, list[tuple[bytes, int]]] = {}
        for form in hunted:
            for at in range(len(form) - self._size + 1):
                self._pieces.setdefault(form[at : at + self._size], []).append((form, at))

    def runs(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of each run in a folded ``text`` that is long enough."""
        size, pieces, done = self._size, self._pieces, 0
        places = range(0, len(text) - size + 1, self._stride)
        for at in [place for place in places if text[place : place + size] in pieces]:
            if at < done:  # what goes on behind a run long enough has pieces of its own there
                continue
            for form, offset in pieces[text[at : at + size]]:
                start, end = _widened(text, at, form, offset, size)
                if end - start >= least_run(form):
                    yield start, end
                    done = max(done, end)


def _widened(text: bytes, at: int, form: bytes, offset: int, size: int) -> tuple[int, int]:
    """Return the whole run of ``form`` around a piece that both hold."""
    before = 0
    while before < min(at, offset) and text[at - before - 1] == form[offset - before - 1]:
        before += 1
    after, room = size, min(len(text) - at, len(form) - offset)
    while after < room and text[at + after] == form[offset + after]:
        after += 1
    return at - before, at + after


class Places:
    """Where the characters of a folded text stand in the text it was folded from."""

    def __init__(self, text: bytes, folding: Folding) -> None:
        self._text, self._dropped = text, frozenset(folding.dropped)
        self._known: dict[int, list[int]] = {}
        self._starts, count = [], 0
        for start in range(0, len(text), _BLOCK):
            self._starts.append(count)
            count += len(folding.fold(text[start : start + _BLOCK]))

    def at(self, place: int) -> int:
        """Return the position in the whole text of the folded text's character at ``place``."""
        number = bisect_right(self._starts, place) - 1
        if number not in self._known:
            start = number * _BLOCK
            block = self._text[start : start + _BLOCK]
            kept = [start + at for at, byte in enumerate(block) if byte not in self._dropped]
            self._known[number] = kept
        return self._known[number][place - self._starts[number]]
