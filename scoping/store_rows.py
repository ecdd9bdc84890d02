"""How a `SqliteStore` writes facts down: columns, checksums, and which code they are of."""

import zlib
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from sys import intern

from scoping.facts import Counts
from scoping.languages import BY_NAME, query_text
from scoping.objects import PastCommit
from scoping.scan import Scan
from scoping.syntax import Syntax

_OURS = ("scan.py", "words.py", "syntax.py", "grammars.py", "shapes.py")


def row_of(scanned: Scan) -> tuple[object, ...]:
    """Return a checksum and the columns that keep a scan; no text of it holds a NUL."""
    texts = (
        scanned.refused,
        scanned.counts.words,
        " ".join(scanned.names),
        "\n".join(scanned.strings),
    )
    told = "\0".join(texts).encode()
    return (
        _sum(scanned.lines, scanned.counts.numbers, told),
        scanned.lines,
        scanned.counts.numbers,
        told,
    )


def scan_of(sum_: int, row: Sequence[object]) -> Scan | None:
    """Return the scan that columns keep; None where they are not what was written."""
    lines, counts, told = row
    if not (isinstance(lines, int) and isinstance(counts, bytes) and isinstance(told, bytes)):
        return None
    if _sum(lines, counts, told) != sum_:
        return None
    refused, words, names, strings = told.decode().split("\0")
    return Scan(
        lines,
        Counts(words, counts),
        tuple(map(intern, names.split())),
        tuple(strings.split("\n")) if strings else (),
        refused,
    )


def _sum(lines: int, counts: bytes, told: bytes) -> int:
    return zlib.crc32(told, zlib.crc32(counts, lines))


def told_of(syntax: Syntax) -> tuple[int, str]:
    """Return a checksum and the text that keeps a parser's answer."""
    import msgspec  # noqa: PLC0415 - 40 ms that only parsing should cost

    told = msgspec.json.encode(syntax).decode()
    return checksum(told), told


def checksum(told: str) -> int:
    """Return what a row says of its own text."""
    return zlib.crc32(told.encode())


def syntax_of(sum_: int, row: Sequence[object]) -> Syntax | None:
    """Return the answer that a text keeps; None where it is not what was written."""
    import msgspec  # noqa: PLC0415 - as above

    (told,) = row
    if not isinstance(told, str) or checksum(told) != sum_:
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
    told = (scan_version(), *versions, *grammar.anchors, query_text(grammar))
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
