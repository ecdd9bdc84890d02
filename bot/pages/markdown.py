"""Text of strangers made inert in GitHub's Markdown, and templates that escape by default.

What an issue, a model or a test wrote may not make a link, an image, HTML, a mention, a reference
that closes somebody's issue, or break out of a table. A template's every value passes `escape`
unless it is already `Markdown`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.visible_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

# Only what means something where it stands: a reviewer also reads this text on a terminal.
_SPECIAL = re.compile(
    r"^(?P<number>\d+)(?=[.)])"  # a list
    r"|(?<!\w)(?P<hash>[0-9a-fA-F]{7,40})(?!\w)"  # a commit, perhaps
    r"|[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|^[#>+=-]|^:(?!//)"
)
# A zero-width space inside of the sign: the reader sees the same, GitHub does not. `visible` leaves
# none in the text, and in the end it is written as an entity, which editors and terminals show.
_BREAK, ENTITY = "\u200b", "&#8203;"
_BROKEN = (
    # mentions, mail addresses, commits of other repositories
    (re.compile(r"@(?=\S)"), f"@{_BREAK}"),
    # issues, here and in other repositories
    (re.compile(r"#(?=\d)"), f"#{_BREAK}"),
    (re.compile(r"(?i)(?<![^\W_])(gh-)(?=\d)"), rf"\1{_BREAK}"),
    # links: GitHub asks for no word boundary before them
    (re.compile(r"(?i)(?:(?<=mailto)|(?<=xmpp)):|:(?=//)"), f"{_BREAK}:"),
    (re.compile(r"(?i)(www)(?=\.)"), rf"\1{_BREAK}"),
    # emoji; file:line:column stays as it is
    (re.compile(r":(?=(?!(?!100:|1234:)\d++:)[\w+-]++:)"), f":{_BREAK}"),
)
_WHITE = re.compile(r"\s")
# The longest a value of a template may be as Markdown; quotes have a limit of their own.
MAX_VALUE = 400


class Markdown(str):
    """Text that is Markdown already and must not be escaped again."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Return one line of untrusted text as Markdown that shows it and does nothing."""
    return _escaped(_flat(text))


def _escaped(line: str) -> Markdown:
    flat = line.replace("&", "&amp;").replace("<", "&lt;")
    flat = _SPECIAL.sub(_inert, flat)
    for sign, broken in _BROKEN:
        flat = sign.sub(broken, flat)
    return Markdown(flat.replace(_BREAK, ENTITY))


def _flat(text: str) -> str:
    """Return ``text`` on one line, without what cannot be seen or cannot be sent."""
    return " ".join(_visible(text).split())


def _spaced(line: str) -> str:
    """Return one line as `_flat` does, with as many spaces between its words as it has."""
    return _WHITE.sub(" ", _visible(line)).strip()


def _visible(text: str) -> str:
    return visible(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _inert(sign: re.Match[str]) -> str:
    if sign["hash"]:
        return f"`{sign[0]}`"
    # A number that would start a list is broken behind it: a backslash before a digit shows.
    return f"{sign[0]}{_BREAK}" if sign["number"] else f"\\{sign[0]}"


def quote(text: str, limit: int) -> Markdown:
    """Return untrusted prose as a block quote of at most ``limit`` characters, line by line."""
    whole = text.strip()
    shown = whole[:limit]
    while len(quoted := _quoted(shown)) > limit:
        shown = shown[: len(shown) * limit // len(quoted)]
    left_out = len(whole) - len(shown)
    if left_out:
        quoted += f"\n> _({left_out} more characters are in the run's journal)_"
    return Markdown(quoted)


def _quoted(text: str) -> str:
    lines = [_escaped(_spaced(line)) for line in text.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines) or "> _(empty)_"


def code(text: str) -> Markdown:
    """Return untrusted text as one inline code span, whatever backticks it holds; cut when long."""
    return _fitted(text, _code)


def listing(text: str, limit: int) -> Markdown:
    """Return untrusted code as a block of at most ``limit`` characters; hidden ones are spelt."""
    shown = "".join(map(_spelt, text.strip("\n")[:limit]))
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    left_out = len(text.strip("\n")) - limit
    more = f"\n_({left_out} more characters are in the bundle)_" if left_out > 0 else ""
    return Markdown(f"{fence}\n{shown}\n{fence}{more}")


def _spelt(letter: str) -> str:
    """Return a character as a reader sees it, or the escape of one that is not to be seen."""
    if letter in " \n\t" or (letter.isprintable() and visible(letter) == letter):
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def cell(text: str) -> Markdown:
    """Return ``code`` for the cell of a table, where a bar would end it even inside of a span."""
    return Markdown(code(text).replace("|", "\\|"))


def _code(text: str) -> Markdown:
    flat = _flat(text)
    if not flat:
        return Markdown()  # two backticks and nothing between them would open a span
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return Markdown(f"{fence}{pad}{flat}{pad}{fence}")


def _fitted(text: str, form: Callable[[str], Markdown]) -> Markdown:
    """Return ``form`` of as much of ``text`` as makes at most ``MAX_VALUE`` characters."""
    shown = text[:MAX_VALUE]
    while len(formed := form(shown)) > MAX_VALUE:
        shown = shown[: len(shown) * 3 // 4]
    return formed if shown == text else Markdown(f"{formed}…")


def reasons(words: Iterable[str]) -> Markdown:
    """Return reasons as one cell: what is in backticks becomes code, the rest is escaped."""
    shown: list[str] = []
    for reason in words:
        if sum(map(len, shown)) >= MAX_VALUE:
            shown.append("…")
            break
        parts = reason[:MAX_VALUE].split("`")
        pieces = [cell(part) if at % 2 else _between(part) for at, part in enumerate(parts)]
        shown.append("".join(pieces))
    return Markdown("; ".join(shown))


def _between(words: str) -> str:
    """Return escaped words with the spaces at their ends, which `escape` would take away."""
    start, end = " " * words[:1].isspace(), " " * words[-1:].isspace()
    return f"{start}{_fitted(words, escape)}{end}" if words.strip() else start


def _finalize(value: object) -> object:
    return value if isinstance(value, Markdown) else _fitted(str(value), escape)


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
    environment.filters |= {"cell": cell, "code": code, "quote": quote, "reasons": reasons}
    environment.filters["listing"] = listing
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return the Markdown of one file under ``templates``."""
    return _environment().get_template(template).render(values)
