"""Where a file still holds both sides of a merge that nobody finished."""

import re

_MAX_BYTES = 8_000_000
_TEXT_LOOKED_AT = 8_000
# The three that git writes, each a line of its own; a lone `=======` underlines a heading.
_MARKER = re.compile(rb"^(?:(<{7}) [^\n]*|(={7})\r?|(>{7}) [^\n]*)$", re.MULTILINE)


def conflict_lines(content: bytes) -> tuple[int, ...]:
    """Return the lines in which conflicts begin; none in a file that is no text, or too large."""
    if len(content) > _MAX_BYTES or b"\0" in content[:_TEXT_LOOKED_AT]:
        return ()
    found = []
    begin = -1
    divided = False
    for marker in _MARKER.finditer(content):
        if marker[1]:
            begin, divided = marker.start(), False
        elif marker[2]:
            divided = begin >= 0
        elif divided:
            found.append(begin)
            begin, divided = -1, False
    return _lines(content, found)


def _lines(content: bytes, places: list[int]) -> tuple[int, ...]:
    lines = []
    line, last = 1, 0
    for place in places:
        line += content.count(b"\n", last, place)
        last = place
        lines.append(line)
    return tuple(lines)
