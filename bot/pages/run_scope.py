"""Why the model was given what: files in their order, their symbols, and what ties them together.

The figure draws the ties as arcs beside the names, in lines of our own; what it shows stands in
words beneath each file, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bot.pages.html import shown
from scoping.edges import Edge
from scoping.excerpts import Excerpt
from workflows.run_story import Story
from workflows.scope_map import touches

_MOST_FILES, _MOST_TIES, _MOST_SYMBOLS = 40, 8, 12
_ROW, _LEFT, _NAME = 24, 150, 60
_KINDS = ("imports", "calls", "extends", "overrides")


@dataclass(frozen=True, slots=True)
class SymbolRow:
    """One function that was likely, with its reasons and what ties it to others."""

    name: str
    reasons: tuple[str, ...]
    ties: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One ranked file. ``given`` says which lines the model was shown, empty where none."""

    rank: int
    path: str
    reasons: tuple[str, ...]
    given: tuple[str, ...]
    ties: tuple[tuple[str, str], ...]
    symbols: tuple[SymbolRow, ...]
    is_changed: bool


def file_rows(story: Story, changed: Iterable[str]) -> tuple[FileRow, ...]:
    """Return the ranked files, then those that were given without a rank."""
    known, touched = story.scope_map, frozenset(changed)
    reasons = {one.name: one.reasons for one in known.files}
    paths = dict.fromkeys((*reasons, *(one.path for one in story.given if one.kind != "map")))
    rows = []
    for rank, path in enumerate(list(paths)[:_MOST_FILES], 1):
        functions = [one for one in known.functions if one.name.startswith(f"{path}::")]
        symbols = tuple(
            SymbolRow(
                one.name.partition("::")[2],
                one.reasons,
                touches(known.edges, one.name)[:_MOST_TIES],
            )
            for one in functions[:_MOST_SYMBOLS]
        )
        given = tuple(_lines(one) for one in story.given if one.path == path)
        ties = touches(known.edges, path)[:_MOST_TIES]
        told = reasons.get(path, ())
        rows.append(FileRow(rank, path, told, given, ties, symbols, path in touched))
    return tuple(rows)


def _lines(excerpt: Excerpt) -> str:
    """Return in words what of a file was shown."""
    if excerpt.kind == "whole":
        return "the whole file"
    if excerpt.kind == "map":
        return "its names in one line"
    if excerpt.kind == "skeleton":
        return "its outline"
    symbol = f" ({excerpt.symbol})" if excerpt.symbol else ""
    return f"lines {excerpt.start_line}-{excerpt.end_line}{symbol}"


def figure(rows: Sequence[FileRow], edges: Sequence[Edge]) -> Markup:
    """Return the ties between files as an SVG of arcs, empty where there is none."""
    place = {row.path: number for number, row in enumerate(rows)}
    ties = {
        (edge.kind, source, target)
        for edge in edges
        for source, target in [(_file_of(edge.source), _file_of(edge.target))]
        if source != target and source in place and target in place
    }
    if not ties:
        return Markup("")
    used = sorted({place[path] for _, *pair in ties for path in pair})
    height = {number: (at + 0.5) * _ROW for at, number in enumerate(used)}
    arcs = [_arc(kind, rows, height, (place[a], place[b])) for kind, a, b in sorted(ties)]
    names = [_name(rows[number], height[number]) for number in used]
    return Markup(
        '<svg class="arcs" viewBox="0 0 620 {}" role="img" aria-label="Which of these files'
        ' touch each other; the list beneath says the same">{}{}</svg>'
    ).format(len(used) * _ROW, Markup("").join(arcs), Markup("").join(names))


def kinds_drawn(edges: Sequence[Edge]) -> tuple[str, ...]:
    """Return which kinds of ties there are, for the figure's legend."""
    kinds = {edge.kind for edge in edges if _file_of(edge.source) != _file_of(edge.target)}
    return tuple(kind for kind in _KINDS if kind in kinds)


def _file_of(name: str) -> str:
    return name.partition("::")[0]


def _arc(
    kind: str, rows: Sequence[FileRow], height: dict[int, float], pair: tuple[int, int]
) -> Markup:
    start, end = (height[number] for number in pair)
    reach = min(_LEFT - 14, 16 + abs(end - start) * 0.55)
    path = (
        f"M{_LEFT} {start:g}C{_LEFT - reach:g} {start:g} {_LEFT - reach:g} {end:g} {_LEFT} {end:g}"
    )
    told = Markup("{} {} {}").format(_flat(rows[pair[0]].path), kind, _flat(rows[pair[1]].path))
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(kind, path, told)


def _name(row: FileRow, at: float) -> Markup:
    name = row.path if len(row.path) <= _NAME else f"…{row.path[-_NAME:]}"
    return Markup(
        '<circle cx="{}" cy="{:g}" r="3.5" class="{}"/><text x="{}" y="{:g}">{}. {}</text>'
    ).format(_LEFT, at, "on" if row.is_changed else "", _LEFT + 12, at + 4, row.rank, _flat(name))


def _flat(name: str) -> Markup:
    """Return a name as escaped text without tags: an SVG's text holds none of HTML's."""
    return escape(shown(name).striptags())
