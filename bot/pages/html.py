"""Text of strangers made inert and visible in HTML, in a page that needs nothing beside itself.

Whatever a template prints is escaped, passes the process's redactor, and shows what a reader could
not see: a control or bidirectional character stands there as its number. The page's own style and
script are named by their hashes in its policy, so nothing else in it can act.
"""

import base64
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from bot.console import redacted
from workflows.visible_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
# The longest value that is shown whole; what is longer is cut, and says by how much.
MAX_VALUE = 4_000
# How much longer than its text HTML may be: an escaped quote is, and not a text of hidden letters.
WIDEST = 5
LONGEST_SECRET = 8_192


def shown(text: str, limit: int = MAX_VALUE) -> Markup:
    """Return untrusted text as HTML: escaped, redacted, cut, and nothing in it hidden."""
    # A secret that stands across the cut would not be known for one by its beginning.
    whole = redacted(text[: limit + LONGEST_SECRET])
    text = whole[:limit]
    while len(html := revealed(text)) > limit * WIDEST:
        text = text[: len(text) // 2]
    return html + "…" if len(text) < len(whole) else html


def end_of(text: str, limit: int) -> Markup:
    """Return the end of untrusted text as HTML, as `shown` does its beginning."""
    return shown(redacted(text)[-limit:], limit)


def ticked(text: str, limit: int = MAX_VALUE) -> Markup:
    """Return `shown`, with what stands between backticks as code."""
    parts = redacted(text[: limit + LONGEST_SECRET])[:limit].split("`")
    if len(parts) % 2 == 0:
        return shown(text, limit)
    pieces = (
        Markup("<code>{}</code>").format(shown(part)) if at % 2 else shown(part)
        for at, part in enumerate(parts)
    )
    return Markup("").join(pieces)


def exact(text: str) -> Markup:
    """Return a text for an attribute or a field of a form: escaped and redacted, else as it is."""
    return escape(redacted(text).encode("utf-8", "replace").decode())


def revealed(text: str) -> Markup:
    """Return text that was redacted as a whole before as HTML, with nothing in it hidden."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if visible(text) == text:
        return escape(text)
    pieces = [escape(letter) if visible(letter) else _mark(letter) for letter in text]
    return Markup("").join(pieces)


@lru_cache(maxsize=1_000)
def _mark(letter: str) -> Markup:
    """Return what stands in place of a character that nobody sees."""
    name = unicodedata.name(letter, "a control character").lower()
    return Markup('<b class="hid" title="{}">U+{:04X}</b>').format(name, ord(letter))


def _finalize(value: object) -> object:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else shown(str(value))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 40 ms

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        finalize=_finalize,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "shown": shown,
        "ticked": ticked,
        "end_of": end_of,
        "exact": exact,
        "redacted": redacted,
    }
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a template below ``templates/`` with its values, each as `shown` makes it."""
    return _environment().get_template(template).render(values)


@dataclass(frozen=True, slots=True)
class Served:
    """How a page stands in a server: its style and scripts by their addresses, a bar above it."""

    style: str
    scripts: tuple[str, ...]
    bar: Markup


def render_page(
    template: str, style: str, script: str, values: Mapping[str, Any], served: Served | None = None
) -> str:
    """Return one whole page; ``style`` and ``script`` are files that stand beside ``template``.

    One that is ``served`` names them instead, and has its policy from the server.
    """
    if served:
        return render(template, {**values, "served": served})
    css, js = _asset(style), _asset(script)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(css)}'",
            f"script-src '{_hash(js)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    own = {"style": css, "script": js, "policy": Markup(policy)}  # noqa: S704 - our own words
    return render(template, {**values, **own, "served": None})


@cache
def _asset(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text("utf-8"))  # noqa: S704 - our own file


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
