"""The bundle of a run from another machine finds its place, and takes nobody else's."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.adapters.sqlite_journal.migration import synced
from bot.adapters.sqlite_journal.run_file import RunFileRefusal
from workflows.proposal import BundleRefusal, unseal
from workflows.run import Entry


def place_of(document: bytes, entries: Sequence[Entry], bundles: Path) -> Path | None:
    """Return where a run's bundle is to be written; None when it, or a later one, is there already.

    ``entries`` are all that is known of the run now. RunFileRefusal when it is not this run's, or
    when something else stands in its place: only an earlier bundle of the same run is replaced.
    """
    run = entries[0].run
    try:
        bundle, sha256 = unseal(document)
    except BundleRefusal as refusal:
        raise RunFileRefusal(f"its bundle cannot be used: {refusal}") from refusal
    written = [e.event.data.get("sha256") for e in entries if e.event.kind == "bundle.written"]
    if bundle.proposal.run != run or sha256 not in written:
        raise RunFileRefusal(f"its bundle is not that of run {run}; export the run once more")
    finished, partial = bundles / f"{run}.json", bundles / f"{run}.partial.json"
    if bundle.partial and finished.exists():
        return None
    place = partial if bundle.partial else finished
    there = _hash_of(place)
    if there in written[written.index(sha256) :]:
        return None
    if there is not None and there not in written:
        raise RunFileRefusal(
            f"{place} holds another bundle of run {run}; nothing is written over. Move that file"
            " away and import once more"
        )
    return place


def _hash_of(place: Path) -> str | None:
    """Return the hash of the bundle in a file: None for no file, empty for no bundle."""
    try:
        return unseal(place.read_bytes())[1]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (BundleRefusal, OSError):
        return ""


def write_bundle(place: Path, content: bytes) -> None:
    """Have a bundle on the disk, whole or not at all; a finished one ends its unfinished one."""
    draft = place.with_name(f".{place.name}.{os.getpid()}.unfinished")
    try:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
        place.with_suffix(".partial.json").unlink(missing_ok=True)
        synced(place.parent)
    except OSError as error:
        raise RunFileRefusal(
            f"its events are in the journal, but {place} cannot be written: {error.strerror}; mend"
            " that and import once more"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
