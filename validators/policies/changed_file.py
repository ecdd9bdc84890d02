"""The files a change touches with their contents on both trees, as the policies read them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from validators.checkout import Clone, RawChange, read_blobs
from validators.git import git

MAX_FILE_BYTES = 1024**2
MAX_TOTAL_BYTES = 64 * 1024**2
_PLAIN = frozenset({"100644", "100664", "100755"})


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a change; ``old_path`` is ``path`` but for a rename.

    ``old`` and ``new`` are None where the file is not there, is no plain file, or is not read:
    larger than 1 MiB, or behind the first 64 MiB of the change.
    """

    path: str
    old_path: str
    old: bytes | None
    new: bytes | None


def changed_files(clone: Clone, entries: Iterable[RawChange]) -> tuple[ChangedFile, ...]:
    """Return the files of ``entries`` in their order, contents read through one git."""
    changes = tuple(entries)
    contents = _contents(clone, _plain_blobs(changes))
    return tuple(
        ChangedFile(
            change.path,
            change.old_path,
            contents.get(change.old_sha) if change.old_mode in _PLAIN else None,
            contents.get(change.new_sha) if change.new_mode in _PLAIN else None,
        )
        for change in changes
    )


def added_lines(file: ChangedFile) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each line the old file did not hold as often; moved ones not."""
    if file.new is None:
        return
    known = Counter((file.old or b"").split(b"\n"))
    for number, line in enumerate(file.new.split(b"\n"), 1):
        if known[line] > 0:
            known[line] -= 1
        else:
            yield number, line


def _plain_blobs(changes: Iterable[RawChange]) -> Iterator[str]:
    """Yield the hashes of what was or is a plain file; the new ones of each file come first."""
    for change in changes:
        if change.new_mode in _PLAIN:
            yield change.new_sha
        if change.old_mode in _PLAIN:
            yield change.old_sha


def _contents(clone: Clone, names: Iterable[str]) -> dict[str, bytes]:
    """Return blobs by hash, without those too large to be read; a missing one is refused."""
    asked = tuple(dict.fromkeys(names))
    if not asked:
        return {}
    stdin = "".join(f"{name}\n" for name in asked).encode()
    listed = git(clone.git_dir, "cat-file", "--batch-check=%(objectsize)", stdin=stdin)
    wanted, total = [], 0
    for name, answer in zip(asked, listed.split(b"\n"), strict=False):
        size = int(answer) if answer.isdigit() else 0  # a missing one is named by read_blobs
        if size <= MAX_FILE_BYTES and total + size <= MAX_TOTAL_BYTES:
            total += size
            wanted.append(name)
    return dict(zip(wanted, read_blobs(clone, wanted), strict=True))
