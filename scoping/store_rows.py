"""How a `SqliteStore` writes facts down: columns, checksums, and which code they are of."""

import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from sys import intern

from scoping.facts import Counts
from scoping.languages import BY_NAME, query_text
from scoping.scan import Scan
from scoping.syntax import Syntax

_OURS = ("scan.py", "words.py", "syntax.py", "grammars.py")


def row_of(scanned: Scan) -> tuple[object, ...]:
    """Return a checksum and the columns that keep a scan."""
    names = f" {' '.join(scanned.names)} "
    texts = (
        scanned.refused,
        scanned.counts.words,
        scanned.counts.numbers,
        names,
        "\n".join(scanned.strings),
    )
    return (_sum(scanned.lines, texts), scanned.lines, *texts)


def scan_of(sum_: int, row: Sequence[object]) -> Scan | None:
    """Return the scan that columns keep; None where they are not what was written."""
    lines, *texts = row
    refused, words, counts, names, strings = texts
    if not (isinstance(lines, int) and isinstance(counts, bytes) and _sum(lines, texts) == sum_):
        return None
    return Scan(
        lines,
        Counts(str(words), counts),
        tuple(map(intern, str(names).split())),
        tuple(str(strings).split("\n")) if strings else (),
        str(refused),
    )


def _sum(lines: int, texts: Iterable[object]) -> int:
    for text in texts:
        lines = zlib.crc32(text if isinstance(text, bytes) else str(text).encode(), lines)
    return lines


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
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 60 ms

    grammar = BY_NAME.get(language)
    if grammar is None:
        return scan_version()
    versions = []
    for module in ("tree_sitter", grammar.module):
        try:
            versions.append(version(module.replace("_", "-")))
        except PackageNotFoundError:  # installed by hand: its queries still tell it apart
            versions.append("")
    told = (scan_version(), *versions, query_text(grammar))
    return sha256("\0".join(told).encode()).hexdigest()[:12]
