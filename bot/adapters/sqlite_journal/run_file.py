"""One run in one file, as it is carried from one machine to another.

Lines of JSON, one record each: first what the file is, then the events in their order, the blobs
they speak of, the bundle if there is one, and last how many there were and the hash of all before.
"""

import base64
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, decode, digest
from workflows.run import Event

RUN_FORMAT = "changewright-run/1"
MAX_FILE_BYTES = 256 * 1024**2
MAX_LINE_BYTES = 192 * 1024**2
# What one record may grow to when it is unpacked: a small file must not fill a memory.
MAX_CONTENT_BYTES = 160 * 1024**2
_RUN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class RunFileRefusal(Refusal):
    """A run cannot be written to a file, or a file not be read as one: which, why, what to do."""


class Damaged(Exception):
    """A line that is not what was written, where, and why nothing after it is believed."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the file is. ``version`` is the program's that wrote it."""

    format: str
    run: str
    version: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One event, as it stood at a position of the journal it comes from."""

    position: int
    at: str
    event: Event


@dataclass(frozen=True, slots=True)
class ContentLine:
    """Something large: its hash, and itself compressed, in base64."""

    sha256: str
    zlib: str


@dataclass(frozen=True, slots=True)
class Trailer:
    """How many records the file holds, and the SHA-256 of every byte before this line."""

    entries: int
    blobs: int
    bundle: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: exactly one of these. ``pruned`` is a blob that its journal no longer keeps."""

    header: Header | None = None
    entry: EntryLine | None = None
    blob: ContentLine | None = None
    pruned: str | None = None
    bundle: ContentLine | None = None
    trailer: Trailer | None = None

    @property
    def kinds(self) -> int:
        """How many of them it is."""
        found = (self.header, self.entry, self.blob, self.pruned, self.bundle, self.trailer)
        return sum(one is not None for one in found)


class Tally:
    """What has gone by so far."""

    def __init__(self) -> None:
        self.entries = 0
        self.blobs = 0
        self.bundle = False
        self._sha256 = hashlib.sha256()

    def count(self, line: Line, raw: bytes) -> None:
        """Add one line."""
        self.entries += line.entry is not None
        self.blobs += line.blob is not None
        self.bundle = self.bundle or line.bundle is not None
        self._sha256.update(raw)

    def trailer(self) -> Trailer:
        """Return what the last line must say."""
        return Trailer(self.entries, self.blobs, self.bundle, self._sha256.hexdigest())


def require_run_name(run: str) -> str:
    """Return ``run``; RunFileRefusal when no run of ours has such a name."""
    if _RUN.fullmatch(run) is None or ".." in run:
        raise RunFileRefusal(
            f"{run[:100]!r} is no name of a run: one has letters, digits, '.', '_' and '-' only;"
            " `changewright runs` lists them"
        )
    return run


def packed(sha256: str, compressed: bytes) -> ContentLine:
    """Return the record for what is compressed already."""
    return ContentLine(sha256, base64.b64encode(compressed).decode("ascii"))


def unpacked(line: ContentLine) -> tuple[bytes, bytes]:
    """Return a record's compressed and plain content; Damaged when it is not what its hash says."""
    try:
        compressed = base64.b64decode(line.zlib, validate=True)
        machine = zlib.decompressobj()
        content = machine.decompress(compressed, MAX_CONTENT_BYTES)
    except (ValueError, zlib.error) as error:
        raise Damaged(f"cannot be unpacked: {error}") from error
    if not machine.eof or machine.unused_data or digest(content) != line.sha256:
        raise Damaged("holds another content than its hash says, or unpacks to too much")
    return compressed, content


def lines_of(file: BinaryIO) -> Iterator[Line]:
    """Yield the lines of a file up to its trailer; Damaged where one is not what was written."""
    tally = Tally()
    while True:
        raw = file.readline(MAX_LINE_BYTES + 1)
        if not raw.endswith(b"\n"):
            raise Damaged("is cut off" if raw else "is missing")
        try:
            line = decode(raw, Line)
        except EncodingRefusal as error:
            raise Damaged(f"is {error}") from error
        if line.kinds != 1:
            raise Damaged("holds no record, or several")
        if line.trailer is not None:
            if line.trailer != tally.trailer() or file.read(1):
                raise Damaged("says another thing of the file than what the file holds")
            return
        tally.count(line, raw)
        yield line


def opened(path: Path) -> BinaryIO:
    """Open a file that a stranger may have made: regular, and no larger than one run may be."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise RunFileRefusal(f"cannot read it: {error.strerror}") from error
    found = os.fstat(descriptor)
    why = "" if stat.S_ISREG(found.st_mode) else "it is no regular file"
    if found.st_size > MAX_FILE_BYTES:
        why = f"it has {found.st_size} bytes; a run has at most {MAX_FILE_BYTES}"
    if why:
        os.close(descriptor)
        raise RunFileRefusal(f"cannot read it: {why}")
    return os.fdopen(descriptor, "rb")
