"""Everything known about the files of one commit, before anybody chooses.

Every text file is read once, by its bytes alone; the parser is asked about a file when its symbols
or imports are, or about all of them at once. Facts of a blob never change, so they come from a
`Cache` where it knows them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scoping.cache import Cache
from scoping.facts import FileFacts, Skipped
from scoping.listing import Listing, key_of, language_of, why_not_indexed
from scoping.objects import ObjectReader, TreeEntry
from scoping.scan import Scan, scan
from scoping.structures import Structures
from scoping.syntax import why_unreadable

MAX_FILES = 30_000
MAX_TOTAL_BYTES = 400_000_000
PAST_LIMIT = "past the number of files that are read"
_BATCH = 512


@dataclass(frozen=True, slots=True)
class Index:
    """The facts of one commit: each readable text file, and each path that was left out.

    ``unread`` are the paths of which nothing is known.
    """

    commit: str
    files: tuple[FileFacts, ...] = ()
    unread: tuple[Skipped, ...] = ()
    structures: Structures | None = field(default=None, repr=False, compare=False)
    by_path: Mapping[str, FileFacts] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_path = {facts.path: facts for facts in self.files}
        object.__setattr__(self, "by_path", by_path)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was not read, and what the parser gave up on so far, each with the reason."""
        given_up = self.structures.skipped if self.structures else ()
        return tuple(sorted((*self.unread, *given_up), key=lambda skip: skip.path))

    def parse(self, paths: Iterable[str] | None = None) -> None:
        """Have the parser read these files, or all, at once: cheaper than one after the other."""
        if self.structures is None:
            return
        if paths is None:
            self.structures.make_known(self.by_path)
        else:
            self.structures.read(paths)

    def close(self) -> None:
        """End the processes that parse; what is not known by then starts new ones."""
        if self.structures is not None:
            self.structures.close()


def build_index(
    reader: ObjectReader,
    commit: str,
    *,
    overlay: Mapping[str, bytes | None] | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    cache: Cache | None = None,
) -> Index:
    """Read and parse every chosen text file of ``commit`` with ``overlay`` laid on top.

    A file that the parser gave up on is in both lists: its words are known, its symbols are not.
    """
    listing = Listing(reader, commit, overlay=overlay, include=include, exclude=exclude)
    index = index_of(listing, commit, cache)
    index.parse()
    index.close()
    return index


def index_of(listing: Listing, commit: str, cache: Cache | None = None) -> Index:
    """Read every file of a listing by its bytes; ``commit`` only names the result.

    Symbols and imports are parsed when they are asked for, while ``listing`` can still be read.
    """
    cache = Cache() if cache is None else cache
    skipped: list[Skipped] = []
    chosen = {entry: key_of(entry) for entry in entries_to_read(listing, skipped)}
    scans = dict(cache.scans(chosen.values()))
    missing = [entry for entry, key in chosen.items() if key not in scans]
    for start in range(0, len(missing), _BATCH):
        fresh = _scanned(listing, missing[start : start + _BATCH], skipped)
        cache.keep(scans=fresh)
        scans |= fresh
    structures = Structures(listing, cache)
    files = []
    for entry, key in chosen.items():
        found = scans.get(key)
        if found is not None and found.refused:
            skipped.append(Skipped(entry.path, found.refused))
        elif found is not None:
            files.append(_facts(entry, found, structures))
    return Index(commit, tuple(files), tuple(skipped), structures)


def entries_to_read(listing: Listing, skipped: list[Skipped]) -> list[TreeEntry]:
    """Return the files to read, and sort out all others."""
    chosen: list[TreeEntry] = []
    total = 0
    for entry in listing.entries:
        if unread := listing.unread(entry):
            skipped.append(unread)
        elif reason := why_not_indexed(entry):
            skipped.append(Skipped(entry.path, reason))
        elif len(chosen) >= MAX_FILES or total >= MAX_TOTAL_BYTES:
            skipped.append(Skipped(entry.path, PAST_LIMIT))
        else:
            chosen.append(entry)
            total += entry.size
    return chosen


def _scanned(
    listing: Listing, entries: Sequence[TreeEntry], skipped: list[Skipped]
) -> dict[str, Scan]:
    """Return what the bytes of files tell; what could not be read is told, and not remembered."""
    found: dict[str, Scan] = {}
    for entry, content in listing.contents(entries):
        if isinstance(content, Skipped):
            skipped.append(content)
        elif reason := why_unreadable(content):
            found[key_of(entry)] = Scan(refused=reason)
        else:
            found[key_of(entry)] = scan(content, language_of(entry.path))
    return found


def _facts(entry: TreeEntry, found: Scan, structures: Structures) -> FileFacts:
    return FileFacts(
        entry.path,
        entry.sha,
        language_of(entry.path),
        found.lines,
        found.counts,
        found.names,
        found.strings,
        found.is_whole,
        structures.of,
    )
