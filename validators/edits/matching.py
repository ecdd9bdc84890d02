"""Where the old lines of an edit stand in a file: exactly, by whole lines, by whitespace, or not.

The cascade stops at the first step that finds a place. A step that finds two refuses: a place is
found, never chosen. Measured on real replies, resemblance below this landed nothing right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from validators.edits.dressing import Sides, without_margins, without_numbers
from validators.edits.edit import Edit, LandedHow, RejectReason
from validators.edits.indentation import indent_of, indentation, indented
from validators.edits.nearest import did_you_mean
from validators.edits.text_file import TextFile, pairs

_MAX_PLACES = 50
# Fewer added characters than these, a closing bracket say, may stand in a file by chance.
_MIN_TELLING = 16
# The same of one old line that stands there with another indentation.
_MIN_TELLING_OLD = 8


@dataclass(frozen=True, slots=True)
class Place:
    """The lines from ``start`` to before ``stop`` give way to ``new``."""

    start: int
    stop: int
    new: tuple[str, ...]
    how: LandedHow


@dataclass(frozen=True, slots=True)
class NoPlace:
    """Why an edit has no place in a file, fit for the model that wrote it."""

    reason: RejectReason
    message: str


def find_place(file: TextFile, edit: Edit) -> Place | NoPlace:
    """Return the one place of a ``replace`` edit in ``file``; its ``old`` is not empty."""
    written = (edit.old, edit.new)
    found = None if edit.whole_lines else _inside_lines(file, edit)
    found = found or _whole_lines(file, edit, written) or _after_indentation(file, edit)
    for sides in (written, without_margins(edit), without_numbers(edit)):
        if sides and sides[0]:
            found = found or _whole_lines(file, edit, sides) or _by_whitespace(file, edit, sides)
    if found:
        return found
    if _holds_the_new(file, edit):
        return Place(0, 0, (), "already-applied")
    if edit.anchors and not all(_lines_like(file.lines, anchor) for anchor in edit.anchors):
        return NoPlace("no-match", f"the line named after '@@' is not in {edit.path}.")
    where = " at the end of the file" if edit.at_end else ""
    message = f"the old lines are not in {edit.path}{where}; they must match exactly."
    return NoPlace("no-match", f"{message} {did_you_mean(file.lines, edit.old)}".rstrip())


def runs(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return where ``wanted`` stands in ``lines`` as a run, overlapping ones too (at most 50)."""
    text = "\n" + "\n".join(lines) + "\n"
    needle = "\n" + "\n".join(wanted) + "\n"
    places: list[int] = []
    line, counted = 0, 0
    at = text.find(needle)
    while at >= 0 and len(places) < _MAX_PLACES:
        line += text.count("\n", counted, at)
        counted = at
        places.append(line)
        at = text.find(needle, at + 1)
    return places


def _inside_lines(file: TextFile, edit: Edit) -> Place | NoPlace | None:
    """Raw text that stands in the file exactly once."""
    text, old = file.text, "\n".join(edit.old)
    starts: list[int] = []
    at = text.find(old)
    while at >= 0 and len(starts) < _MAX_PLACES:
        starts.append(at)
        at = text.find(old, at + 1)
    if not starts:
        return None
    if len(starts) > 1:
        return _ambiguous(edit.path, [text.count("\n", 0, start) for start in starts])
    start = starts[0]
    first = text.count("\n", 0, start)
    last = first + old.count("\n")
    head = text[text.rfind("\n", 0, start) + 1 : start]
    end = start + len(old)
    line_end = text.find("\n", end)
    tail = text[end : line_end if line_end >= 0 else len(text)]
    new = "\n".join(edit.new)
    offset = new.find(old)
    if len(new) > len(old) and start >= offset >= 0 and text.startswith(new, start - offset):
        return Place(0, 0, (), "already-applied")
    return Place(first, last + 1, tuple((head + new + tail).split("\n")), "exact")


def _whole_lines(file: TextFile, edit: Edit, sides: Sides) -> Place | NoPlace | None:
    old, new = sides
    places = _narrowed(file.lines, edit, runs(file.lines, old), len(old))
    if not places:
        return None
    if len(places) > 1:
        return _ambiguous(edit.path, places)
    start = places[0]
    if _is_made_at(file.lines, start, old, new):
        return Place(0, 0, (), "already-applied")
    how: LandedHow = "exact" if file.text.count("\n".join(old)) == 1 else "whole-lines"
    return Place(start, start + len(old), tuple(new), how)


def _by_whitespace(file: TextFile, edit: Edit, sides: Sides) -> Place | NoPlace | None:
    """Whole lines that differ in whitespace alone, the new ones indented like those replaced."""
    old, _ = sides
    if not any(line.strip() for line in old):
        return None
    keys = [" ".join(line.split()) for line in file.lines]
    found = runs(keys, [" ".join(line.split()) for line in old])
    places = _narrowed(file.lines, edit, found, len(old))
    if len(places) != 1:
        return _ambiguous(edit.path, places) if places else None
    return _reindented(file, edit, sides, places[0])


