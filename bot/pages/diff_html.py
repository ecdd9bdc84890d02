"""A change side by side, in a bounded number of letters, with what was found at its lines.

The text of a diff was redacted as a whole before it was read into lines.

One markup serves both forms: a change is a grid of pairs, and where there is room for one column
only, the style puts what is gone before what is new.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, zip_longest

from markupsafe import Markup

from bot.pages.diff_text import FileOfDiff, Line
from bot.pages.html import revealed, shown
from validators.verdict import Finding
from workflows.threads import Side

# Of a line that no person reads to its end the beginning is shown.
MAX_LINE = 400
# What the tags around a line take.
_FRAME = 48
# The most letters of HTML for one of a line's.
_WIDEST = 5
_LEAST_ALIKE = 3
# So many lines stand in one piece, between which a file can be cut.
_CHUNK = 60


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is known of one file's lines: findings by line (0: the file), lines no test runs.

    ``beneath`` is HTML that stands under a line, by side and number. With a ``link``, the beginning
    of an address, each number leads there: ``head-12#at`` is put behind it.
    """

    findings: Mapping[int, tuple[Finding, ...]] = field(default_factory=dict)
    unrun: frozenset[int] = frozenset()
    beneath: Mapping[tuple[Side, int], Markup] = field(default_factory=dict)
    link: str = ""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file of a change as HTML; ``left_out`` lines of it are not in it.

    ``unplaced`` are findings at lines that are not shown; ``placed`` are the lines that are.
    """

    file: FileOfDiff
    html: Markup
    left_out: int
    unplaced: tuple[Finding, ...]
    placed: frozenset[tuple[Side, int]] = frozenset()


def shown_files(
    files: Sequence[FileOfDiff], remarks: Mapping[str, Remarks], room: int
) -> tuple[ShownFile, ...]:
    """Return each file within about ``room`` letters in all; the large ones give way first."""
    sizes = {file.path: _size(file, remarks.get(file.path, Remarks())) for file in files}
    shares: dict[str, int] = {}
    left = room
    for number, path in enumerate(sorted(sizes, key=lambda path: sizes[path])):
        shares[path] = min(sizes[path], max(0, left) // (len(sizes) - number))
        left -= shares[path]
    return tuple(_shown(one, remarks.get(one.path, Remarks()), shares[one.path]) for one in files)


def _size(file: FileOfDiff, remarks: Remarks) -> int:
    """Return about how long a file's HTML becomes: lines that stay are there on both sides."""
    lines = (line for hunk in file.hunks for line in hunk.lines)
    frame = _FRAME + (len(remarks.link) + _FRAME if remarks.link else 0)
    shown = sum((_width(line.text) + frame) * (2 if line.old and line.new else 1) for line in lines)
    beneath = sum(_FRAME + len(html) for html in remarks.beneath.values())
    return shown + beneath + sum(_FRAME + len(hunk.within) for hunk in file.hunks)


def _width(text: str) -> int:
    """Return about how long a line becomes: what nobody sees is shown by its number."""
    some = text[:MAX_LINE]
    is_plain = some.isprintable() or some.replace("\t", " ").isprintable()
    return len(some) * 5 // 4 if is_plain else MAX_LINE * _WIDEST


def _shown(file: FileOfDiff, remarks: Remarks, room: int) -> ShownFile:
    pieces: list[str] = []
    placed: set[tuple[Side, int]] = set()
    used = lines_shown = 0
    total = sum(len(hunk.lines) for hunk in file.hunks)
    for piece, lines in _pieces(file, remarks):
        if used + len(piece) > room * 5 // 4 + _FRAME:
            break
        pieces.append(piece)
        used += len(piece)
        lines_shown += len(lines)
        placed |= {place for line in lines for place in _places(line)}
    unplaced = tuple(
        one
        for line, found in remarks.findings.items()
        if ("head", line) not in placed
        for one in found
    )
    html = Markup("".join(pieces))  # noqa: S704 - of tags of ours around escaped text
    return ShownFile(file, html, total - lines_shown, unplaced, frozenset(placed))


def _pieces(file: FileOfDiff, remarks: Remarks) -> Iterator[tuple[str, Sequence[Line]]]:
    """Yield HTML and the lines it shows, in pieces small enough to stop between them."""
    for hunk in file.hunks:
        first = hunk.lines[0]
        within = revealed(hunk.within[:MAX_LINE])
        yield f'<p class="at">line {first.new or first.old} <span>{within}</span></p>', ()
        for stays, group in groupby(hunk.lines, key=lambda line: bool(line.old and line.new)):
            lines = list(group)
            yield from _kept(lines, remarks) if stays else _changed(lines, remarks)


