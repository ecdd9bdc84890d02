"""The independent count: where a regular expression matches, and which files cannot hold any."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import AnyStr

MAX_SITES = 20_000
_ESCAPE = re.compile(
    r"\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|N\{[^}]*\}|\d{1,3}|.)", re.DOTALL
)
# Letters, blanks and signs that mean themselves; escapes and sets that hold no line feed.
_ONE_LINE = re.compile(r"(?:[^\\\[\n\r]|\\(?:[bBwdS]|[^\w\s])|\[[\w .,]+\])*+")
_FLAGS = re.compile(r"\(\?[^:=!<]")


@cache
def compiled(sites: str) -> re.Pattern[str]:
    """Return the expression of a count."""
    return re.compile(sites, re.MULTILINE)


@cache
def compiled_for_ascii(sites: str) -> re.Pattern[bytes] | None:
    """Return the same for the bytes of a file that holds ASCII alone; None where it says more."""
    try:
        return re.compile(sites.encode("ascii"), re.MULTILINE)
    except (UnicodeEncodeError, re.error):
        return None


@cache
def required_word(regex: str) -> bytes:
    """Return a word that any match holds, so that most files need no closer look; else nothing."""
    plain = re.sub(r"\{[^}]*\}", "{", _ESCAPE.sub(" ", regex))
    while (without := re.sub(r"\((?!\?[a-z])[^()]*\)[*+?{]?", " ", plain)) != plain:
        plain = without
    if re.search(r"[()|\[\]]", plain):
        return b""
    words = re.findall(r"\w+(?![\w?*{])", plain)
    return max(words, key=len, default="").encode()


@cache
def is_of_one_line(regex: str) -> bool:
    """Return whether no match can hold the end of a line, as far as a look at the letters tells."""
    return _ONE_LINE.fullmatch(regex) is not None and _FLAGS.search(regex) is None


def spans_in(content: bytes, sites: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the bytes of each match, up to a limit that no program needs."""
    word = required_word(sites.pattern)
    if word not in content:
        return
    if not is_of_one_line(sites.pattern):
        word = b""
    plain = compiled_for_ascii(sites.pattern) if content.isascii() else None
    if plain is not None:
        found_in_bytes = _matches(content, plain, word, b"\n")
        yield from (found.span() for found in islice(found_in_bytes, MAX_SITES))
        return
    text = content.decode("utf-8", "surrogateescape")
    at = place = 0
    for found in islice(_matches(text, sites, word.decode(), "\n"), MAX_SITES):
        start = place + len(text[at : found.start()].encode("utf-8", "surrogateescape"))
        at, place = found.end(), start + len(found[0].encode("utf-8", "surrogateescape"))
        yield start, place


def _matches(
    text: AnyStr, sites: re.Pattern[AnyStr], word: AnyStr, line_feed: AnyStr
) -> Iterator[re.Match[AnyStr]]:
    """Yield what ``finditer`` does; with a word that each match holds, from line to line with it.

    Most expressions are tried at each letter: to find the word first takes a tenth of the time.
    """
    if not word:
        yield from sites.finditer(text)
        return
    at = 0
    while (place := text.find(word, at)) >= 0:
        found = sites.search(text, max(at, text.rfind(line_feed, 0, place) + 1))
        if found is None:
            return
        yield found
        at = found.end()
