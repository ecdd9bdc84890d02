"""A change of nothing but comments and blank lines, in files of code.

Told line by line, without a parser, and in doubt as a real change: the inside of strings over
several lines counts in full, a comment behind code only where no quote stands before it, and marks
that compilers read (an interpreter's name, build tags) are no comments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from validators.policies.change import EXECUTABLE, FILE, Change
from validators.policies.changed_file import ChangedFile
from validators.policies.findings import found
from validators.rules import PolicyWord
from validators.verdict import Finding


@dataclass(frozen=True, slots=True)
class _Marks:
    """What starts a comment in a language, and what opens and closes a string over lines."""

    comment: bytes
    fences: tuple[bytes, ...] = ()


_HASH = _Marks(b"#")
_PYTHON = _Marks(b"#", (b'"""', b"'''"))
_SLASHES = _Marks(b"//", (b"`", b'"""', b"/*", b"*/"))
_MARKS = {
    **dict.fromkeys((".py", ".pyi", ".ex", ".exs", ".jl"), _PYTHON),
    **dict.fromkeys((".toml",), _PYTHON),
    **dict.fromkeys((".r", ".tcl"), _HASH),
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), _SLASHES),
    **dict.fromkeys((".go", ".rs", ".java", ".kt", ".scala", ".swift", ".dart"), _SLASHES),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".php"), _SLASHES),
}
# Read by an interpreter, a compiler or a documentation tool, and so no mere comments.
_READ = re.compile(rb"#!|#.*coding[:=]|//go:|// ?\+build|//export |//line |///|//!|// ?@ts-check")


def comment_findings(change: Change, word: PolicyWord) -> Iterator[Finding]:
    """Yield one finding where the whole change is one of comments and blank lines."""
    plain = {FILE, EXECUTABLE}
    for entry in change.entries:
        is_kept = entry.old_mode == entry.new_mode and entry.path == entry.old_path
        if not is_kept or entry.new_mode not in plain:
            return
    if not change.files or not all(only_comments(file) for file in change.files):
        return
    paths = ", ".join(file.path for file in change.files[:3])
    message = f"nothing but comments, blank lines and line ends changes in {paths}"
    fix = "Change what the code does, or propose nothing."
    yield from found(word, "comments-only", message, change.files[0].path, fix)


def only_comments(file: ChangedFile) -> bool:
    """Whether two versions of a file of code differ in comments and blank lines alone."""
    name = file.path.rsplit("/", 1)[-1].casefold()
    marks = _MARKS.get(name[name.rfind(".") :]) if "." in name else None
    if marks is None or file.old is None or file.new is None:
        return False
    lines = zip_longest(_code(file.old, marks), _code(file.new, marks))
    return all(before == after for before, after in lines)


def _code(content: bytes, marks: _Marks) -> Iterator[bytes]:
    """Yield the lines that count: those of strings as they are, others without their comments."""
    inside = False
    for line in content.split(b"\n"):
        bare = line.strip()
        if not inside and bare.startswith(marks.comment):
            if _READ.match(bare):
                yield line
            continue
        was_inside = inside
        if sum(line.count(fence) for fence in marks.fences) % 2:
            inside = not inside
        if was_inside or inside:
            yield line
        elif bare:
            yield _without_comment(line, marks.comment).rstrip()


def _without_comment(line: bytes, mark: bytes) -> bytes:
    before = line.partition(mark)[0]
    return line if any(quote in before for quote in (b'"', b"'", b"`", b"/")) else before
