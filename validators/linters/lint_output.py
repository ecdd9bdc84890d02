"""The findings in what a lint command printed and wrote, whichever linters it ran.

Read `read_lint`. A command may run several: they are read together, each in its own format.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from validators.linters.block_formats import block_remarks
from validators.linters.checkstyle import looks_like_checkstyle, read_checkstyle
from validators.linters.json_formats import read_document, read_lines
from validators.linters.json_values import documents_in, line_documents
from validators.linters.line_formats import line_remarks
from validators.linters.remarks import Reading, Remark, bounded, tree_path
from validators.linters.summaries import counts_in
from validators.reports import LintMark

_MAX_BYTES = 24 * 1024**2
_MAX_LINES = 200_000
_MAX_CHARACTERS = 4_000
_MAX_MARKS = 20_000
_END = "</checkstyle>"
_COLOUR = re.compile(r"\x1b\[[0-9;:?]{0,40}[A-Za-z]|\x1b\]8;[^\x07\x1b]{0,2000}(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True)
class LintOutput:
    """What linters said. ``tool`` names them, joined by ``+``; empty when none said a word.

    ``warnings`` are what a linter calls so and what does not by itself make its command fail.
    ``summary_count`` is how many findings the linters say they made, None where one does not say;
    ``outside`` how many were read that point at no file of the tree.
    """

    tool: str
    marks: tuple[LintMark, ...] = ()
    warnings: tuple[LintMark, ...] = ()
    summary_count: int | None = None
    outside: int = 0

    @property
    def agrees(self) -> bool:
        """Whether as many findings were read as the linters say they made."""
        read = len(self.marks) + len(self.warnings) + self.outside
        return self.summary_count in {None, read}


def read_lint(stdout: str, stderr: str, files: Mapping[str, bytes]) -> LintOutput | None:
    """Return the findings of a lint command; ``files`` are reports it wrote, by name.

    None where what it said is in no known format, or is more than can be compared: then the exit
    code is all there is. What a tool wrote to a file goes before what it printed.
    """
    if len(stdout) + len(stderr) + sum(map(len, files.values())) > _MAX_BYTES:
        return None
    texts = [_COLOUR.sub("", text) for text in (stdout, stderr)]
    readings = [reading for name in sorted(files) for reading in _of_file(name, files[name])]
    known = {reading.tool for reading in readings}
    printed = [*_printed(texts[0]), *_printed(texts[1])]
    readings += [reading for reading in printed if reading.tool not in known]
    if not readings:
        is_silent = not any(text.strip() for text in texts) and not files
        return LintOutput("") if is_silent else None
    return _output(readings)


def _of_file(name: str, content: bytes) -> tuple[Reading, ...]:
    text = content.decode("utf-8-sig", "replace")
    if text.strip() == "[]":  # nothing found: only its name tells whose report it is
        return (Reading(name.partition(".")[0], (), 0),)
    return read_checkstyle(content) if looks_like_checkstyle(content) else _printed(text)


def _printed(text: str) -> tuple[Reading, ...]:
    """Return what every linter says in ``text``: where one writes twice, the stricter format."""
    readings: list[Reading] = []
    start, end = text.find("<?xml"), text.rfind(_END)
    if 0 <= start < end and looks_like_checkstyle(
        text[start : start + 500].encode("utf-8", "replace")
    ):
        readings += read_checkstyle(text[start : end + len(_END)].encode("utf-8", "replace"))
        text = text[:start] + text[end + len(_END) :]
    documents = (found for document in documents_in(text) for found in read_document(document))
    for further in (documents, read_lines(line_documents(text)), _text(text)):
        known = {reading.tool for reading in readings}
        readings += [reading for reading in further if reading.tool not in known]
    return tuple(readings)


def _text(text: str) -> Iterator[Reading]:
    """Yield a reading for each linter that speaks in ``text``."""
    lines = [line.rstrip() for line in text.splitlines()[: _MAX_LINES + 1]]
    lines = [line for line in lines if len(line) <= _MAX_CHARACTERS]
    if len(lines) > _MAX_LINES:
        return
    remarks: dict[str, list[Remark]] = {}
    for tool, remark in (*line_remarks(lines), *block_remarks(lines)):
        remarks.setdefault(tool, []).append(remark)
    _rename(remarks, lines)
    counts = counts_in(lines, remarks.keys())
    for tool in sorted({*remarks, *counts}):
        yield Reading(tool, tuple(remarks.get(tool, ())), counts.get(tool))


def _rename(remarks: dict[str, list[Remark]], lines: list[str]) -> None:
    """Give what several linters say alike to the one that the last words belong to."""
    said = counts_in(lines, ())
    for shared, owner in (("flake8", "ruff"), ("compiler", "mypy")):
        if shared in remarks and (owner in said or owner in remarks):
            remarks.setdefault(owner, []).extend(remarks.pop(shared))


def _output(readings: list[Reading]) -> LintOutput | None:
    """Return what all readings come to, or None when it is more than can be compared."""
    if sum(len(reading.remarks) for reading in readings) > _MAX_MARKS:
        return None
    marks: list[LintMark] = []
    warnings: list[LintMark] = []
    outside = 0
    for remark in _all(readings):
        path = tree_path(remark)
        if not path:
            outside += 1
            continue
        code, line, message = bounded(remark)
        (warnings if remark.is_mild else marks).append(LintMark(path, code, line, message))
    counts = [reading.count for reading in readings]
    count = sum(n for n in counts if n is not None) if None not in counts else None
    tool = "+".join(sorted({reading.tool for reading in readings}))
    return LintOutput(tool, tuple(marks), tuple(warnings), count, outside)


def _all(readings: Iterable[Reading]) -> Iterator[Remark]:
    for reading in readings:
        yield from reading.remarks
