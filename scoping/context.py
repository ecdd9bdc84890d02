"""The context while it fills: what is shown of each file so far, and how many tokens are left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoping.bodies import Read
from scoping.excerpts import GAP_LINES, Excerpt, Room, Wanted, lines_excerpt, merged
from scoping.index import Index
from scoping.rank import RankedFile
from scoping.surroundings import Span
from scoping.syntax import lines_of


@dataclass(frozen=True, slots=True)
class _Piece:
    """One excerpt, the spans that it was made of, and what it takes."""

    excerpt: Excerpt
    wanted: Wanted
    cost: int

    def is_near(self, span: Span) -> bool:
        start, end = self.excerpt.start_line, self.excerpt.end_line
        return start <= span[1] + GAP_LINES and span[0] <= end + GAP_LINES


class Context:
    """What is shown of ``files``, the likeliest first, in the room there is.

    What is shown stays; only the pieces that new lines touch are made anew. Who asks for more says
    how many tokens must be left afterwards, and is told whether that could be done.
    """

    def __init__(self, index: Index, files: Sequence[RankedFile], read: Read, room: Room) -> None:
        self.room = room
        self.left = room.max_tokens
        self._index = index
        self._read = read
        self._reasons = {file.path: file.reasons for file in files}
        self._lines: dict[str, list[str]] = {}
        self._pieces: dict[str, list[_Piece]] = {}

    def excerpts(self) -> tuple[Excerpt, ...]:
        """Return what is shown: files as they are ranked, and lines as they stand."""
        return tuple(excerpt for path in self._reasons for excerpt in self.shown_of(path))

    def shown_of(self, path: str) -> list[Excerpt]:
        """Return what is shown of one file."""
        return [piece.excerpt for piece in self._pieces.get(path, ())]

    def shows(self, path: str, line: int | None = None) -> bool:
        """Whether anything of a file is shown, or the line."""
        return any(
            line is None or one.start_line <= line <= one.end_line for one in self.shown_of(path)
        )

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file with their ends; read once."""
        if path not in self._lines:
            self._lines[path] = lines_of(self._read(path))
        return self._lines[path]

    def cost(self, path: str, span: Span | None = None) -> int:
        """Return what lines of a file take by themselves, or all of it."""
        return self.room.cost(self._excerpt(path, span or (1, len(self.lines(path)))))

    def show(self, path: str, wanted: Wanted, keep: float) -> bool:
        """Show more lines of a file; False where nothing new is, or too few tokens stay."""
        pieces = self._pieces.get(path, [])
        near = [piece for piece in pieces if any(map(piece.is_near, wanted))]
        if any(piece.excerpt.kind == "whole" for piece in near):
            return False
        joined = dict(wanted)
        for piece in near:
            joined |= piece.wanted
        made = list(self._made(path, joined))
        far = [piece for piece in pieces if piece not in near]
        return self._put(path, sorted([*far, *made], key=lambda one: one.excerpt.start_line), keep)

    def show_whole(self, path: str, keep: float, reasons: tuple[str, ...] = ()) -> bool:
        """Show all of a file in place of what is shown of it."""
        lines = self.lines(path)
        if not lines:
            return False
        return self.put(self._excerpt(path, (1, len(lines)), reasons), keep)

    def put(self, excerpt: Excerpt, keep: float) -> bool:
        """Show this of its file in place of what is shown of it."""
        return self._put(excerpt.path, [_Piece(excerpt, {}, self.room.cost(excerpt))], keep)

    def _made(self, path: str, wanted: Wanted) -> Iterator[_Piece]:
        for span, symbol, reasons in merged(wanted):
            excerpt = self._excerpt(path, span, reasons, symbol)
            own = {one: why for one, why in wanted.items() if span[0] <= one[0] <= span[1]}
            yield _Piece(excerpt, own, self.room.cost(excerpt))

    def _excerpt(
        self, path: str, span: Span, reasons: tuple[str, ...] = (), symbol: str = ""
    ) -> Excerpt:
        facts, lines = self._index.by_path[path], self.lines(path)
        return lines_excerpt(facts, lines, span, reasons or self._reasons[path], symbol)

    def _put(self, path: str, pieces: list[_Piece], keep: float) -> bool:
        before = sum(piece.cost for piece in self._pieces.get(path, ()))
        left = self.left + before - sum(piece.cost for piece in pieces)
        if left < max(0.0, keep) or not self._may_open(path, pieces[0].excerpt):
            return False
        self._pieces[path], self.left = pieces, left
        return True

    def _may_open(self, path: str, excerpt: Excerpt) -> bool:
        """Whether one more file may be shown; a line of names does not count as one."""
        if path in self._pieces or excerpt.kind == "map":
            return True
        shown = sum(pieces[0].excerpt.kind != "map" for pieces in self._pieces.values())
        return shown < self.room.max_files
