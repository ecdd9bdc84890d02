"""Threads of a pull request as they stand in its page: at their lines, or beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.pages.diff_html import ShownFile
from bot.pages.diff_text import FileOfDiff
from bot.server.rendering import Refused
from workflows.threads import Side, Thread


@dataclass(frozen=True, slots=True)
class At:
    """A line that somebody wants to speak about; ``line`` 0 is the whole file."""

    path: str
    line: int
    side: Side


def place_asked(query: Mapping[str, str], files: Sequence[FileOfDiff]) -> At | None:
    """Return the line that an address names, by ``at=FILE-SIDE-LINE`` or by its path.

    Refused for what names no line; None where nothing is named.
    """
    if short := query.get("at"):
        number, _, rest = short.partition("-")
        side, _, line = rest.partition("-")
        if not (_is_number(number) and 0 < int(number) <= len(files)):
            raise Refused(404, "That file is not in this change any more. Look for it in the page.")
        return _at(files[int(number) - 1].path, line, side)
    if path := query.get("path"):
        return _at(path, query.get("line", "0"), query.get("side", "head"))
    return None


def _at(path: str, line: str, side: str) -> At:
    if not _is_number(line) or side not in {"head", "base"}:
        raise Refused(400, "A line is named by its number and a side: head or base.")
    return At(path, int(line), "base" if side == "base" else "head")


def _is_number(words: str) -> bool:
    return words.isascii() and words.isdecimal() and len(words) <= 9  # noqa: PLR2004 - of any file


def by_line(threads: Iterable[Thread], path: str) -> dict[tuple[Side, int], list[Thread]]:
    """Return the threads at lines of a file as it stands now."""
    found: dict[tuple[Side, int], list[Thread]] = {}
    for one in threads:
        if one.path == path and one.line and not one.outdated:
            found.setdefault((one.side, one.line), []).append(one)
    return found


def unplaced(threads: Iterable[Thread], files: Iterable[ShownFile]) -> list[Thread]:
    """Return the threads that stand at no line which is shown."""
    shown = {one.file.path: one.placed for one in files}
    return [
        one
        for one in threads
        if one.outdated or (one.side, one.line) not in shown.get(one.path, frozenset())
    ]
