"""Text of strangers made inert in GitHub's Markdown, and templates that escape by default.

What an issue, a model or a test wrote may not make a link, an image, HTML, a mention, a reference
that closes somebody's issue, or break out of a table. A template's every value passes `escape`
unless it is already `Markdown`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.prompts import visible

if TYPE_CHECKING:
    from jinja2 import Environment

# Only what means something where it stands: a reviewer also reads this text on a terminal.
_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)|^[#>+=-]|^\d+(?=[.)])")
# A zero-width space, as an entity, after the sign: the reader sees the same, GitHub links nothing.
_BREAK = "&#8203;"


class Markdown(str):
    """Text that is Markdown already and must not be escaped again."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Return one line of untrusted text as Markdown that shows it and does nothing."""
    flat = " ".join(visible(text).split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;")
    flat = _SPECIAL.sub(_inert, flat)
    flat = re.sub(r"@(?=\w)", f"@{_BREAK}", flat)
    flat = re.sub(r"#(?=\d)", f"#{_BREAK}", flat)
    flat = re.sub(r"(?i)\b(https?|ftp|mailto)(:)", rf"\1{_BREAK}\2", flat)
    return Markdown(re.sub(r"(?i)\bwww\.", f"www{_BREAK}.", flat))


def _inert(sign: re.Match[str]) -> str:
    found = sign[0]
    # A number that would start a list is broken behind it: a backslash before a digit shows.
    return f"{found}{_BREAK}" if found.isdigit() else f"\\{found}"


def quote(text: str, limit: int) -> Markdown:
    """Return untrusted prose as a block quote of at most ``limit`` characters, line by line."""
    shown = text.strip()
    cut = len(shown) > limit
    lines = [escape(line) for line in shown[:limit].splitlines()]
    if cut:
        lines.append(Markdown(f"_({len(shown) - limit} more characters are in the run's journal)_"))
    return Markdown("\n".join(f"> {line}".rstrip() for line in lines) or "> _(empty)_")


def code(text: str) -> Markdown:
    """Return untrusted text as one inline code span, whatever backticks it holds."""
    flat = " ".join(visible(text).split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return Markdown(f"{fence}{pad}{flat}{pad}{fence}")


def reasons(words: Iterable[str]) -> Markdown:
    """Return reasons as one cell: what is in backticks becomes code, the rest is escaped."""
    shown = []
    for reason in words:
        parts = reason.split("`")
        pieces = [code(part) if at % 2 else _between(part) for at, part in enumerate(parts)]
        shown.append("".join(pieces))
    return Markdown("; ".join(shown))


def _between(words: str) -> str:
    """Return escaped words with the spaces at their ends, which `escape` would take away."""
    start, end = " " * words[:1].isspace(), " " * words[-1:].isspace()
    return f"{start}{escape(words)}{end}" if words.strip() else start


def _finalize(value: object) -> object:
    return value if isinstance(value, Markdown) else escape(str(value))


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 40 ms

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        finalize=_finalize,
        autoescape=False,  # noqa: S701 - finalize escapes for Markdown, not for HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"code": code, "quote": quote, "reasons": reasons}
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return the Markdown of one file under ``templates``."""
    return _environment().get_template(template).render(values)
