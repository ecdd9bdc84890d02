"""Which constant parts of messages an issue quotes, and where they are written."""

import re
from collections import defaultdict

from scoping.index import Index
from scoping.issue import Issue

_MAX_SHARING = 6
_MIN_PIECE = 10
_HOLE = re.compile(r"%\([^)]{0,50}\)[a-z]|%[-+0-9.]{0,8}[a-z]|\{[^{}]{0,80}\}|\\.")


def quoted_pieces(index: Index, issue: Issue) -> dict[str, tuple[str, ...]]:
    """Return the constant parts of messages that the issue quotes, and the few files of each."""
    holders: defaultdict[str, dict[str, None]] = defaultdict(dict)
    text = issue.text
    # Hardly any literal begins as any place of the issue does: the others are not sought in it.
    begun = {text[start : start + _MIN_PIECE] for start in range(len(text) - _MIN_PIECE + 1)}
    for facts in index.files:
        for literal in facts.strings:
            has_holes = "{" in literal or "%" in literal or "\\" in literal
            for part in _HOLE.split(literal) if has_holes else (literal,):
                piece = part.strip()
                if piece[:_MIN_PIECE] in begun and " " in piece and piece in text:
                    holders[piece][facts.path] = None
    return {piece: tuple(paths) for piece, paths in holders.items() if len(paths) <= _MAX_SHARING}