def _kept(lines: list[Line], remarks: Remarks) -> Iterator[tuple[str, Sequence[Line]]]:
    for at in range(0, len(lines), _CHUNK):
        some = lines[at : at + _CHUNK]
        cells: list[str] = []
        for line in some:
            text = _text(line)
            cells.append(f"<u{_number(line.old, 'head', line.new, remarks)}{text}</u>")
            hidden = ' aria-hidden="true"'
            cells.append(f"<u{hidden}{_number(line.new, 'head', line.new, remarks)}{text}</u>")
            cells += _beneath(line, remarks)
        yield f'<div class="g">{"".join(cells)}</div>', some


def _changed(lines: list[Line], remarks: Remarks) -> Iterator[tuple[str, Sequence[Line]]]:
    gone = [line for line in lines if line.old]
    new = [line for line in lines if line.new]
    pairs = list(zip_longest(gone, new))
    for at in range(0, len(pairs), _CHUNK):
        some = pairs[at : at + _CHUNK]
        cells: list[str] = []
        for old, fresh in some:
            before, after = _pair(old, fresh)
            cells.append(_gone(old, before, remarks) if old else "<i></i>")
            cells.append(_new(fresh, after, remarks) if fresh else "<i></i>")
            cells += [html for line in (old, fresh) if line for html in _beneath(line, remarks)]
        told = [line for pair in some for line in pair if line]
        yield f'<div class="g">{"".join(cells)}</div>', told


def _gone(line: Line, html: str, remarks: Remarks) -> str:
    return f"<del{_number(line.old, 'base', line.old, remarks)}{html}</del>"


def _new(line: Line, html: str, remarks: Remarks) -> str:
    unrun = ' class="unrun"' if line.new in remarks.unrun else ""
    return f"<ins{unrun}{_number(line.new, 'head', line.new, remarks)}{html}</ins>"


def _number(shown_as: int, side: Side, line: int, remarks: Remarks) -> str:
    """Return the rest of a cell's tag, and its number, which leads to that line where it can."""
    if not remarks.link:
        return f' data-n="{shown_as}">'
    # No stop for each line on the way through a page by keyboard: a form takes numbers too.
    return f'><a tabindex="-1" href="{remarks.link}{side}-{line}#at">{shown_as}</a>'


def _places(line: Line) -> Iterator[tuple[Side, int]]:
    """Yield the sides that a line is shown for: one that stays is talked about as it is now."""
    if line.new:
        yield "head", line.new
    if line.old:
        yield "base", line.old


def _text(line: Line) -> str:
    """Return a line as HTML, cut where no person would read on."""
    some = line.text[:MAX_LINE]
    while len(html := revealed(some)) > MAX_LINE * _WIDEST:
        some = some[: len(some) // 2]
    more = len(line.text) - len(some)
    return f"{html}{f' <em>… {more:,} more characters</em>' * bool(more)}{_end(line)}"


def _end(line: Line) -> str:
    return " <em>no line end</em>" * line.ends_file


def _pair(old: Line | None, new: Line | None) -> tuple[str, str]:
    """Return both lines of a pair, what differs between them marked where they are much alike."""
    if old is None or new is None or max(len(old.text), len(new.text)) > MAX_LINE:
        return _text(old) if old else "", _text(new) if new else ""
    a, b = old.text, new.text
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    if len((a[:start] + a[len(a) - end :]).strip()) < _LEAST_ALIKE:
        return _text(old), _text(new)
    return _marked(old, start, end), _marked(new, start, end)


def _marked(line: Line, start: int, end: int) -> str:
    text, stop = line.text, len(line.text) - end
    if start == stop:
        return _text(line)
    before, middle, after = map(revealed, (text[:start], text[start:stop], text[stop:]))
    return f"{before}<mark>{middle}</mark>{after}{_end(line)}"


def _common(a: str, b: str) -> int:
    """Return how many letters both begin with."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(a), len(b)))


def _beneath(line: Line, remarks: Remarks) -> Iterator[str]:
    """Yield what was found and said at a line, under it and over both columns."""
    for one in remarks.findings.get(line.new, ()) if line.new else ():
        fix = f" <q>{shown(one.fix, MAX_LINE)}</q>" if one.fix else ""
        name = f"{shown(one.gate, MAX_LINE)}/{shown(one.code, MAX_LINE)}"
        words = shown(one.message.strip(), MAX_LINE)
        yield (f'<p class="note {one.severity}"><b>{one.severity}</b> {name}: {words}{fix}</p>')
    for place in _places(line):
        if place in remarks.beneath:
            yield f'<div class="said">{remarks.beneath[place]}</div>'
