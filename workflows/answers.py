"""What the model is told in answer to a call: bounded, and what a file or a test says as data.

Code stays byte for byte, or edits could not be matched; what programs printed is made visible.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from scoping.questions import Hits, Lines, Paths, Symbols
from validators.verdict import Finding, Verdict
from workflows.proposal import EditReport
from workflows.quoting import Words, fenced, one_line, printed, said
from workflows.visible_text import as_printed

# No line a person wrote is as long; a minified file would use up the budget of the run.
_MAX_LINE = 2_000
_MAX_FINDINGS = 10
_MAX_FINDING = 2_000
_LEVELS = 2
_SAID = {
    "already-applied": "nothing was changed: the file holds the new text already",
    "no-change": "nothing was changed: old and new text are the same",
}


def lines_read(lines: Lines) -> str:
    """Return lines with their numbers, as an edit may copy them."""
    name = f"{lines.path} lines {lines.start_line}-{lines.end_line} of {lines.of_lines}"
    texts = lines.text.removesuffix("\n").split("\n") if lines.text else []
    numbered = (
        f"{number:6}\t{_cut(text.removesuffix(chr(13)))}"
        for number, text in enumerate(texts, lines.start_line)
    )
    return fenced(name, "\n".join(numbered))


def folder_listed(paths: Paths, folder: str) -> str:
    """Return the files of a folder and the folder below it; deeper ones are counted."""
    below = [path.removeprefix(f"{folder}/") for path in paths.paths]
    shown: dict[str, int] = {}
    for path in below:
        parts = PurePosixPath(path).parts
        name = path if len(parts) <= _LEVELS else "/".join(parts[:_LEVELS]) + "/"
        shown[name] = shown.get(name, 0) + 1
    lines = [name + (f" ({n} files)" if name.endswith("/") else "") for name, n in shown.items()]
    return fenced(f"files of {folder or 'the repository'}", "\n".join(lines)) + _more(
        "files", is_cut=paths.is_cut
    )


def hits_found(hits: Hits, sought: str) -> str:
    """Return each line that was found, with its place."""
    if not hits.hits:
        return f"no line that is shown to you holds {sought!r}"
    lines = "\n".join(f"{hit.path}:{hit.line}: {hit.text}" for hit in hits.hits)
    return fenced("lines found", lines) + _more("lines", is_cut=hits.is_cut)


def symbols_found(symbols: Symbols, sought: str) -> str:
    """Return each definition, with its place and its first line."""
    if not symbols.symbols:
        return f"no definition that is shown to you has {sought!r} in its name"
    lines = "\n".join(
        f"{one.path}:{one.start_line}-{one.end_line} {one.kind} {one.qualified_name}"
        f" {one.signature}".rstrip()
        for one in symbols.symbols
    )
    return fenced("definitions", lines) + _more("definitions", is_cut=symbols.is_cut)


def edit_made(report: EditReport) -> str:
    """Return what became of one edit; why it was not made may quote the file."""
    if report.landed:
        return f"{report.path}: {_SAID.get(report.how, f'applied ({report.how})')}"
    return f"{report.path}: not applied ({report.how})\n" + fenced("details", report.message)


def gate_told(kind: str, verdict: Verdict) -> Words:
    """Return what the gates of one kind found, the first findings of many."""
    parts: list[str | Words] = [
        f"{kind}: {verdict.word}",
        *map(_finding, verdict.findings[:_MAX_FINDINGS]),
    ]
    left_out = len(verdict.findings) - _MAX_FINDINGS
    if left_out > 0:
        parts.append(f"({left_out} more findings are left out)")
    return said(*parts)


def blocks_applied(reports: Iterable[EditReport]) -> str:
    """Return what is said of edit blocks that stood beside calls, and were applied before them."""
    paths = ", ".join(sorted({report.path for report in reports}))
    return f"The edit blocks of your reply were applied before its calls were answered: {paths}."


def refused(words: str) -> Words:
    """Return why a question has no answer; the words may name files, which anybody may name."""
    told = printed("details", words, _MAX_FINDING)
    return Words(f"there is no answer\n{told.text}", told.hidden)


def _finding(finding: Finding) -> Words:
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    told = printed(where or "details", finding.message, _MAX_FINDING)
    left_out = len(as_printed(finding.message).text) - _MAX_FINDING
    cut = f"\n[{left_out} more characters]" if left_out > 0 else ""
    head = one_line(f"- {finding.gate}/{finding.code}")
    return Words(f"{head}\n{told.text}{cut}\n{one_line(finding.fix)}".rstrip(), told.hidden)


def _more(what: str, *, is_cut: bool) -> str:
    return f"\n(more {what} are left out; ask for less)" if is_cut else ""


def _cut(line: str) -> str:
    left_out = len(line) - _MAX_LINE
    return line if left_out <= 0 else f"{line[:_MAX_LINE]} [{left_out} more characters]"
