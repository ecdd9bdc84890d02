"""The places that no step of a campaign dealt with, as a list for people."""

from collections.abc import Iterator
from pathlib import Path

from bot.console import one_line
from scoping.refusal import Refusal
from workflows.board import Board

LEFT = "left.txt"


class PreviewRefusal(Refusal):
    """What a campaign came to cannot be written: where, and why."""


def write_left(board: Board, out: Path) -> None:
    """Write the list below ``out``, target by target; none, and no old one, where none is left."""
    lines = [*_lines(board)]
    file = out / LEFT
    try:
        if not lines:
            file.unlink(missing_ok=True)
            return
        out.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", "utf-8", "backslashreplace")
    except OSError as error:
        raise PreviewRefusal(
            f"{file} cannot be written: {error.strerror}; name another folder with --out"
        ) from error


def _lines(board: Board) -> Iterator[str]:
    for target in board.campaign.targets:
        result = board.standings[target.key].result
        if result is None or not result.left_count:
            continue
        yield f"{one_line(target.name or 'all files')}: {result.left_count} places"
        yield from (f"  {one_line(place)}" for place in result.left)
        if result.left_count > len(result.left):
            yield f"  and {result.left_count - len(result.left)} more, in its run's journal"
