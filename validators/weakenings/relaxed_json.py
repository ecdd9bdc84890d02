"""JSON with comments and commas at the end, as the programs read it that it belongs to."""

import re

# An open string or comment ends with its line or the file: tried again from each sign on, a file
# of nothing but signs would take hours.
_COMMENT = re.compile(rb'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_LAST_COMMA = re.compile(rb'("(?:[^"\\\n]|\\.)*"?)|,(?=\s*+[\]}])')


def plain_json(content: bytes) -> bytes:
    """Return ``content`` without what JSON itself does not have."""
    without = _COMMENT.sub(lambda found: found[1] or b" ", content)
    return _LAST_COMMA.sub(lambda found: found[1] or b"", without)