def _reindented(file: TextFile, edit: Edit, sides: Sides, start: int) -> Place | NoPlace:
    """Return the new lines as the file would indent them, in place of those from ``start``."""
    old, new = sides
    standing = file.lines[start : start + len(old)]
    indent = indentation(old, standing)
    kept = pairs(old, new)
    lines = [
        standing[kept[at]] if at in kept else indented(line, indent) for at, line in enumerate(new)
    ]
    complete = [line for line in lines if line is not None]
    if len(complete) < len(lines):
        shown = did_you_mean(file.lines, standing)
        message = f"the old lines stand in {edit.path} with another indentation."
        return NoPlace("indentation", f"{message} {shown}")
    if _is_made_at(file.lines, start, standing, complete):
        return Place(0, 0, (), "already-applied")
    if _is_too_little(old, standing):
        message = f"line {start + 1} of {edit.path} is like the old one, but indented otherwise;"
        return NoPlace("no-match", f"{message} one short line is too little to be sure: add lines.")
    return Place(start, start + len(old), tuple(complete), "whitespace")


def _is_too_little(old: Sequence[str], standing: Sequence[str]) -> bool:
    """Whether one short line alone was found, and that with another indentation."""
    both = [pair for pair in zip(old, standing, strict=True) if pair[0].strip()]
    margins = {indent_of(line) for pair in both for line in pair}
    return len(both) == 1 and len(margins) > 1 and _weight(old) < _MIN_TELLING_OLD


def _after_indentation(file: TextFile, edit: Edit) -> Place | None:
    """Exact lines of which only the first lacks its indentation, as models copy from mid-line."""
    first, *rest = edit.old
    is_bound = bool(edit.anchors) or edit.at_end or not edit.whole_lines
    is_alike = bool(first.strip() and edit.new) and edit.new[0] == edit.new[0].lstrip()
    if not any(rest) or not is_alike or is_bound:
        return None
    places = [
        at - 1
        for at in runs(file.lines, rest)
        if at and file.lines[at - 1].lstrip() == first and file.lines[at - 1] != first
    ]
    if len(places) != 1:
        return None
    start = places[0]
    margin = file.lines[start][: len(file.lines[start]) - len(first)]
    return Place(start, start + len(edit.old), (margin + edit.new[0], *edit.new[1:]), "exact")


def _narrowed(lines: Sequence[str], edit: Edit, places: list[int], size: int) -> list[int]:
    """Keep the places the edit's anchors and its end-of-file mark allow."""
    if edit.at_end:
        ends = {len(lines), len(lines) - (not lines[-1])}
        places = [place for place in places if place + size in ends]
    first, stop = 0, len(lines)
    for anchor in edit.anchors:
        above = [at for at in _lines_like(lines, anchor) if first <= at < stop]
        places = [place for place in places if above and place >= above[0]]
        if len(above) == 1:
            first, stop = above[0], _block_end(lines, above[0], stop)
    inside = [place for place in places if first <= place and place + size <= stop]
    return inside if len(places) > 1 and inside else places


def _lines_like(lines: Sequence[str], anchor: str) -> list[int]:
    return [at for at, line in enumerate(lines) if line.strip() == anchor]


def _block_end(lines: Sequence[str], start: int, stop: int) -> int:
    """Return the first line after ``start`` that is not indented deeper than it."""
    margin = len(indent_of(lines[start]))
    for position in range(start + 1, stop):
        if lines[position].strip() and len(indent_of(lines[position])) <= margin:
            return position
    return stop


def _is_made_at(lines: Sequence[str], start: int, old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether an edit that adds around ``old`` has been made where ``old`` stands."""
    if len(new) <= len(old):
        return False
    offsets = runs(new, old)
    return any(
        start >= offset and list(lines[start - offset : start - offset + len(new)]) == list(new)
        for offset in offsets
    )


def is_telling(lines: Iterable[str]) -> bool:
    """Whether ``lines`` stand in a file by no accident, as a closing bracket may."""
    return _weight(lines) >= _MIN_TELLING


def _weight(lines: Iterable[str]) -> int:
    return sum(len("".join(line.split())) for line in lines)


def _holds_the_new(file: TextFile, edit: Edit) -> bool:
    """Whether a file without the old text has the new one, once, and that can be no accident."""
    if not is_telling({line.strip() for line in edit.new} - {line.strip() for line in edit.old}):
        return False
    if edit.whole_lines:
        return len(runs(file.lines, edit.new)) == 1
    return file.text.count("\n".join(edit.new)) == 1


def _ambiguous(path: str, places: Sequence[int]) -> NoPlace:
    numbers = ", ".join(str(place + 1) for place in dict.fromkeys(places))
    more = " and more" if len(places) >= _MAX_PLACES else ""
    message = (
        f"the old text stands in {path} {len(places)} times, at lines {numbers}{more}. Add lines"
        " before or after it until it is unique."
    )
    return NoPlace("ambiguous", message)
