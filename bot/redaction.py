"""Known secrets taken out of every text before it is shown or kept.

What is hunted is the values a process was given, never what merely looks like a key. A value is
found as it is, reversed, in base64 (at each of its three alignments), in hexadecimal,
percent-encoded or JSON-escaped, with separators, line ends or colour codes in between, and also in
part: a run of 12 characters of any of these forms, or of half of it where it is shorter than 24
(but never fewer than 6, which would be an ordinary word). Blanks and characters outside ASCII do
not count as characters of a run; a whole value that holds them is found all the same.

A value of fewer than 8 characters, of fewer than 5 different ones, or of one kind of character
alone where it is shorter than 16 (``changeme``, ``12345678``) is a word that texts hold anyway. It
is not hunted: that would tear texts up, and tell by the holes what it is.

Encodings have no end, so this is no wall: what a stranger reads must not hold the secret in the
first place. It is for what our own messages, tools and libraries say by accident.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from urllib.parse import unquote

from bot.secret_forms import LOOSE, TIGHT, Folding, Index, Places, loose_forms, tight_forms

MARK = "[secret]"

_SHORTEST, _LONG, _FEWEST_DIFFERENT = 8, 16, 5
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|KEY|SECRET)(?:_BEDROCK)?$|PASSWORD|PASSWD|PASSPHRASE", re.IGNORECASE
)
# Lists of headers, each `name=value`: their values are keys.
_HEADERS_NAME = re.compile(r"^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$")
_PASSWORD_IN_URL = re.compile(r"://[^/\s@:]*:([^/\s@]+)@")
_KINDS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")))

_FILLER = 0  # a byte that every folding drops: what is undone keeps its length
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# JSON inside JSON, or a URL inside a URL, escapes the escape: more than one sign is as good.
_ESCAPE = re.compile(
    rb"%(?:25)*([0-9A-Fa-f]{2})"
    rb"|\\+(?:u00([0-9A-Fa-f]{2})|x([0-9A-Fa-f]{2})|u[0-9A-Fa-f]{4}|([^ux\\]))"
)
# What was undone leaves filler behind the escape character.
_COLOUR = re.compile(rb"\x1b\0*(?:\[[0-?]*[ -/]*[@-~]|[()][A-Z0-9])")
# Characters that one of a secret may become by its form, escapes, colours and line ends between,
# and the secret still be found whole in chunks: hexadecimal with a colour around each digit is 20.
_STRETCH = 32


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return what ``environment`` holds under names of secrets, and passwords inside its URLs."""
    values = {value for name, value in environment.items() if _SECRET_NAME.search(name)}
    for name, value in environment.items():
        values.update(_PASSWORD_IN_URL.findall(value))
        if _HEADERS_NAME.search(name):
            told = [one.partition("=")[2].strip() for one in value.split(",")]
            values.update(told, map(unquote, told))
    return tuple(sorted(value for value in values if is_hunted(value)))


def is_hunted(value: str) -> bool:
    """Whether ``value`` is long and varied enough that no ordinary text holds it by chance."""
    kinds = sum(1 for kind in _KINDS if kind.search(value))
    long_enough = len(value) >= _LONG or (len(value) >= _SHORTEST and kinds > 1)
    return long_enough and len(set(value)) >= _FEWEST_DIFFERENT


class Redactor:
    """Replaces each occurrence of the secrets it knows; built on its first text, not before."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        stripped = (value.strip() for value in values)
        self._values = tuple(sorted({value for value in stripped if is_hunted(value)}))

    @cached_property
    def _indexes(self) -> tuple[tuple[Folding, Index], ...]:
        known = {_bytes(value) for value in self._values}
        # A value may itself look like an escape, and is then undone with the text around it.
        known |= {_ESCAPE.sub(_undone, value).replace(b"\0", b"") for value in known}
        tight = {form for value in known for form in tight_forms(value)}
        loose = {form for value in known for form in loose_forms(value)}
        return (TIGHT, Index(tight)), (LOOSE, Index(loose))

    def text(self, text: str) -> str:
        """Return ``text`` with a mark in place of each secret."""
        return _marked(text, self.spans(text))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return start and end of everything in ``text`` that gives a secret away, in order."""
        if not self._values:
            return []
        found = [span for value in self._values for span in _exact(value, text)]
        plain = text if text.isascii() else _NOT_ASCII.sub("\0", text)
        for source in _sources(plain.encode("ascii")):
            for folding, index in self._indexes:
                found += _found_in(source, folding, index)
        return _merged(found)

    def stream(self) -> "Stream":
        """Return a redactor for a text that comes in chunks."""
        longest = max((len(_bytes(value)) for value in self._values), default=0)
        return Stream(self, longest * _STRETCH)


class Stream:
    """Redacts chunk by chunk, holding back as much as a secret may still need to become whole.

    It holds two windows and a chunk at most; text comes out a window later than it went in.
    """

    def __init__(self, redactor: Redactor, window: int) -> None:
        self._redactor = redactor
        self._window = window
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what is safe by now, maybe nothing."""
        self._held += chunk
        if len(self._held) <= 2 * self._window:
            return ""
        spans = self._redactor.spans(self._held)
        cut = len(self._held) - self._window
        for start, end in spans:
            if start < cut < end:
                cut = start or end
        ready, self._held = self._held[:cut], self._held[cut:]
        return _marked(ready, [span for span in spans if span[1] <= cut])

    def close(self) -> str:
        """Return the rest."""
        rest, self._held = self._redactor.text(self._held), ""
        return rest


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _exact(value: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + len(value))


def _sources(text: bytes) -> Iterator[bytes]:
    """Yield ``text`` as it is, with escapes undone, and each without colours; all of one length."""
    sources = [text]
    if b"%" in text or b"\\" in text:
        sources.append(_ESCAPE.sub(_undone, text))
    for source in sources:
        yield source
        if b"\x1b" in source:
            yield _COLOUR.sub(_blank, source)


def _blank(found: re.Match[bytes]) -> bytes:
    return bytes(len(found[0]))


def _undone(found: re.Match[bytes]) -> bytes:
    digits = found[1] or found[2] or found[3]
    letter = found[4] or b"n"
    meant = b"" if letter in b"nrtbf" else letter
    if digits:
        meant = bytes.fromhex(digits.decode())
    return meant + bytes(len(found[0]) - len(meant))


def _found_in(source: bytes, folding: Folding, index: Index) -> Iterator[tuple[int, int]]:
    runs = list(index.runs(folding.fold(source)))
    places = Places(source, folding) if runs else None
    for start, end in runs:
        if places:
            last = places.at(end - 1) + 1
            while last < len(source) and source[last] == _FILLER:
                last += 1  # the rest of an escape, or of a colour
            yield places.at(start), last


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _marked(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], MARK]
        at = end
    return "".join([*pieces, text[at:]])
