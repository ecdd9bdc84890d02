"""Markdown of strangers as HTML: read as on a forge's own page, and nothing in it acts.

A library takes the text apart: CommonMark with tables and strikethrough. HTML and definitions of
links stay text. What becomes an element is listed here, and no attribute is written but a number,
a class of ours and a link's address. Words are escaped and shown as `bot.pages.html` shows them;
where a link leads stands beside it, and a picture is named, not loaded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from bot.console import redacted
from bot.pages.html import LONGEST_SECRET, WIDEST, exact, revealed, shown
from bot.pages.markdown import ENTITY

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_NOTHING = Markup()
_LAYOUT = ("paragraph", "blockquote", "bullet_list", "ordered_list", "list_item", "heading")
_BLOCKS = frozenset((*_LAYOUT, "table", "thead", "tbody", "tr", "th", "td"))
_SPANS = frozenset(("em", "strong", "s"))
_CODE = frozenset(("fence", "code_block"))
_BREAKS = frozenset(("softbreak", "hardbreak"))
# A page has a heading and sections of its own above what is shown here.
_TOP_HEADING, _LAST_HEADING = 3, 6
_ADDRESS = re.compile(r"(?i)https?://([^/?#\s]+)")
_UNFOLDING = re.compile(r"<details>\s*(?:<summary>(.*)</summary>)?", re.DOTALL)
_FOLD_END = Markup("</details>")
# What is nested deeper than this the library leaves out.
_DEEPEST = 20
_TABLE = Markup('<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>')


def markdown_html(text: str, limit: int) -> Markup:
    """Return untrusted Markdown as HTML: redacted, and cut behind ``limit`` characters.

    One that is nested without end, or made to become far longer as HTML, stands there as typed.
    """
    text = text.encode("utf-8", "backslashreplace").decode("utf-8").strip()
    whole = redacted(text[: limit + LONGEST_SECRET])
    tokens = _parser().parse(whole[:limit])
    html = _NOTHING.join(_blocks(tokens))
    is_whole = all(token.level < _DEEPEST - 1 for token in tokens)
    if not is_whole or len(html) > limit * WIDEST:
        return Markup("<pre>{}</pre>").format(shown(text, limit))
    return html + Markup("<p>…</p>") if len(whole) > limit else html


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 30 ms

    options = {"html": False, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    # Without `text_join` an entity of ours can be told from a letter that somebody typed.
    return parser.disable(["reference", "text_join"])


def _blocks(tokens: Sequence["Token"]) -> Iterator[Markup]:
    folds = _folds(tokens)
    for at, token in enumerate(tokens):
        if at in folds:
            yield folds[at]
        elif token.type == "inline":
            yield _line(token.children or [])
        elif token.type in _CODE:
            yield _code(token)
        elif token.type == "hr":
            yield Markup("<hr>")
        elif not token.hidden:
            yield _block(token)


def _code(token: "Token") -> Markup:
    language = revealed(redacted(token.info.strip()))
    named = Markup('<p class="sub">{}</p>').format(language) if language else _NOTHING
    words = revealed(redacted(token.content.rstrip("\n")))
    return named + Markup("<pre><code>{}</code></pre>").format(words)


def _block(token: "Token") -> Markup:
    kind, tag = token.type.rpartition("_")[0], token.tag
    if kind not in _BLOCKS:
        return revealed(redacted(token.content))
    if kind == "heading":
        tag = f"h{min(max(int(tag[1:]) + 1, _TOP_HEADING), _LAST_HEADING)}"
    if token.nesting < 0:
        return Markup("</table></div>") if kind == "table" else Markup("</{}>").format(tag)
    if kind == "table":
        return _TABLE
    start, style = token.attrs.get("start"), str(token.attrs.get("style", ""))
    if isinstance(start, int):
        return Markup('<ol start="{}">').format(start)
    side = style.partition(":")[2]
    if side in {"right", "center"}:
        return Markup('<{} class="{}">').format(tag, side)
    return Markup("<{}>").format(tag)


def _folds(tokens: Sequence["Token"]) -> Mapping[int, Markup]:
    """Return what opens and closes blocks that can be unfolded, by the places of their tokens.

    Tags that are not alone in a paragraph, or have no other end, stay text: nothing is folded away
    that GitHub would show.
    """
    found: dict[int, Markup] = {}
    opened: list[tuple[int, Markup]] = []
    for at, token in enumerate(tokens):
        if token.type != "inline" or token.level != 1 or tokens[at - 1].type != "paragraph_open":
            continue
        words = token.content.strip()
        if match := _UNFOLDING.fullmatch(words):
            name = revealed(redacted(match[1] or "Details"))
            opened.append((at, Markup("<details><summary>{}</summary>").format(name)))
        elif words == _FOLD_END and opened:
            begun, tag = opened.pop()
            for place, html in ((begun, tag), (at, _FOLD_END)):
                found |= {place - 1: html, place: _NOTHING, place + 1: _NOTHING}
    return found


def _line(tokens: Sequence["Token"]) -> Markup:
    """Return what stands in one block; plain where its marks kept a secret from being known."""
    plain = "".join(_letters(token) for token in tokens)
    kept = redacted(plain)
    return revealed(kept) if kept != plain else _NOTHING.join(_spans(tokens))


def _letters(token: "Token") -> str:
    if token.type in _BREAKS:
        return "\n"
    return "" if token.markup == ENTITY else token.content


def _spans(tokens: Sequence["Token"]) -> Iterator[Markup]:
    ends: list[Markup] = []
    for token in tokens:
        kind = token.type.rpartition("_")[0]
        if kind in _SPANS:
            yield Markup("<{}{}>").format("/" if token.nesting < 0 else "", token.tag)
        elif token.type == "link_open":
            opening, end = _link(token, "href")
            ends.append(end)
            yield opening
        elif token.type == "link_close":
            yield ends.pop()
        elif token.type == "image":
            # No link inside of another.
            opening, end = (_NOTHING, _NOTHING) if ends else _link(token, "src")
            yield opening + revealed(f"picture: {token.content or 'without words'}") + end
        elif token.type == "code_inline":
            yield Markup("<code>{}</code>").format(revealed(token.content))
        elif token.type in _BREAKS:
            yield Markup("<br>")
        else:
            yield revealed(_letters(token))


def _link(token: "Token", attribute: str) -> tuple[Markup, Markup]:
    """Return what begins and ends a link; one that leads nowhere in the web only says whereto."""
    address = redacted(str(token.attrs.get(attribute, "")))
    title = redacted(str(token.attrs.get("title", "")))
    web = _ADDRESS.match(address)
    # An address stands there already, but for a host in letters that look like others.
    is_spelt = token.info == "auto" and "xn--" not in address
    host = web[1] if web else address
    said = ", ".join(filter(None, ("" if is_spelt else host, title)))
    end = Markup(" <small>({})</small>").format(revealed(said)) if said else _NOTHING
    if web is None:
        return _NOTHING, end
    opening = Markup('<a href="{}" rel="noreferrer nofollow">').format(exact(address))
    return opening, Markup("</a>") + end
