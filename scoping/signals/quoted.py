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
    known: dict[str, bool] = {}
    for facts in index.files:
        for literal in facts.strings:
            for piece in map(str.strip, _HOLE.split(literal)):
                if len(piece) >= _MIN_PIECE and " " in piece:
                    if piece not in known:
                        known[piece] = piece in issue.text
                    if known[piece]:
                        holders[piece][facts.path] = None
    return {piece: tuple(paths) for piece, paths in holders.items() if len(paths) <= _MAX_SHARING}
