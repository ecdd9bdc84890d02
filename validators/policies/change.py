"""A patch as the policies see it: what differs between two trees, and what the new one holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from validators.checkout import (
    Clone,
    LineCount,
    RawChange,
    TreeFile,
    line_counts,
    list_files,
    raw_changes,
    read_blobs,
)
from validators.policies.attributes import declared_generated
from validators.policies.changed_file import ChangedFile, changed_files

GONE, FILE, EXECUTABLE, LINK, SUBMODULE = "000000", "100644", "100755", "120000", "160000"
_MAX_LINK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch did to a tree.

    ``sizes`` has the bytes of every file of the applied tree, by path; changed or not. ``links``
    has the targets of all its symbolic links, but only where the change touches one.
    ``generated`` is what the base's attributes say of changed files, where they say anything.
    """

    entries: tuple[RawChange, ...]
    counts: tuple[LineCount, ...]
    sizes: Mapping[str, int]
    files: tuple[ChangedFile, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    generated: Mapping[str, bool] = field(default_factory=dict)


def change_between(clone: Clone, base_tree: str, applied_tree: str) -> Change:
    """Return what turns ``base_tree`` into ``applied_tree``, contents included."""
    entries = raw_changes(clone, base_tree, applied_tree)
    standing = list_files(clone, applied_tree)
    return Change(
        entries,
        line_counts(clone, base_tree, applied_tree),
        {file.path: file.size for file in standing},
        changed_files(clone, entries),
        dict(_links(clone, entries, standing)),
        declared_generated(clone, base_tree, entries, standing),
    )


def _links(
    clone: Clone, entries: tuple[RawChange, ...], standing: tuple[TreeFile, ...]
) -> Iterator[tuple[str, str]]:
    """Yield path and target of each link; one too long to be a target leads to an empty one."""
    if not any(entry.new_mode == LINK for entry in entries):
        return
    links = [file for file in standing if file.mode == LINK]
    read = [file for file in links if file.size <= _MAX_LINK_BYTES]
    yield from ((file.path, "") for file in links if file.size > _MAX_LINK_BYTES)
    for file, target in zip(read, read_blobs(clone, (file.sha for file in read)), strict=True):
        yield file.path, target.decode("utf-8", "surrogateescape")
