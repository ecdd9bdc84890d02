"""Finds the files that a pattern of code occurs in, to choose a campaign's targets by.

    logging.warn($$$)          a call, whatever it is given
    assertEqual($A, None)      $A is one argument or one operand, $$$ any number of them

Words and signs must follow one another as in the pattern; white space and line ends do not count.
Brackets pair up. It knows no language and reads no comment for one, so it may choose a file too
many, never one too few: what is changed there is for the steps to decide.
"""

import re
from collections.abc import Sequence

from scoping.refusal import Refusal

_TOKEN = re.compile(
    r"\$\$\$[A-Z0-9_]*|\$[A-Z_][A-Z0-9_]*|[^\W\d]\w*|\d[\w.]*"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\S"
)
_OPEN, _CLOSE = "([{", ")]}"
# What one hole may span: arguments of a call, and no whole module.
_LONGEST_HOLE = 400
_MOST_TOKENS = 60
_LARGEST_FILE = 1024 * 1024


class PatternRefusal(Refusal):
    """A pattern cannot be looked for: why, and what to write instead."""


class CodePattern:
    """One pattern, read once; PatternRefusal where it would match nothing or everything."""

    def __init__(self, text: str) -> None:
        self._wanted = _TOKEN.findall(text)
        words = [token for token in self._wanted if token[0].isalpha() or token[0] == "_"]
        if not words:
            raise PatternRefusal(
                f"the pattern {text!r} holds no word to look for; name what is called or used, for"
                " example 'logging.warn($$$)'"
            )
        if len(self._wanted) > _MOST_TOKENS:
            raise PatternRefusal(f"the pattern has more than {_MOST_TOKENS} words and signs")
        self._word = max(words, key=len).encode()

    def occurs_in(self, content: bytes) -> bool:
        """Whether a file holds it; a binary file, or one of more than 1 MiB, holds nothing."""
        if self._word not in content or len(content) > _LARGEST_FILE or b"\0" in content:
            return False
        tokens = _TOKEN.findall(content.decode("utf-8", "replace"))
        first = self._wanted[0]
        return any(
            _matches(self._wanted, tokens, at)
            for at, token in enumerate(tokens)
            if token == first or first[0] == "$"
        )


def _matches(wanted: Sequence[str], tokens: Sequence[str], at: int) -> bool:
    """Whether the pattern begins at ``at``; holes take as little as they can."""
    reached = {at}
    for index, want in enumerate(wanted):
        if want[0] == "$" and len(want) > 1:
            stop = wanted[index + 1] if index + 1 < len(wanted) else None
            reached = {end for one in reached for end in _hole(want, tokens, one, stop)}
        else:
            reached = {one + 1 for one in reached if one < len(tokens) and tokens[one] == want}
        if not reached:
            return False
    return True


def _hole(want: str, tokens: Sequence[str], at: int, stop: str | None) -> list[int]:
    """Return where a hole that begins at ``at`` may end: before ``stop``, outside brackets."""
    is_many = want.startswith("$$$")
    ends: list[int] = []
    depth = 0
    for end in range(at, min(len(tokens), at + _LONGEST_HOLE)):
        sign = tokens[end]
        if depth == 0 and (end > at or is_many) and stop in {None, sign}:
            ends.append(end)
            if stop is None:
                break
        if depth == 0 and (sign in _CLOSE or (sign in ",;" and not is_many)):
            break
        depth += (sign in _OPEN) - (sign in _CLOSE)
    else:
        if stop is None and (is_many or at < len(tokens)):
            ends.append(len(tokens))
    return ends
