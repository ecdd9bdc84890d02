"""How a `SqliteStore` writes facts down: columns, checksums, and which code they are of."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from sys import intern
from typing import NamedTuple

from scoping.facts import Counts
from scoping.languages import BY_NAME, query_text
from scoping.objects import PastCommit
from scoping.scan import Scan
from scoping.syntax import Syntax

SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS scans (key TEXT PRIMARY KEY, day INTEGER NOT NULL, sum INTEGER NOT NULL,
    lines INTEGER NOT NULL, whole INTEGER NOT NULL, refused TEXT NOT NULL, counts BLOB NOT NULL,
    told BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS syntaxes (key TEXT PRIMARY KEY, day INTEGER NOT NULL,
    sum INTEGER NOT NULL, symbols INTEGER NOT NULL, refused TEXT NOT NULL, told BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS past (key TEXT PRIMARY KEY, day INTEGER NOT NULL,
    sum INTEGER NOT NULL, told BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (key TEXT PRIMARY KEY, day INTEGER NOT NULL,
    sum INTEGER NOT NULL, told BLOB NOT NULL);
COMMIT;
"""

TABLES = ("scans", "syntaxes", "past", "changes")
_OURS = (
    "scan.py",
    "words.py",
    "syntax.py",
    "grammars.py",
    "python_outline.py",
    "python_statements.py",
    "shapes.py",
    "store_rows.py",
    "views.py",
)


class ScanRow(NamedTuple):
    """The columns that keep a scan, of which ``sum`` is a checksum of the others."""

    sum: int
    lines: int
    whole: int
    refused: str
    counts: bytes
    told: bytes


class SyntaxRow(NamedTuple):
    """The columns that keep a parser's answer: how many symbols it has, and all of it as JSON."""

    sum: int
    symbols: int
    refused: str
    told: bytes


@dataclass(frozen=True, slots=True)
class BlobRows:
    """What is kept of one blob: of its bytes, of its syntax, or of both."""

    scan: ScanRow | None = None
    syntax: SyntaxRow | None = None


def row_of(scanned: Scan) -> ScanRow:
    """Return the columns that keep a scan; no text of it holds a NUL."""
    texts = (scanned.counts.words, " ".join(scanned.names), "\n".join(scanned.strings))
    told = "\0".join(texts).encode()
    counts = scanned.counts.numbers
    whole = int(scanned.is_whole)
    sum_ = _sum(2 * scanned.lines + whole, scanned.refused, counts, told)
    return ScanRow(sum_, scanned.lines, whole, scanned.refused, counts, told)


def scan_of(row: Sequence[object]) -> Scan | None:
    """Return the scan that columns keep; None where they are not what was written."""
    sum_, lines, whole, refused, counts, told = row
    if not (isinstance(lines, int) and isinstance(whole, int) and isinstance(refused, str)):
        return None
    if not (isinstance(counts, bytes) and isinstance(told, bytes)):
        return None
    if _sum(2 * lines + whole, refused, counts, told) != sum_:
        return None
    words, names, strings = told.decode().split("\0")
    return Scan(
        lines,
        Counts(words, counts),
        tuple(map(intern, names.split())),
        tuple(strings.split("\n")) if strings else (),
        refused,
        bool(whole),
    )


def _sum(number: int, refused: str, *parts: bytes) -> int:
    sum_ = zlib.crc32(refused.encode(), number & 0xFFFFFFFF)
    for part in parts:
        sum_ = zlib.crc32(part, sum_)
    return sum_


def told_of(syntax: Syntax) -> SyntaxRow:
    """Return the columns that keep a parser's answer."""
    # Not by msgspec: this is the work of children, which start faster without it.
    fields = {name: getattr(syntax, name) for name in Syntax.__slots__}
    told = json.dumps(fields, separators=(",", ":")).encode()
    symbols = len(syntax.shapes)
    return SyntaxRow(_sum(symbols, syntax.refused, told), symbols, syntax.refused, told)


def syntax_of(row: Sequence[object]) -> Syntax | None:
    """Return the answer that columns keep; None where they are not what was written."""
    import msgspec  # noqa: PLC0415 - 40 ms that only parsing should cost

    sum_, symbols, refused, told = row
    if not (isinstance(symbols, int) and isinstance(refused, str) and isinstance(told, bytes)):
        return None
    if _sum(symbols, refused, told) != sum_:
        return None
    try:
        return msgspec.json.decode(told, type=Syntax)
    except msgspec.MsgspecError:
        return None


def row_of_past(commit: PastCommit) -> tuple[int, bytes]:
    """Return a checksum and the bytes that keep what a commit changed."""
    told = "\0".join((str(commit.time_s), commit.message, *commit.paths))
    packed = told.encode("utf-8", "surrogateescape")
    return zlib.crc32(packed), packed


def past_of_row(sum_: int, row: Sequence[object]) -> PastCommit | None:
    """Return the commit that bytes keep; None where they are not what was written."""
    (packed,) = row
    if not isinstance(packed, bytes) or zlib.crc32(packed) != sum_:
        return None
    time_s, message, *paths = packed.decode("utf-8", "surrogateescape").split("\0")
    return PastCommit(int(time_s), message, tuple(paths))


def is_as_written(sum_: object, told: object) -> bool:
    """Return whether bytes are still what their checksum was taken of."""
    return isinstance(told, bytes) and zlib.crc32(told) == sum_


@cache
def change_version() -> str:
    """Return a name for the code that compares the versions of a path."""
    here = Path(__file__).parent
    names = ("path_changes.py", "line_ranges.py")
    return sha256(b"".join((here / name).read_bytes() for name in names)).hexdigest()[:12]


@cache
def past_version() -> str:
    """Return a name for the code that reads commits."""
    return sha256(Path(__file__).with_name("objects.py").read_bytes()).hexdigest()[:12]


@cache
def scan_version() -> str:
    """Return a name for the code that scans and parses: another code tells other things."""
    here = Path(__file__).parent
    return sha256(b"".join((here / name).read_bytes() for name in _OURS)).hexdigest()[:12]


def syntax_version(key: str) -> str:
    """Return a name for the grammar, the queries and the code that read a blob of this key."""
    return _language_version(key.partition(":")[2])


@cache
def _language_version(language: str) -> str:
    grammar = BY_NAME.get(language)
    if grammar is None:
        return scan_version()
    versions = [_installed().get(module, "") for module in ("tree_sitter", grammar.module)]
    told = (scan_version(), *versions, repr(grammar), query_text(grammar))
    return sha256("\0".join(told).encode()).hexdigest()[:12]


@cache
def _installed() -> dict[str, str]:
    """Return the versions of what is installed beside the parser, by its module.

    From the names of folders: `importlib.metadata` takes longer than all else that is asked here.
    What was put there by hand has no such folder; its queries still tell it apart.
    """
    found = find_spec("tree_sitter")
    if found is None or found.origin is None:
        return {}
    folders = Path(found.origin).parents[1].glob("tree_sitter*.dist-info")
    names = (folder.name.removesuffix(".dist-info").partition("-") for folder in folders)
    return {module: version for module, _, version in names}
