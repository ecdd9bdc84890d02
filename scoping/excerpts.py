"""Pieces of files as a model reads them: lines, outlines, one-line maps, each with its reasons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from scoping.facts import FileFacts, Symbol
from scoping.surroundings import Span

ExcerptKind = Literal["whole", "lines", "skeleton", "map"]
Wanted = dict[Span, tuple[str, tuple[str, ...]]]

_FRAME_TOKENS = 24  # the marks, the hash and the name around each excerpt in a prompt
GAP_LINES = 3
_MAP_NAMES = 12
_FIRST_LINE = 120


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of one file for the prompt, and why it is there. Lines count from 1, both included.

    ``text`` of a ``whole`` or ``lines`` excerpt is the file's own; of a ``skeleton`` it is one
    ``line: signature`` for each definition, of a ``map`` one line of names. ``blob`` is the file's
    object at the base; ``symbol`` names what the lines define, if they were chosen for it.
    """

    path: str
    start_line: int
    end_line: int
    blob: str
    text: str
    reasons: tuple[str, ...] = ()
    symbol: str = ""
    kind: ExcerptKind = "lines"


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be shown: distinct files, and tokens as ``estimate`` counts them in a text.

    What is put behind a text must not make ``estimate`` tell less of it.
    """

    max_files: int
    max_tokens: int
    estimate: Callable[[str], int]

    def cost(self, excerpt: Excerpt) -> int:
        """Return what one excerpt takes of the prompt, its name and marks included."""
        return self._framed(excerpt.path, excerpt.start_line, excerpt.end_line, excerpt.text)

    def least(self, facts: FileFacts) -> int:
        """Return what the shortest outline or line of names of a file takes; reads nothing."""
        return self._framed(facts.path, 1, facts.lines, "")

    def _framed(self, path: str, start_line: int, end_line: int, text: str) -> int:
        return self.estimate(f"{path} lines {start_line}-{end_line}\n{text}") + _FRAME_TOKENS


def lines_excerpt(
    facts: FileFacts,
    lines: Sequence[str],
    span: Span,
    reasons: tuple[str, ...],
    symbol: str = "",
) -> Excerpt:
    """Return lines of a file as they stand."""
    start, end = span
    text = "".join(lines[start - 1 : end])
    kind: ExcerptKind = "whole" if span == (1, len(lines)) else "lines"
    return Excerpt(facts.path, start, end, facts.blob, text, reasons, symbol, kind)


def merged(wanted: Wanted) -> Iterator[tuple[Span, str, tuple[str, ...]]]:
    """Yield spans in order, what overlaps or nearly touches as one, with symbols and reasons."""
    spans = sorted(wanted)
    while spans:
        start, end = spans[0]
        group = [spans.pop(0)]
        while spans and spans[0][0] <= end + GAP_LINES:
            end = max(end, spans[0][1])
            group.append(spans.pop(0))
        names = dict.fromkeys(wanted[span][0] for span in group if wanted[span][0])
        reasons = dict.fromkeys(reason for span in group for reason in wanted[span][1])
        yield (start, end), ", ".join(names), tuple(reasons)


def outline(facts: FileFacts, rows: Sequence[str], reasons: tuple[str, ...]) -> Excerpt:
    """Return an outline of a file: these of its `skeleton_rows`."""
    text = "\n".join(rows)
    return Excerpt(facts.path, 1, facts.lines, facts.blob, text, reasons, kind="skeleton")


def skeleton_rows(facts: FileFacts) -> list[str]:
    """Return a row for each definition: its line, its signature, its docstring's first line."""
    return [_row(symbol) for symbol in facts.symbols if symbol.kind != "variable"]


def _row(symbol: Symbol) -> str:
    inset = "  " * symbol.qualified_name.count(".")
    first = symbol.docstring.strip().partition("\n")[0][:_FIRST_LINE]
    return f"{symbol.start_line}: {inset}{symbol.signature}" + (f"  # {first}" if first else "")


def mention(facts: FileFacts, reasons: tuple[str, ...]) -> Excerpt:
    """Return the names that a file defines, in one line."""
    names = [one.name for one in facts.symbols if "." not in one.qualified_name]
    more = " ..." if len(names) > _MAP_NAMES else ""
    row = ", ".join(names[:_MAP_NAMES]) + more or f"{facts.lines} lines"
    return Excerpt(facts.path, 1, facts.lines, facts.blob, row, reasons, kind="map")
