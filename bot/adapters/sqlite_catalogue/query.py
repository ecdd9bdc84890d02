"""What a stranger types into a search, as words alone: none of the index's own language acts."""

import re

_MOST_WORDS, _LONGEST_QUERY = 8, 200
# Of fewer letters than this too many words begin.
_LEAST_PREFIX = 3
_LETTER = re.compile(r"[^\W_]")


def terms_of(query: str) -> tuple[str, ...]:
    """Return the words that a query looks for; one with signs in it, a path say, stays whole."""
    # No text of SQLite holds half a character, or goes on behind a zero.
    text = query[:_LONGEST_QUERY].encode("utf-8", "replace").decode().replace("\0", " ")
    words = text.split()
    return tuple(word for word in words if _LETTER.search(word))[:_MOST_WORDS]


def matching(query: str) -> str:
    """Return a query as an expression of FTS5 in which nothing of it acts; "" without a word."""
    words = terms_of(query)
    quoted = " ".join('"{}"'.format(word.replace('"', " ")) for word in words)
    return quoted + "*" * bool(words and len(words[-1]) >= _LEAST_PREFIX)
