"""Expected values that a tool writes: files of snapshots that were rewritten or removed."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from validators.weakenings.loosening import Loosening
from validators.weakenings.suites import Touched

_FOLDERS = frozenset(("__snapshots__", "snapshots", "__snapshot__", "__image_snapshots__"))
_SUFFIXES = frozenset((".snap", ".ambr", ".snapshot"))


def rewritten_snapshots(touched: Sequence[Touched]) -> Iterator[Loosening]:
    """Yield each file of snapshots that lost lines; one that only gained some says more."""
    for file in touched:
        if not file.old_text or not _is_snapshot(file.old_path):
            continue
        old = file.old_text.split(b"\n")
        kept = set(file.text.split(b"\n"))
        gone = sum(1 for line in old if line.strip() and line not in kept)
        if gone:
            what = "is removed" if file.after is None and not file.text else "is rewritten"
            message = f"{file.old_path} {what}: {gone} lines of what tests expect are other now"
            yield Loosening("snapshot-rewritten", message, file.path, certain=False)


def _is_snapshot(path: str) -> bool:
    place = PurePosixPath(path)
    return place.suffix in _SUFFIXES or not _FOLDERS.isdisjoint(place.parts[:-1])
