"""Makes known all that is to be known of a tree's files, and looks at no more than is missing.

What the store has of them already is not read, nor taken out of it: a commit costs its own files.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scoping.facts import Skipped
from scoping.index import entries_to_read
from scoping.listing import Listing, key_of, language_of
from scoping.objects import TreeEntry
from scoping.reading import Readers, Request
from scoping.store import SqliteStore


@dataclass(frozen=True, slots=True)
class Filled:
    """What is known of one tree: its readable files, their definitions, what is left out and why.

    ``read`` are the contents that had to be read for it.
    """

    files: int
    symbols: int
    read: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(slots=True)
class _Known:
    """Why blobs are not read, or nothing; and what their syntax has, by their keys."""

    scans: dict[str, str]
    syntaxes: dict[str, tuple[int, str]]
    failed: dict[str, str] = field(default_factory=dict)


def fill(listing: Listing, store: SqliteStore) -> Filled:
    """Have every file of ``listing`` scanned and parsed that ``store`` does not know yet."""
    skipped: list[Skipped] = []
    entries = {entry: key_of(entry) for entry in entries_to_read(listing, skipped)}
    keys = dict.fromkeys(entries.values())
    known = _Known(
        dict(store.known_scans(keys)),
        dict(store.known_syntaxes(key for key in keys if not key.endswith(":"))),
    )
    missing = {key: entry for entry, key in entries.items() if _is_missing(key, known)}
    if missing:
        _read(listing, missing, known, store, skipped)
    files = symbols = 0
    for entry, key in entries.items():
        refused = known.scans.get(key)
        if refused:
            skipped.append(Skipped(entry.path, refused))
        elif refused is not None:
            files += 1
            count, why_not = known.syntaxes.get(key, (0, known.failed.get(key, "")))
            symbols += count
            if why_not:
                skipped.append(Skipped(entry.path, why_not))
    ordered = sorted(skipped, key=lambda skip: skip.path)
    return Filled(files, symbols, len(missing), tuple(ordered))


def _is_missing(key: str, known: _Known) -> bool:
    refused = known.scans.get(key)
    return refused is None or not (refused or key in known.syntaxes or key.endswith(":"))


def _read(
    listing: Listing,
    missing: Mapping[str, TreeEntry],
    known: _Known,
    store: SqliteStore,
    skipped: list[Skipped],
) -> None:
    """Read what is missing, keep it, and add it to what is known."""
    sizes: Counter[str] = Counter()
    for entry in missing.values():
        sizes[language_of(entry.path)] += entry.size
    # The largest first, since several children share it.
    ordered = sorted(missing.values(), key=lambda entry: -sizes[language_of(entry.path)])

    def requests() -> Iterator[Request]:
        for entry, content in listing.contents(ordered):
            key, language = key_of(entry), language_of(entry.path)
            if isinstance(content, Skipped):
                skipped.append(content)
            else:
                is_parsed = bool(language) and key not in known.syntaxes
                is_scanned = key not in known.scans
                yield Request(key, entry.path, language, content, is_scanned, is_parsed)

    with Readers() as readers:
        for rows in readers.rows_of(requests(), sizes):
            store.keep_rows(rows)
            for key, row in rows.items():
                if row.scan:
                    known.scans[key] = row.scan.refused
                if row.syntax:
                    known.syntaxes[key] = (row.syntax.symbols, row.syntax.refused)
        known.failed.update(readers.failed)
