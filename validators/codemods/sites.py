"""The independent count: where a regular expression matches, and which files cannot hold any."""

import re
from collections.abc import Iterator
from functools import cache

MAX_SITES = 20_000


@cache
def compiled(sites: str) -> re.Pattern[str]:
    """Return the expression of a count."""
    return re.compile(sites, re.MULTILINE)


@cache
def required_word(regex: str) -> bytes:
    """Return a word that any match holds, so that most files need no closer look; else nothing."""
    plain = re.sub(r"\{[^}]*\}", "{", re.sub(r"\\.", " ", regex))
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
    text = content.decode("utf-8", "surrogateescape")
    plain = text.isascii()
    for number, found in enumerate(sites.finditer(text)):
        if number == MAX_SITES:
            return
        if plain:
            yield found.span()
            continue
        start = len(text[: found.start()].encode("utf-8", "surrogateescape"))
        yield start, start + len(found[0].encode("utf-8", "surrogateescape"))
