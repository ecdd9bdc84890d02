"""The child that reads many files for one question: bytes in, columns of the store out.

It scans and parses, and writes the columns down itself, so that whoever asked has nothing left to
do but to hand them on. Its answer is numbers and lengths in a fixed layout: whatever a file did to
the parser, nothing in it is executed or made an object of its choice.
"""

import gc
import json
from collections.abc import Iterator
from struct import Struct

from scoping.child import answer_all
from scoping.grammars import parse
from scoping.scan import Scan, scan
from scoping.store_rows import BlobRows, ScanRow, SyntaxRow, row_of, told_of
from scoping.syntax import why_unreadable
from scoping.views import parsed

_MEMORY_BYTES = 1024**3
_CPU_S = 1_800
# Whether there is one; its checksum, its other numbers; the lengths of what follows.
_SCAN = Struct(">?II?III")
_SYNTAX = Struct(">?IIII")


def serve() -> None:
    """Answer `scoping.reading.Readers` until they hang up; the child's whole life."""
    gc.disable()  # what is made here holds no cycles
    answer_all(answer, _MEMORY_BYTES, _CPU_S)


def answer(header: bytes, content: bytes) -> bytes:
    """Return the columns of the files that ``content`` holds one behind the other.

    ``header`` lists of each its name, language, whether it is scanned, whether it is parsed, and
    its length. What is refused by its bytes is not parsed.
    """
    told: list[bytes] = []
    start = 0
    for name, language, is_scanned, is_parsed, length in json.loads(header):
        text = content[start : start + length]
        start += length
        told += _packed(_read(name, language, text, is_scanned=is_scanned, is_parsed=is_parsed))
    return b"".join(told)


def _read(name: str, language: str, text: bytes, *, is_scanned: bool, is_parsed: bool) -> BlobRows:
    refused = why_unreadable(text)
    if refused:
        return BlobRows(row_of(Scan(refused=refused)))
    return BlobRows(
        row_of(scan(text, language)) if is_scanned else None,
        told_of(parse(language, parsed(name, text), "facts")) if is_parsed else None,
    )


def _packed(rows: BlobRows) -> Iterator[bytes]:
    """Yield the parts of one file's columns."""
    scanned = rows.scan or ScanRow(0, 0, 0, "", b"", b"")
    why, counts, told = scanned.refused.encode(), scanned.counts, scanned.told
    lengths = len(why), len(counts), len(told)
    yield _SCAN.pack(rows.scan is not None, scanned.sum, scanned.lines, scanned.whole, *lengths)
    yield from (why, counts, told)
    syntax = rows.syntax or SyntaxRow(0, 0, "", b"")
    why, told = syntax.refused.encode(), syntax.told
    yield _SYNTAX.pack(rows.syntax is not None, syntax.sum, syntax.symbols, len(why), len(told))
    yield from (why, told)


def unpacked(answered: bytes, count: int) -> list[BlobRows]:
    """Return the columns of ``count`` files; ValueError where it is no such answer."""
    found = []
    place = 0

    def next_bytes(length: int) -> bytes:
        nonlocal place
        start, place = place, place + length
        if place > len(answered):
            raise ValueError("cut off")
        return answered[start:place]

    for _ in range(count):
        has_scan, sum_, lines, whole, *lengths = _SCAN.unpack(next_bytes(_SCAN.size))
        why, counts, told = map(next_bytes, lengths)
        scanned = ScanRow(sum_, lines, int(whole), why.decode(), counts, told) if has_scan else None
        has_syntax, sum_, symbols, *lengths = _SYNTAX.unpack(next_bytes(_SYNTAX.size))
        why, told = map(next_bytes, lengths)
        syntax = SyntaxRow(sum_, symbols, why.decode(), told) if has_syntax else None
        found.append(BlobRows(scanned, syntax))
    if place != len(answered):
        raise ValueError("longer than it may be")
    return found
