r"""SEARCH/REPLACE blocks: the format we ask for.

    block    = [path-line] [fence] open *hint *old divider *new close [fence]
    open     = 5*"<" " SEARCH" [">"] [" " path]  |  3*"-" " SEARCH"  |  5*"<" " ORIGINAL"
    hint     = ":start_line:" number | ":end_line:" number | "-------"     (ignored)
    divider  = 5*"="
    close    = 5*">" " REPLACE"  |  3*"+" " REPLACE"  |  5*">" " UPDATED"

Of several lines that could divide, the one as long as the opening marker does; if that leaves two,
the block is refused. A first new line of blanks alone belongs to the divider, unless the old lines
begin with a blank one. A content line that looks like a marker is written with a backslash before
it. An empty old part creates the file. A block without a path is for the file of the one before.
"""

import re
from collections.abc import Sequence

from validators.edits.edit import Block, Edit, unreadable
from validators.edits.reply_lines import path_above, path_in

_OPEN = re.compile(r"(<{5,}|-{3,}) (?:SEARCH|ORIGINAL)>?(?:\s+(\S+))?\s*")
_CLOSE = re.compile(r"(?:>{5,}|\+{3,}) (?:REPLACE|UPDATED)\s*")
_DIVIDER = re.compile(r"={5,}")
_HINT = re.compile(r":(?:start|end)_line:\s*\d+\s*")
_STRAY = re.compile(r"(?:[<>+-]{2,} ?(?:SEARCH|REPLACE|ORIGINAL|UPDATED)>?)\s*")
_ESCAPED = re.compile(r"\\+(?:<{5,} |-{3,} |={5,}$|>{5,} |\+{3,} )")
_USUAL_LENGTH = 7
_MAX_MARKER = 400

_HOW = "Write: the path alone on a line, '<<<<<<< SEARCH', the old lines, '=======', the new lines,"
_FORM = f"{_HOW} '>>>>>>> REPLACE'."


def opens_search(line: str) -> bool:
    """Whether a SEARCH/REPLACE block, well formed or not, begins with ``line``."""
    if len(line) > _MAX_MARKER:
        return False
    return bool(_OPEN.fullmatch(line) or _STRAY.fullmatch(line))


def search_block(lines: Sequence[str], start: int, floor: int, previous: str) -> Block | None:
    """Return the block that begins at ``start``, or None when none does."""
    if not opens_search(lines[start]):
        return None
    opened = _OPEN.fullmatch(lines[start])
    if not opened:
        message = f"a marker without its block: {lines[start].strip()!r}. {_FORM}"
        return Block(start + 1, malformed=(unreadable(previous, message),))
    named = path_in(opened[2]) if opened[2] else ""
    path = named or path_above(lines, start, floor, previous)
    stop = _end_of(lines, start + 1)
    if stop == len(lines) or not _CLOSE.fullmatch(lines[stop]):
        message = f"the block at line {start + 1} of the reply has no '>>>>>>> REPLACE'. {_FORM}"
        return Block(stop, malformed=(unreadable(path, message),))
    return _sides(lines[start + 1 : stop], path, len(opened[1]), stop + 1)


def _end_of(lines: Sequence[str], position: int) -> int:
    """Return where the block's close stands, or the next block's open, or the reply's end."""
    while position < len(lines):
        line = lines[position]
        if len(line) <= _MAX_MARKER and (_CLOSE.fullmatch(line) or _OPEN.fullmatch(line)):
            return position
        position += 1
    return position


def _sides(body: Sequence[str], path: str, marker_length: int, end: int) -> Block:
    """Return the block of ``body``, divided into its old and its new lines."""
    dividers = [at for at, line in enumerate(body) if _DIVIDER.fullmatch(line)]
    for length in (marker_length, _USUAL_LENGTH):
        exact = [at for at in dividers if len(body[at]) == length]
        if exact:
            dividers = exact
            break
    if not dividers:
        message = f"the block for {path or 'an unnamed file'} has no '=======' line. {_FORM}"
        return Block(end, malformed=(unreadable(path, message),))
    if len(dividers) > 1:
        message = (
            f"the block for {path or 'an unnamed file'} has {len(dividers)} '=======' lines: put a"
            " backslash before each one that is content."
        )
        return Block(end, malformed=(unreadable(path, message),))
    old = _without_hints(body[: dividers[0]])
    new = body[dividers[0] + 1 :]
    # Dialects differ on blanks after the divider; such a line alone is where the author began.
    if old and old[0].strip() and new and new[0] and new[0].isspace():
        new = new[1:]
    return Block(end, (Edit(path, "replace", _unescaped(old), _unescaped(new)),))


def _without_hints(old: Sequence[str]) -> Sequence[str]:
    """Drop line hints some dialects put before the old lines, with the rule that ends them."""
    hints = 0
    while hints < len(old) and _HINT.fullmatch(old[hints]):
        hints += 1
    if hints and hints < len(old) and old[hints].strip() == "-------":
        hints += 1
    return old[hints:]


def _unescaped(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line[1:] if _ESCAPED.match(line) else line for line in lines)
