"""What may be parsed, what a parser tells of one file, and the definitions that makes."""

import re
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

from scoping.facts import Structure, Symbol, SymbolKind

MAX_FILE_BYTES = 1_000_000
MAX_LINE_BYTES = 20_000
MAX_SYMBOLS = 5_000
MAX_IMPORTS = 1_000
_SIGNATURE_BYTES = 400
_DOCSTRING_BYTES = 300
_OPENED = re.compile(r"\A(?:[rRbBuU]{0,2}[\"']{1,3}|/\*+)")
_BOM = b"\xef\xbb\xbf"
_LFS = b"version https://git-lfs.github.com/spec/"
_MAX_NESTING = 12


class Shape(NamedTuple):
    """One definition as the parser saw it; lines count from 1, nesting is not yet known.

    ``start`` and ``end`` are its place in bytes: two definitions may share a line. A tuple, because
    hundreds of thousands of them pass between processes.
    """

    kind: str
    name: str
    start: int
    end: int
    start_line: int
    end_line: int
    signature: str = ""
    docstring: str = ""


@dataclass(frozen=True, slots=True)
class Syntax:
    """A parser's answer about one file. ``refused`` says why there is none; empty when there is.

    ``errors`` counts the places where the file does not follow its grammar.
    """

    language: str = ""
    shapes: tuple[Shape, ...] = ()
    imports: tuple[str, ...] = ()
    errors: int = 0
    refused: str = ""


def why_unreadable(content: bytes) -> str:
    """Return why a file of this content is not read at all, or nothing when it is."""
    if len(content) > MAX_FILE_BYTES:
        return f"larger than {MAX_FILE_BYTES} bytes"
    if b"\0" in content:
        return "binary"
    if content.startswith(_LFS):
        return "a Git LFS pointer, its content is elsewhere"
    if _has_long_line(content):
        longest = max(map(len, content.split(b"\n")))
        return f"a line of {longest} bytes, so likely generated"
    return ""


def _has_long_line(content: bytes) -> bool:
    """Return whether any line has more than `MAX_LINE_BYTES`, looking at few of them."""
    start = 0
    while len(content) - start > MAX_LINE_BYTES:
        end = content.rfind(b"\n", start, start + MAX_LINE_BYTES + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def text_of(content: bytes) -> str:
    """Return a file's text: UTF-8, without its mark, other bytes replaced one by one."""
    return content.removeprefix(_BOM).decode("utf-8", "replace")


def lines_of(content: bytes) -> list[str]:
    """Return a file's lines with their ends, split at line feeds alone, as git and parsers do."""
    return StringIO(text_of(content), newline="\n").readlines()


def signature(content: bytes, start: int, end: int) -> str:
    """Return the text between two places, or as much of it as a signature has room for."""
    return content[start : min(end, start + _SIGNATURE_BYTES)].decode("utf-8", "replace")


def first_paragraph(content: bytes, start: int, end: int) -> str:
    """Return the first paragraph of the docstring or comment between two places, as one line."""
    text = content[start : min(end, start + _DOCSTRING_BYTES)].decode("utf-8", "replace")
    paragraph: list[str] = []
    for row in _OPENED.sub("", text).rstrip("\"'/*").split("\n"):
        said = row.strip().lstrip("*").strip()
        if said:
            paragraph.append(said)
        elif paragraph:
            break
    return " ".join(" ".join(paragraph).split())


def structure_of(path: str, syntax: Syntax) -> Structure:
    """Return what a parser told of the file at ``path``."""
    return Structure(symbols_of(path, syntax.shapes), syntax.imports)


def symbols_of(path: str, shapes: tuple[Shape, ...]) -> tuple[Symbol, ...]:
    """Return the definitions in the order of their lines, named by what stands around them."""
    symbols: list[Symbol] = []
    around: list[tuple[int, Symbol]] = []
    for shape in sorted(shapes, key=lambda shape: (shape.start, -shape.end)):
        while around and around[-1][0] <= shape.start:
            around.pop()
        owner = around[-1][1] if around else None
        kind = _kind(shape.kind, owner)
        if owner is not None and kind == "class" and _is_again(shape, owner):
            continue
        name = f"{owner.qualified_name}.{shape.name}" if owner else shape.name
        symbol = Symbol(
            path,
            name,
            kind,
            shape.start_line,
            shape.end_line,
            shape.signature,
            shape.docstring,
        )
        symbols.append(symbol)
        if kind != "variable" and len(around) < _MAX_NESTING:
            around.append((shape.end, symbol))
    return tuple(symbols)


def _is_again(shape: Shape, owner: Symbol) -> bool:
    """Return whether a type only repeats the name around it: ``typedef struct Cart {} Cart;``."""
    return shape.name == owner.name and shape.start_line == owner.start_line


def _kind(kind: str, owner: Symbol | None) -> SymbolKind:
    if kind == "class":
        return "class"
    if kind == "variable":
        return "variable"
    if kind == "method":
        return "method"
    return "method" if owner is not None and owner.kind == "class" else "function"
