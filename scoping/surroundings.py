"""The lines that a function cannot be read without: what its file imports for it, its classes."""

import re
from collections.abc import Container, Iterator, Sequence

from scoping.facts import FileFacts, Symbol
from scoping.words import tokens

Span = tuple[int, int]

_CLASS_LINES = 15
_MOST_LINES = 40
_IMPORT = r"import\b"
_SCRIPT = r"import\b|export\b.{0,200}\bfrom\b|(?:const|let|var)\b.{1,200}=\s*(?:require|import)\b"
_BEGINS = {
    "python": r"import\s|from\s+\S+\s+import\b",
    **dict.fromkeys(("javascript", "typescript", "tsx"), _SCRIPT),
    **dict.fromkeys(("go", "java", "kotlin", "scala", "swift", "dart", "haskell"), _IMPORT),
    "rust": r"(?:pub\s+)?(?:use|mod|extern\s+crate)\s",
    "c_sharp": r"(?:global\s+)?using\s",
    **dict.fromkeys(("c", "cpp"), r"#\s*include\b|using\s"),
    "ruby": r"require(?:_relative)?\b|autoload\b",
    "php": r"use\s|(?:require|include)(?:_once)?\b",
    "lua": r"local\b.{1,200}\brequire\b",
    "bash": r"(?:source|\.)\s",
}
_IMPORTS = {language: re.compile(begins) for language, begins in _BEGINS.items()}
# Elsewhere what is imported is not written where it is used: there all of it may be.
_NAMING = frozenset(
    ("python", "javascript", "typescript", "tsx", "go", "rust", "java", "kotlin", "scala", "php")
)
_WORDS = """
    as const export extern from import let mod pub require static use var
"""
_NOT_NAMES = frozenset(_WORDS.split())


def imports_for(facts: FileFacts, lines: Sequence[str], used: Container[str]) -> Span | None:
    """Return the lines from the first to the last import of a file that ``used`` names call for.

    None where no statement before the first definition imports any of them.
    """
    begins = _IMPORTS.get(facts.language)
    if begins is None:
        return None
    first = min((one.start_line for one in facts.symbols if one.kind != "variable"), default=1)
    wanted = [
        span
        for span in _statements(lines[: first - 1], begins)
        if facts.language not in _NAMING or _is_used("".join(lines[span[0] - 1 : span[1]]), used)
    ]
    if not wanted:
        return None
    start = wanted[0][0]
    return start, min(wanted[-1][1], start + _MOST_LINES - 1)


def _statements(lines: Sequence[str], begins: re.Pattern[str]) -> Iterator[Span]:
    """Yield the lines of each import: its own, and those that its brackets hold."""
    number = 0
    while number < len(lines):
        start = number
        if begins.match(lines[start]):
            depth = _depth(lines[start])
            while depth > 0 and number + 1 < min(len(lines), start + _MOST_LINES):
                number += 1
                depth += _depth(lines[number])
            yield start + 1, number + 1
        number += 1


def _depth(line: str) -> int:
    return line.count("(") + line.count("{") - line.count(")") - line.count("}")


def _is_used(statement: str, used: Container[str]) -> bool:
    return "*" in statement or any(name in used for name in tokens(statement).keys() - _NOT_NAMES)


def class_heads(symbols: Sequence[Symbol], symbol_id: str) -> Iterator[Span]:
    """Yield the heads of the classes around a symbol: their lines before the first member."""
    for owner in symbols:
        if owner.kind == "class" and symbol_id.startswith(f"{owner.id}."):
            yield _head(symbols, owner)


def _head(symbols: Sequence[Symbol], owner: Symbol) -> Span:
    prefix = f"{owner.qualified_name}."
    first = min(
        (
            one.start_line
            for one in symbols
            if one.start_line > owner.start_line and one.qualified_name.startswith(prefix)
        ),
        default=owner.end_line + 1,
    )
    end = min(first - 1, owner.end_line)
    return owner.start_line, min(end, owner.start_line + _CLASS_LINES - 1)
