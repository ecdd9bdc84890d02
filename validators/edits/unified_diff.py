r"""Unified diffs, as models write them: line numbers and counts are ignored.

    file    = ["diff --git " names *extended] "--- " path "+++ " path *hunk
    hunk    = "@@" anything  1*(" " line | "-" line | "+" line | "")  ["\ No newline..."]

A missing ``@@`` before the first hunk is allowed. ``/dev/null`` creates or deletes. ``rename from``
and ``rename to`` move. Two headers that name different files, changed modes, copies and binary
patches are refused. A bare empty line is an empty line of context, except where a hunk ends. A note
on the final newline counts where the hunk's last line is the file's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from validators.edits.edit import Block, Edit, RejectedEdit, unreadable

_NOWHERE = "/dev/null"
_EXTENDED = re.compile(
    r"(old mode|new mode|new file mode|deleted file mode|index|similarity index"
    r"|dissimilarity index|rename from|rename to|copy from|copy to) (.*)"
)
_BINARY = ("GIT binary patch", "Binary files ")
_ORDINARY_FILE = "100644"


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before the hunks of one file; ``end`` is the line after it."""

    end: int
    extended: dict[str, str]
    old: str
    new: str
    trouble: str = ""


def opens_diff(lines: Sequence[str], start: int) -> bool:
    """Whether the diff of one file begins at ``start``."""
    return lines[start].startswith("diff --git ") or _opens_plain(lines, start)


def diff_block(lines: Sequence[str], start: int) -> Block | None:
    """Return the diff of the one file that begins at ``start``, or None when none does."""
    if not opens_diff(lines, start):
        return None
    header = _header(lines, start)
    end, hunks = _hunks(lines, header.end)
    path = header.new if header.new != _NOWHERE else header.old
    if header.trouble:
        return Block(end, malformed=(unreadable(path, header.trouble),))
    edits = _edits(header, hunks)
    if isinstance(edits, RejectedEdit):
        return Block(end, malformed=(edits,))
    return Block(end, edits)


def _header(lines: Sequence[str], start: int) -> _Header:
    position, old, new, trouble = start, "", "", ""
    extended: dict[str, str] = {}
    if lines[start].startswith("diff --git "):
        position += 1
        while position < len(lines) and (found := _EXTENDED.fullmatch(lines[position])):
            extended[found[1]] = found[2].strip()
            position += 1
        old, new = _names(lines[start].removeprefix("diff --git "))
        old, new = extended.get("rename from", old), extended.get("rename to", new)
        if position < len(lines) and lines[position].startswith(_BINARY):
            trouble = "a binary patch cannot be applied here."
    if _opens_plain(lines, position):
        old, new = _stripped(_name(lines[position]), _name(lines[position + 1]))
        position += 2
    modes = [extended.get(name) for name in ("old mode", "new mode", "copy from")]
    if any(modes) or extended.get("new file mode", _ORDINARY_FILE) != _ORDINARY_FILE:
        trouble = "a diff here changes only the contents of ordinary files (no mode, link or copy)."
    if not trouble and (not old or not new or '"' in old + new):
        trouble = "the diff's header does not name its file; write '--- a/path' and '+++ b/path'."
    return _Header(position, extended, old, new, trouble)


def _opens_plain(lines: Sequence[str], position: int) -> bool:
    return (
        position + 1 < len(lines)
        and lines[position].startswith("--- ")
        and lines[position + 1].startswith("+++ ")
    )


def _name(line: str) -> str:
    return line[4:].split("\t", 1)[0].strip()


def _names(pair: str) -> tuple[str, str]:
    """Return the two names of a ``diff --git`` line; empty where a space makes them unclear."""
    half = len(pair) // 2
    old, new = pair[:half], pair[half + 1 :]
    if pair[half : half + 1] != " " or old[2:] != new[2:]:
        old, _, new = pair.partition(" ")
        if " " in new:
            return "", ""
    return _stripped(old, new)


def _stripped(old: str, new: str) -> tuple[str, str]:
    """Take git's ``a/`` and ``b/`` away where both sides have them."""
    if old == _NOWHERE or old.startswith("a/"):
        if new.startswith("b/"):
            return old.removeprefix("a/"), new.removeprefix("b/")
        if new == _NOWHERE:
            return old.removeprefix("a/"), new
    return old, new


def _hunks(lines: Sequence[str], position: int) -> tuple[int, list[list[str]]]:
    """Return the line after the last hunk, and the lines of each hunk."""
    hunks: list[list[str]] = []
    while position < len(lines) and not opens_diff(lines, position):
        line = lines[position]
        if line.startswith("@@"):
            hunks.append([])
        elif line[:1] in {" ", "+", "-"} or (hunks and (not line or line.startswith("\\"))):
            hunks = hunks or [[]]
            hunks[-1].append(line)
        elif not line.startswith("\\"):
            break
        position += 1
    for hunk in hunks:
        while hunk and not hunk[-1]:
            hunk.pop()
    return position, [hunk for hunk in hunks if hunk]


def _final_newline(hunk: list[str]) -> bool | None:
    """Return whether a hunk says that its file shall end with a newline; None where it does not."""
    marked = {hunk[at - 1][:1] for at, line in enumerate(hunk) if at and line.startswith("\\")}
    return False if "+" in marked else True if "-" in marked else None


def _edits(header: _Header, hunks: list[list[str]]) -> tuple[Edit, ...] | RejectedEdit:
    moved = {"rename from", "rename to"} <= header.extended.keys()
    if header.new == _NOWHERE or "deleted file mode" in header.extended:
        return (Edit(header.old, "delete"),)
    if header.old not in {_NOWHERE, header.new} and not moved:
        message = f"the diff's headers name two files, {header.old!r} and {header.new!r}."
        return unreadable(header.new, message)
    path = header.old if moved else header.new
    edits = [
        Edit(
            path,
            old=tuple(line[1:] for line in hunk if not line.startswith(("+", "\\"))),
            new=tuple(line[1:] for line in hunk if not line.startswith(("-", "\\"))),
            final_newline=_final_newline(hunk),
        )
        for hunk in hunks
    ]
    if header.old == _NOWHERE or "new file mode" in header.extended:
        edits = [replace(edit, kind="create") if not edit.old else edit for edit in edits]
        edits = edits or [Edit(path, "create")]
    if moved:
        edits.append(Edit(path, "rename", to=header.new))
    return tuple(edits) or unreadable(path, "the diff has no hunk.")
