"""The parts of files that a request about them is likely about, within a number of tokens."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_QUOTED = re.compile(r"`([^`\n]{2,200})`")
_NAME = re.compile(r"[^\W\d]\w{2,}")
# What only code is called: with a line below, letters of two sizes, or brackets behind it.
_CODE_NAME = re.compile(r"\w*_\w+|[^\W\d_]*[a-z][A-Z]\w*|[^\W\d]\w{2,}(?=\()")
_LONG_WORD = 4
_AROUND = 8
_LONGEST_LINE = 2_000
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of one file, counted from 1 and both included; ``is_whole`` when it is all of it."""

    path: str
    start_line: int
    end_line: int
    text: str
    is_whole: bool = False


def telling_words(request: str, pattern: str = "") -> frozenset[str]:
    """Return the names by which lines are found that a request is about.

    Those of a pattern of code and of what stands between backquotes; else what looks like code;
    else every longer word.
    """
    quoted = " ".join([pattern, *_QUOTED.findall(request)])
    found = _NAME.findall(quoted) or _CODE_NAME.findall(request)
    return frozenset(found or [word for word in _NAME.findall(request) if len(word) >= _LONG_WORD])


def telling_lines(content: bytes, words: frozenset[str]) -> tuple[int, ...]:
    """Return the lines in which one of ``words`` stands as a whole word."""
    text = text_of(content)
    if not words or text is None:
        return ()
    wanted = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, words)))})\b")
    if wanted.search(text) is None:
        return ()
    lines = text.split("\n")
    return tuple(number for number, line in enumerate(lines, 1) if wanted.search(line))


def text_of(content: bytes) -> str | None:
    """Return a file's text; None where it is none that could be quoted and edited."""
    if len(content) > _MOST_BYTES or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def passages(
    path: str,
    content: bytes,
    lines: Sequence[int],
    room: tuple[int, Callable[[str], int]],
) -> tuple[Passage, ...]:
    """Return the file, or what stands around ``lines`` where it is larger than the room.

    ``room`` is how many tokens there are, and what counts those of a text. Lines over 2,000 letters
    are nothing to read or to copy; a file that has one is shown without it.
    """
    most, estimate = room
    text = text_of(content)
    if text is None or most <= 0:
        return ()
    all_lines = text.split("\n")
    if all_lines[-1] == "":
        all_lines.pop()
    is_plain = all(len(line) <= _LONGEST_LINE for line in all_lines)
    if is_plain and estimate(text) <= most:
        return (Passage(path, 1, max(len(all_lines), 1), text, is_whole=True),)
    found: list[Passage] = []
    for start, end in _windows(lines, len(all_lines)):
        part = "\n".join(all_lines[start - 1 : end]) + "\n"
        if any(len(line) > _LONGEST_LINE for line in all_lines[start - 1 : end]):
            continue
        most -= estimate(part)
        if most < 0:
            break
        found.append(Passage(path, start, end, part))
    return tuple(found)


def _windows(lines: Iterable[int], count: int) -> Iterator[tuple[int, int]]:
    """Yield spans of lines around ``lines``, those that touch as one."""
    start = end = 0
    for line in sorted({one for one in lines if 1 <= one <= count}):
        if end and line - _AROUND <= end + 1:
            end = min(count, line + _AROUND)
            continue
        if end:
            yield start, end
        start, end = max(1, line - _AROUND), min(count, line + _AROUND)
    if end:
        yield start, end
