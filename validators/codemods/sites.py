"""The independent count: where a regular expression matches, and which files cannot hold any."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

MAX_SITES = 20_000
_ESCAPE = re.compile(
    r"\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|N\{[^}]*\}|\d{1,3}|.)", re.DOTALL
)


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


def spans_in(content: bytes, sites: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield the bytes of each match, up to a limit that no program needs."""
    if required_word(sites.pattern) not in content:
        return
    plain = compiled_for_ascii(sites.pattern) if content.isascii() else None
    if plain is not None:
        yield from (found.span() for found in islice(plain.finditer(content), MAX_SITES))
        return
    text = content.decode("utf-8", "surrogateescape")
    for found in islice(sites.finditer(text), MAX_SITES):
        start = len(text[: found.start()].encode("utf-8", "surrogateescape"))
        yield start, start + len(found[0].encode("utf-8", "surrogateescape"))
