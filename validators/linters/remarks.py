"""One remark of a linter as any format says it, and what is done to a stranger's text on the way.

Whatever a linter prints may quote the code it judges, and that may have been written to be misread:
so every value is bounded, every name is checked, and what is outside the tree is left out.
"""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote

from validators.sandbox import WORKSPACE

_PATH_CHARACTERS = 1_000
_CODE_CHARACTERS = 120
_MESSAGE_CHARACTERS = 2_000
_MAX_LINE = 10**9
_RULE_WORDS = 5
_QUOTED = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"")
_WORD = re.compile(r"[A-Za-z]{2,}")
_URI = re.compile(r"file://(?:localhost)?(?=/)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding as a format gives it: ``path`` may still be absolute, or a URI with ``is_uri``.

    ``is_mild``: the linter calls it a warning that does not make its command fail by itself.
    """

    path: str
    line: int
    code: str
    message: str
    is_mild: bool = False
    is_uri: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one linter said in one format; ``count`` is how many remarks it says it made."""

    tool: str
    remarks: tuple[Remark, ...]
    count: int | None = None


def tree_path(remark: Remark) -> str:
    """Return where in the tree a remark points; empty when it points outside or nowhere."""
    name = remark.path
    if remark.is_uri:
        name = unquote(_URI.sub("", name))
    if not name or len(name) > _PATH_CHARACTERS or "\0" in name or "\n" in name:
        return ""
    plain = posixpath.normpath(name)
    if plain.startswith(f"{WORKSPACE}/"):
        plain = plain[len(WORKSPACE) + 1 :]
    is_outside = plain in {".", "..", WORKSPACE} or plain.startswith(("/", "../"))
    return "" if is_outside else storable(plain)


def bounded(remark: Remark) -> tuple[str, int, str]:
    """Return code, line and message of a remark, within bounds and each on one line."""
    code = storable(" ".join(remark.code.split())[:_CODE_CHARACTERS]) or "finding"
    message = storable(" ".join(remark.message[: 2 * _MESSAGE_CHARACTERS].split()))
    line = remark.line if 0 <= remark.line <= _MAX_LINE else 0
    return code, line, message[:_MESSAGE_CHARACTERS]


def rule_in(message: str) -> str:
    """Return a name for what a message is about, for linters that name no rules.

    What it quotes and what it counts are about one place; the words before it are about the rule.
    """
    words = _WORD.findall(_QUOTED.sub(" ", message[:_MESSAGE_CHARACTERS]))
    return "-".join(words[:_RULE_WORDS]).casefold() or "finding"


def storable(text: str) -> str:
    """Return ``text`` without what no UTF-8 can hold: JSON may spell half a character."""
    return text.encode("utf-8", "replace").decode()
