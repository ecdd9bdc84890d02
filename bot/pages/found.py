"""What a search found, as lines: where it stands, and the words around what was looked for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
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
    # What the index takes for the same need not be the same letters: signs may differ.
    letters = [re.findall(r"[^\W_]+", term) for term in terms]
    parts = [r"[\W_]+".join(map(re.escape, words)) for words in letters if words]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _marked(text: str, looked_for: re.Pattern[str]) -> Markup:
    """Return the part of a text, redacted before, in which the first hit stands, hits marked."""
    first = looked_for.search(text)
    start = max(0, (first.start() if first else 0) - _BEFORE)
    part = text[start : start + _AROUND]
    pieces, at = [], 0
    for hit in looked_for.finditer(part):
        pieces += [revealed(part[at : hit.start()]), _mark(hit.group())]
        at = hit.end()
    pieces.append(revealed(part[at:]))
    before, behind = "… " * bool(start), " …" * (start + _AROUND < len(text))
    return Markup("{}{}{}").format(before, Markup("").join(pieces), behind)


def _mark(text: str) -> Markup:
    return Markup("<mark>{}</mark>").format(revealed(text))


def _path(hit: Found, titles: Mapping[str, str], campaigns: Mapping[str, str]) -> str:
    if hit.run in titles:
        return f"/run/{quote(hit.run, safe='')}/step/{hit.step}"
    campaign = campaigns.get(hit.run, "")
    return f"/campaign/{quote(campaign, safe='')}" if campaign else ""
