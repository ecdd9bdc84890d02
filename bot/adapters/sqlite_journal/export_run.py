"""One run is written to one file: its events, its blobs and its bundle."""

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.migration import synced
from bot.adapters.sqlite_journal.run_file import (
    MAX_FILE_BYTES,
    MAX_LINE_BYTES,
    RUN_FORMAT,
    EntryLine,
    Header,
    Line,
    RunFileRefusal,
    Tally,
    packed,
    require_run_name,
)
from validators.encoding import digest, encode


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file now holds. ``missing`` blobs were pruned, or lost, before."""

    run: str
    entries: int
    blobs: int
    missing: int
    bundle: bool


def export_to(
    path: Path, journal: SqliteJournal, run: str, bundles: Path, version: str
) -> Exported:
    """Write a run to ``path``, which holds all of it or is what it was before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            exported = export_run(file, journal, run, bundles, version)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        synced(path.parent)
    except OSError as error:
        raise RunFileRefusal(
            f"{path}: cannot write run {run} there: {error.strerror}; choose another --out"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return exported


def export_run(
    file: BinaryIO, journal: SqliteJournal, run: str, bundles: Path, version: str
) -> Exported:
    """Write a run to an open file; RunFileRefusal when there is none of that name."""
    tally, missing, size = Tally(), 0, 0
    for line in _lines(journal, require_run_name(run), bundles, version):
        missing += line.pruned is not None
        raw = _written(line)
        size += len(raw)
        if len(raw) > MAX_LINE_BYTES or size > MAX_FILE_BYTES:
            raise RunFileRefusal(
                f"run {run} takes more than {MAX_FILE_BYTES} bytes, which no import takes; carry"
                " the whole state folder instead"
            )
        file.write(raw)
        tally.count(line, raw)
    file.write(_written(Line(trailer=tally.trailer())))
    return Exported(run, tally.entries, tally.blobs, missing, tally.bundle)


def _lines(journal: SqliteJournal, run: str, bundles: Path, version: str) -> Iterator[Line]:
    entries = journal.read(run)
    if not entries:
        raise RunFileRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
    yield Line(header=Header(RUN_FORMAT, run, version))
    for entry in entries:
        yield Line(entry=EntryLine(entry.position, entry.at, entry.event))
    for name in dict.fromkeys(name for entry in entries for name in kept_by(entry.event.data)):
        if journal.has_blob(name):
            yield Line(blob=packed(name, zlib.compress(journal.get_blob(name))))
        else:
            yield Line(pruned=name)
    # Work that was stopped has a bundle under another name, until the run is finished.
    found = [bundles / f"{run}{suffix}" for suffix in (".json", ".partial.json")]
    for bundle in [path for path in found if path.is_file()][:1]:
        content = bundle.read_bytes()
        yield Line(bundle=packed(digest(content), zlib.compress(content)))


def _written(line: Line) -> bytes:
    kinds = ("header", "entry", "blob", "pruned", "bundle", "trailer")
    kind = next(kind for kind in kinds if getattr(line, kind) is not None)
    return encode({kind: getattr(line, kind)}) + b"\n"
