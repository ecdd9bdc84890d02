"""What we write into GitHub's texts and no person sees: how we know again what is ours.

Anybody may write such a comment, so a marker alone proves nothing: it is believed only in what our
own account wrote, or on a branch that only we and people with write access can make. Markers in
words that are not ours are broken before they are sent.
"""

import json
import re
from dataclasses import dataclass, fields
from typing import TypeVar
from urllib.parse import quote, unquote

from validators.encoding import EncodingRefusal, decode, encode

T = TypeVar("T")

_OPENING = re.compile(r"<!--\s*changewright:", re.IGNORECASE)
_KEYED = re.compile(r"<!-- changewright:([^<>{}\n]{1,200}) -->$")
_BROKEN = "<!-- changewright;"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a pull request was opened with, beside its text."""

    key: str = ""
    run: str = ""
    bundle_sha256: str = ""
    base_commit: str = ""


def hidden(kind: str, noun: object) -> str:
    """Return ``noun`` as a comment of one line that a page does not show."""
    document = encode(noun).decode("ascii")
    # Inside an HTML comment two dashes or an angle bracket may end it; in JSON they need not stand.
    for sign, escaped in (("--", "-\\u002d"), (">", "\\u003e"), ("<", "\\u003c")):
        document = document.replace(sign, escaped)
    return f"<!-- changewright:{kind} {document} -->"


def revealed(kind: str, text: str, shape: type[T]) -> T | None:
    """Return what `hidden` put into ``text`` last; None where there is none that can be read."""
    found = re.findall(rf"<!-- changewright:{kind} (\{{[^\n<>]*\}}) -->", text)
    if not found:
        return None
    try:
        known = {field.name for field in fields(shape)}  # type: ignore[arg-type]  # a dataclass
        document = json.loads(found[-1])
        kept = {name: value for name, value in document.items() if name in known}
        return decode(json.dumps(kept).encode(), shape)
    except (EncodingRefusal, ValueError):
        return None


def without(kind: str, text: str) -> str:
    """Return ``text`` as it was before `hidden` was put at its end."""
    return re.sub(rf"\n*<!-- changewright:{kind} \{{[^\n<>]*\}} -->\s*", "", text)


def broken(text: str) -> str:
    """Return ``text`` with no marker in it that could be taken for ours."""
    return _OPENING.sub(_BROKEN, text)


def keyed(text: str, key: str) -> str:
    """Return a comment's text with the mark by which it is found again."""
    return f"{text}\n\n{_mark(key)}"


def is_keyed(text: str, key: str) -> bool:
    """Whether ``text`` ends in the mark of ``key``; a person may have added blanks."""
    return text.rstrip().endswith(_mark(key))


def key_of(text: str) -> str:
    """Return the key that ``text`` ends in the mark of, or ""; believe it in what is ours alone."""
    found = _KEYED.search(text.rstrip())
    return unquote(found[1]) if found else ""


def is_marked(text: str) -> bool:
    """Whether ``text`` holds any mark."""
    return bool(_OPENING.search(text))


def _mark(key: str) -> str:
    named = quote(key, safe=" /:#@").replace("--", "-%2D")
    return f"<!-- changewright:{named} -->"
