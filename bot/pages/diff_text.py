"""A unified diff as git writes it, read into files, hunks and lines for a page to show.

It is only ever shown. What a change does is judged on trees and applied from contents: nothing
reads this to act on it, and text that is no diff makes an odd page, no wrong one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_UNQUOTED = re.compile(r"\\([abtnvfr\"\\]|[0-7]{3})")
_SIGNS = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_NOTES = ("new file mode", "deleted file mode", "old mode", "new mode", "similarity index")
_MORE_NOTES = ("rename from", "rename to", "copy from", "copy to", "Binary files")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk; ``old`` and ``new`` are its numbers, 0 where that side has no such line.

    ``ends_file`` says that no line end follows it.
    """

    old: int
    new: int
    text: str
    ends_file: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together; ``within`` is what git says they are part of."""

    within: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FileOfDiff:
    """One file of a change. ``old_path`` differs where it was moved; ``notes`` are git's words."""

    path: str
    old_path: str
    notes: tuple[str, ...] = ()
    hunks: tuple[Hunk, ...] = ()

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(1 for hunk in self.hunks for line in hunk.lines if not line.old)

    @property
    def removed(self) -> int:
        """How many lines are gone."""
        return sum(1 for hunk in self.hunks for line in hunk.lines if not line.new)


def files_of(diff: str) -> tuple[FileOfDiff, ...]:
    """Return the files of a diff in its order; lines in front of the first are left out."""
    return tuple(_file(lines) for lines in _by_file(diff))


def _by_file(diff: str) -> Iterator[list[str]]:
    lines: list[str] = []
    is_inside = False
    left = (0, 0)
    for line in diff.split("\n"):
        # A line of a file may look like a header: inside of a hunk its counts say what is what.
        if left == (0, 0) and line.startswith("diff --git "):
            if is_inside:
                yield lines
            lines, is_inside = [], True
        elif left == (0, 0):
            header = _HUNK.match(line)
            left = _counts(header) if header else left
        else:
            left = _after(left, line)
        lines.append(line)
    if is_inside:
        yield lines


def _counts(header: re.Match[str]) -> tuple[int, int]:
    return int(header[2] or 1), int(header[4] or 1)


def _after(left: tuple[int, int], line: str) -> tuple[int, int]:
    """Return how many lines of each side are left of a hunk after ``line``."""
    old, new = left
    sign = line[:1]
    old -= sign in {" ", "-"}
    new -= sign in {" ", "+"}
    return max(0, old), max(0, new)


def _file(lines: list[str]) -> FileOfDiff:
    names = {"--- ": "", "+++ ": "", "rename from ": "", "rename to ": ""}
    at = next((n for n, line in enumerate(lines) if _HUNK.match(line)), len(lines))
    head = lines[1:at]
    for line in head:
        for start in names:
            if line.startswith(start):
                names[start] = _name(line.removeprefix(start))
    old = names["rename from "] or names["--- "].removeprefix("a/")
    new = names["rename to "] or names["+++ "].removeprefix("b/")
    fallback = _name_in(lines[0])
    old, new = (one if one not in {"", "/dev/null"} else "" for one in (old, new))
    notes = tuple(one for one in head if one.startswith((*_NOTES, *_MORE_NOTES)))
    return FileOfDiff(new or old or fallback, old or new or fallback, notes, _hunks(lines[at:]))


def _name_in(header: str) -> str:
    """Return the name in ``diff --git a/NAME b/NAME``, which both halves repeat."""
    words = header.removeprefix("diff --git ")
    half = words[: len(words) // 2]
    return _name(half).removeprefix("a/")


def _name(written: str) -> str:
    """Return a name that git may have put in quotes."""
    written = written.removesuffix("\t")
    if not (written.startswith('"') and written.endswith('"') and len(written) > 1):
        return written
    # Octal escapes are bytes of UTF-8, which may also be none.
    raw = _UNQUOTED.sub(_sign, written[1:-1])
    return raw.encode("latin-1", "replace").decode("utf-8", "backslashreplace")


def _sign(escaped: re.Match[str]) -> str:
    word = escaped[1]
    return chr(_SIGNS[word] if word in _SIGNS else int(word, 8) & 0xFF)


def _hunks(lines: list[str]) -> tuple[Hunk, ...]:
    found: list[Hunk] = []
    within, drafts = "", list[Line]()
    old = new = 0
    left = (0, 0)
    for line in lines:
        header = _HUNK.match(line) if left == (0, 0) else None
        if header:
            found += [Hunk(within, tuple(drafts))] if drafts else []
            within, drafts, left = header[5], [], _counts(header)
            old, new = int(header[1]), int(header[3])
        elif line.startswith("\\"):
            drafts[-1:] = [_last(one) for one in drafts[-1:]]
        elif left != (0, 0):
            left = _after(left, line)
            sign = line[:1]
            has_old, has_new = sign != "+", sign != "-"
            drafts.append(Line(old * has_old, new * has_new, line[1:]))
            old, new = old + has_old, new + has_new
    return (*found, Hunk(within, tuple(drafts))) if drafts else tuple(found)


def _last(line: Line) -> Line:
    return Line(line.old, line.new, line.text, ends_file=True)
