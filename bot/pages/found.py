"""What a search found, as lines: where it stands, and the words around what was looked for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from unicodedata import combining, normalize
from urllib.parse import quote

from markupsafe import Markup

from bot.console import redacted
from bot.pages.html import revealed

_BEFORE, _AROUND = 80, 320


class Found(Protocol):
    """Words that were found: in which step of which stream, and what they are about."""

    @property
    def run(self) -> str:
        """The stream."""
        ...

    @property
    def step(self) -> int:
        """Its place there, counted from 1."""
        ...

    @property
    def kind(self) -> str:
        """What the words are about."""
        ...

    @property
    def words(self) -> str:
        """The words of that step."""
        ...


@dataclass(frozen=True, slots=True)
class FoundLine:
    """One place. ``path`` is the page it is on, "" for what has none; ``title`` its run's."""

    path: str
    run: str
    step: int
    kind: str
    title: str
    words: Markup


def found_lines(
    hits: Iterable[Found],
    terms: Sequence[str],
    titles: Mapping[str, str],
    campaigns: Mapping[str, str],
) -> tuple[FoundLine, ...]:
    """Return each hit with ``terms`` marked; ``titles`` and ``campaigns`` are by stream."""
    looked_for = _pattern(terms)
    return tuple(
        FoundLine(
            _path(hit, titles, campaigns),
            hit.run,
            hit.step,
            hit.kind,
            titles.get(hit.run, ""),
            _marked(redacted(hit.words), looked_for),
        )
        for hit in hits
    )


def _pattern(terms: Sequence[str]) -> re.Pattern[str]:
    """Return what finds whole words, of which the last may be the beginning of one."""
    # What the index takes for the same need not be the same letters: signs may differ.
    letters = [re.findall(r"[^\W_]+", _folded(term)) for term in terms]
    parts = [r"[\W_]+".join(map(re.escape, words)) for words in letters if words]
    ends = [r"(?![^\W_])"] * len(parts)
    ends[-1:] = [r"[^\W_]*"]
    whole = "|".join(part + end for part, end in zip(parts, ends, strict=False))
    return re.compile(rf"(?<![^\W_])(?:{whole})" if whole else r"(?!)", re.IGNORECASE)


def _folded(text: str) -> str:
    """Return as many letters without the marks on them, which the index does not heed either."""
    return text if text.isascii() else "".join(map(_letter, text))


def _letter(character: str) -> str:
    parts = normalize("NFD", character)
    return parts[0] if all(map(combining, parts[1:])) else character


def _marked(text: str, looked_for: re.Pattern[str]) -> Markup:
    """Return the part of a text, redacted before, in which the first hit stands, hits marked."""
    folded = _folded(text)
    first = looked_for.search(folded)
    start = _start(text, first.start() if first else 0)
    end = _end(text, start + _AROUND)
    pieces, at = [], start
    for hit in looked_for.finditer(folded, start, end):
        pieces += [revealed(text[at : hit.start()]), _mark(text[hit.start() : hit.end()])]
        at = hit.end()
    pieces.append(revealed(text[at:end]))
    before, behind = "… " * bool(start), " …" * (end < len(text))
    return Markup("{}{}{}").format(before, Markup("").join(pieces), behind)


def _start(text: str, hit: int) -> int:
    """Return the beginning of a word, some letters before a hit; 0 where that is near enough."""
    wanted = hit - _BEFORE
    return max(wanted, text.find(" ", wanted, wanted + _BEFORE // 2) + 1) if wanted > 0 else 0


def _end(text: str, wanted: int) -> int:
    """Return the end of a word at or before ``wanted``, or that where the word is a long one."""
    if wanted >= len(text):
        return len(text)
    space = text.rfind(" ", wanted - _BEFORE // 2, wanted)
    return space if space > 0 else wanted


def _mark(text: str) -> Markup:
    return Markup("<mark>{}</mark>").format(revealed(text))


def _path(hit: Found, titles: Mapping[str, str], campaigns: Mapping[str, str]) -> str:
    if hit.run in titles:
        return f"/run/{quote(hit.run, safe='')}/step/{hit.step}"
    campaign = campaigns.get(hit.run, "")
    return f"/campaign/{quote(campaign, safe='')}" if campaign else ""
