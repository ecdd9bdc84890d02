"""What a person sees of a text, and what a model would read of it beside that.

Whoever writes an issue can write words that only a model reads: invisible characters, comments that
no page shows, the same as entities, sequences that a terminal obeys. They are taken out before a
model reads the text, and counted, so that the person who decides can be told.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

# Invisible or reordering characters outside Unicode's category Cf: joiners, fillers, variation
# selectors, and what Unicode calls ignorable by default although no character is there yet.
_HIDDEN = frozenset(
    chr(code)
    for codes in (
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xFFF0, 0xFFF9),
        range(0xE0000, 0xE1000),
    )
    for code in codes
)
# A text of every character there is would leave 100 MB behind.
_MOST_KNOWN = 10_000
# Nobody who means well nests further, and each layer costs a pass over all of the text.
_MOST_PASSES = 8

_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    "|(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"  # titles, links
    "|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\\\|\x9c)?"  # strings for a device
    "|\x1b[ -/]*[0-~]"
)
# One that is never closed hides all that follows.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# A definition of a link to nowhere, of which no page shows anything.
_LINK_COMMENT = re.compile(r"^ {0,3}\[[^\]\n]*\]:[ \t]*(?:#|<>)[ \t]+[\"'(].*$", re.MULTILINE)
_ENTITY = re.compile(r"&(?:#0*\d{1,7}|#[xX]0*[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0*38|#[xX]0*26);)+")
_ENTITY_START = re.compile(r"&+(?=[#A-Za-z])")


@dataclass(frozen=True, slots=True)
class Hidden:
    """How much of a text was left out because no person sees it."""

    characters: int = 0
    comments: int = 0
    escapes: int = 0

    def __add__(self, other: "Hidden") -> "Hidden":
        return Hidden(
            self.characters + other.characters,
            self.comments + other.comments,
            self.escapes + other.escapes,
        )

    def __bool__(self) -> bool:
        return self.total > 0

    @property
    def total(self) -> int:
        """How many things of all kinds."""
        return self.characters + self.comments + self.escapes

    def __str__(self) -> str:
        kinds = (
            (self.characters, "hidden character"),
            (self.comments, "HTML comment"),
            (self.escapes, "terminal sequence"),
        )
        counted = [f"{count} {name}{'s' * (count > 1)}" for count, name in kinds if count]
        return " and ".join([", ".join(counted[:-1]), counted[-1]] if counted[1:] else counted)


NOTHING = Hidden()


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a person sees it, and what it held beside that."""

    text: str
    hidden: Hidden = NOTHING


class _Visible(dict[int, int | None]):
    """What `str.translate` makes of each character, found when it is first met."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        is_hidden = character not in "\n\t" and (
            character in _HIDDEN or unicodedata.category(character) in {"Cf", "Cc"}
        )
        shown = None if is_hidden else code
        if len(self) < _MOST_KNOWN:
            self[code] = shown
        return shown


_VISIBLE = _Visible()


def visible(text: str) -> str:
    """Return ``text`` without characters that a person cannot see but a model reads."""
    return text.translate(_VISIBLE)


def as_typed(text: str) -> Shown:
    """Return what a page shows of the Markdown that somebody typed; what is shown stays so.

    Entities are decoded, outside of code, until none is left.
    """
    return _until_it_stays(text, is_markdown=True)


def as_printed(text: str) -> Shown:
    """Return what a person reads of a program's output."""
    return _until_it_stays(text, is_markdown=False)


def _until_it_stays(text: str, *, is_markdown: bool) -> Shown:
    # What is taken out may bring together what it stood between.
    shown = Shown(text.replace("\r\n", "\n"))
    for _ in range(_MOST_PASSES):
        before = shown.text
        shown = _pass(shown, is_markdown=is_markdown)
        if shown.text == before:
            return shown
    return _cut_short(shown, is_markdown=is_markdown)


def _pass(shown: Shown, *, is_markdown: bool) -> Shown:
    text = _decoded(shown.text) if is_markdown else shown.text
    text, escapes = _ESCAPE.subn("", text)
    length = len(text)
    text = visible(text)
    characters = length - len(text)
    text, comments = _COMMENT.subn("", text)
    if is_markdown:
        text, links = _LINK_COMMENT.subn("", text)
        comments += links
    return Shown(text, shown.hidden + Hidden(characters, comments, escapes))


def _cut_short(shown: Shown, *, is_markdown: bool) -> Shown:
    """Return a text that was made to take for ever, without what could begin anything more."""
    text, start, _ = shown.text.partition("<!--")
    hidden = shown.hidden + Hidden(comments=bool(start))
    if is_markdown:
        text = _ENTITY_START.sub("", text)
    length = len(text)
    text = _LINK_COMMENT.sub("", visible(_ESCAPE.sub("", text)))
    return Shown(text, hidden + Hidden(characters=length - len(text)))


def _decoded(text: str) -> str:
    """Return Markdown with its entities decoded once; in code they are what they look like."""
    pieces = re.split("(`+)", text)
    closing = _closing_runs(pieces)
    parts: list[str] = []
    at = 0
    while at < len(pieces):
        if at % 2 and at in closing:
            parts += pieces[at : closing[at] + 1]
            at = closing[at] + 1
        else:
            ampersands = _AMPERSANDS.sub("&", pieces[at])
            parts.append(_ENTITY.sub(lambda found: html.unescape(found[0]), ampersands))
            at += 1
    return "".join(parts)


def _closing_runs(pieces: list[str]) -> dict[int, int]:
    """Return where each run of backticks is closed by the next of its length."""
    closing: dict[int, int] = {}
    following: dict[int, int] = {}
    for at in range(len(pieces) - len(pieces) % 2 - 1, 0, -2):
        length = len(pieces[at])
        if length in following:
            closing[at] = following[length]
        following[length] = at
    return closing
