r"""A file as lines that can be exchanged without touching a byte of the others.

Line ends, a byte-order mark, a missing final newline and bytes that are not UTF-8 all survive.
Only ``\n`` and ``\r\n`` end a line here: what else Unicode calls a line end is text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

_BOM = b"\xef\xbb\xbf"

# Beyond this many pairs of differing lines, lines in the middle are not paired: pairing them is
# quadratic, and what it saves is only their own line ends and whitespace.
_MAX_PAIRS = 40_000


@dataclass(frozen=True, slots=True)
class TextFile:
    r"""Lines and the end of each; ``"\n".join(lines)`` is the text.

    There is always a last line with no end: it is empty when the file ends with a newline.
    """

    lines: tuple[str, ...]
    ends: tuple[str, ...]
    has_bom: bool = False
    is_utf8: bool = True

    @property
    def text(self) -> str:
        """The whole text, every line end a line feed."""
        return "\n".join(self.lines)

    def to_bytes(self) -> bytes:
        """Return the file's content; what `read_text` read comes back byte for byte."""
        text = "".join(line + end for line, end in zip(self.lines, self.ends, strict=True))
        content = text.encode("utf-8" if self.is_utf8 else "latin-1")
        return _BOM + content if self.has_bom else content


def read_text(content: bytes) -> TextFile | None:
    """Return ``content`` as lines, or None when it is binary (holds a NUL byte).

    Bytes that are not UTF-8 are read as Latin-1, which gives each byte back as it was.
    """
    if b"\0" in content:
        return None
    has_bom = content.startswith(_BOM)
    body = content[len(_BOM) :] if has_bom else content
    try:
        text, is_utf8 = body.decode("utf-8"), True
    except UnicodeDecodeError:
        text, is_utf8 = body.decode("latin-1"), False
    *ended, last = text.split("\n")
    lines = (*(line.removesuffix("\r") for line in ended), last)
    ends = (*("\r\n" if line.endswith("\r") else "\n" for line in ended), "")
    return TextFile(lines, ends, has_bom, is_utf8)


def new_text(lines: Sequence[str]) -> TextFile:
    """Return a new file of ``lines``, each ended by a line feed."""
    return TextFile((*lines, ""), (*("\n" for _ in lines), ""))


def ended(file: TextFile, *, with_newline: bool) -> TextFile:
    """Return ``file`` with a final newline, or without one."""
    has_newline = len(file.lines) > 1 and not file.lines[-1]
    if has_newline == with_newline or file.lines == ("",):
        return file
    if with_newline:
        common = Counter(end for end in file.ends if end).most_common(1)
        end = common[0][0] if common else "\n"
        return replace(file, lines=(*file.lines, ""), ends=(*file.ends[:-1], end, ""))
    return replace(file, lines=file.lines[:-1], ends=(*file.ends[:-2], ""))


def splice(file: TextFile, start: int, stop: int, new: Sequence[str]) -> TextFile:
    """Return ``file`` with the lines from ``start`` to before ``stop`` exchanged for ``new``.

    Lines that stay keep their own end; new ones take the end of the line before them. Whether the
    file ends with a newline stays as it was.
    """
    common = Counter(end for end in file.ends if end).most_common(1)
    usual = common[0][0] if common else "\n"
    kept = pairs(file.lines[start:stop], new)
    end = file.ends[start] if start < stop else file.ends[start - 1] if start else usual
    ends: list[str] = []
    for position in range(len(new)):
        if position in kept:
            end = file.ends[start + kept[position]]
        ends.append(end or usual)
    lines = [*file.lines[:start], *new, *file.lines[stop:]]
    ends = [*(end or usual for end in file.ends[:start]), *ends, *file.ends[stop:]]
    if stop == len(file.lines):
        ended_before = file.lines[-1] == ""
        # A last line that is taken away leaves the newline before it where it was.
        if lines and lines[-1] != "" and (ended_before or not new):
            lines.append("")
            ends.append("")
    if not lines:
        return replace(file, lines=("",), ends=("",))
    ends[-1] = ""
    return replace(file, lines=tuple(lines), ends=tuple(ends))


def pairs(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Return which lines of ``new`` are lines of ``old``: position in new -> position in old."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    found = {position: position for position in range(head)}
    found |= {len(new) - 1 - back: len(old) - 1 - back for back in range(tail)}
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if old_middle and new_middle and len(old_middle) * len(new_middle) <= _MAX_PAIRS:
        matcher = SequenceMatcher(None, old_middle, new_middle, autojunk=False)
        for block in matcher.get_matching_blocks():
            for step in range(block.size):
                found[head + block.b + step] = head + block.a + step
    return found
