"""What single lines of a reply are: a path that stands alone, or the fence of a code block.

Models dress a path up in many ways (heading, bold, backticks, colon). Text with more than a path
in it is prose, and prose never names the file of an edit.
"""

import re
from collections.abc import Sequence

_FENCE = re.compile(r"(`{3,}|~{3,})([^`]*)")
_TAG_FENCE = re.compile(r"</?(?:source|code|pre|codeblock|sourcecode)>\w*")
_LABEL = re.compile(r"(?:file ?name|file|path)\s*:\s*", re.IGNORECASE)
_PATH = re.compile(r"""[^\s<>"'|*?`,;()\[\]{}=]+""")
_EXTENSION = re.compile(r"\.[A-Za-z_]\w*$")
_MENTION = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.[A-Za-z]\w*")
_MAX_LINE = 400
_MAX_LOOK_BACK = 4

# Files that are known by a name without extension.
_BARE_NAME = re.compile(
    r"brewfile|caddyfile|changelog|codeowners|copying|dockerfile|gemfile|gnumakefile|jenkinsfile"
    r"|justfile|license|makefile|notice|pipfile|procfile|rakefile|readme|vagrantfile|version"
)

# Extensions that tell a file from ``object.method``.
_KNOWN_EXTENSION = re.compile(
    r"\.(?:adoc|bash|bat|c|cc|cfg|cjs|clj|cpp|cs|css|csv|cxx|dart|ex|exs|fish|go|gradle|graphql|h"
    r"|hpp|hs|html|ini|ipynb|java|jl|js|json|jsx|kt|less|lock|lua|m|md|mjs|ml|mm|mod|nix|php|pl|pm"
    r"|proto|ps1|py|pyi|pyx|r|rb|rs|rst|sass|scala|scss|sh|sql|svelte|svg|swift|tcl|tf|toml|tpl|ts"
    r"|tsx|txt|vim|vue|xml|yaml|yml|zig|zsh)"
)


def is_unicode(text: str) -> bool:
    """Whether ``text`` can be written down: JSON's escapes allow half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fence_of(line: str) -> tuple[str, str]:
    """Return the fence a line begins with and what follows it; two empty strings when none."""
    stripped = line.strip() if len(line) <= _MAX_LINE else ""
    found = _FENCE.fullmatch(stripped)
    return (found[1], found[2].strip()) if found else ("", "")


def closes(line: str, fence: str) -> bool:
    """Whether ``line`` ends a block that ``fence`` opened."""
    mark, info = fence_of(line)
    return bool(mark) and not info and mark[0] == fence[0] and len(mark) >= len(fence)


def is_dressing(line: str) -> bool:
    """Whether a line is empty or only a fence, so that the path may stand above it."""
    stripped = line.strip()
    return not stripped or bool(fence_of(line)[0]) or bool(_TAG_FENCE.fullmatch(stripped))


def path_in(line: str) -> str:
    """Return the path that stands alone on ``line``, undressed; empty when there is none."""
    if len(line) > _MAX_LINE:
        return ""
    text = line.strip().lstrip("#").strip().strip("*").strip()
    label = _LABEL.match(text)
    text = text[label.end() :] if label else text
    text = text.strip("*").rstrip(":").strip("*").strip("`").strip()
    if not _PATH.fullmatch(text) or text.endswith("."):
        return ""
    name = text.rsplit("/", 1)[-1]
    named_like_a_file = bool(_EXTENSION.search(name)) or bool(_BARE_NAME.fullmatch(name.casefold()))
    return text if named_like_a_file or "/" in text or label else ""


def is_file_name(path: str) -> bool:
    """Whether ``path`` surely is one: a known extension or name, not ``object.method``."""
    name = path.rsplit("/", 1)[-1].casefold()
    extension = _KNOWN_EXTENSION.fullmatch(name[max(0, name.rfind(".")) :])
    return bool(_BARE_NAME.fullmatch(name) or extension) or (name.startswith(".") and name != ".")


def path_in_fence(line: str) -> str:
    """Return the path in a fence's info string (``python src/a.py``), or an empty string."""
    mark, info = fence_of(line)
    if not mark or not info:
        return ""
    words = re.split(r"[\s:=]+", info)
    return path_in(words[-1].strip("\"'")) if "." in words[-1] or "/" in words[-1] else ""


def path_above(lines: Sequence[str], start: int, floor: int, previous: str) -> str:
    """Return the path meant by a block at ``start``: above it, or the ``previous`` block's.

    Lines before ``floor`` belong to another block. The previous path counts only when the line
    above does not speak of another file.
    """
    for position in range(start - 1, max(floor, start - _MAX_LOOK_BACK) - 1, -1):
        line = lines[position]
        found = path_in_fence(line) or path_in(line)
        if found:
            return found
        if not is_dressing(line):
            mentioned = _MENTION.findall(line[:_MAX_LINE])
            others = [word for word in mentioned if not previous.endswith(word)]
            return "" if others else previous
    return previous
