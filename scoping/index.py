"""Everything known about the files of one commit, read once, before anybody chooses.

`Listing` is what may be read at all: which paths, which content. `build_index` reads it through
the parser. Facts of a blob never change, so they may come from a cache: a mapping from
``<blob>:<language>``; a later one that outlives the process fits in its place.
"""

import hashlib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace

from scoping.facts import FileFacts, Skipped, moved
from scoping.globs import chosen
from scoping.grammars import Parser
from scoping.languages import grammar_of
from scoping.objects import ObjectReader, ObjectsRefusal, TreeEntry
from scoping.syntax import MAX_FILE_BYTES, Syntax, facts_from, why_unreadable

MAX_FILES = 30_000
MAX_TOTAL_BYTES = 400_000_000
_BATCH_BYTES = 16_000_000
_KINDS = {"120000": "a symbolic link", "160000": "a submodule"}
_VENDORED = frozenset(("node_modules", "bower_components", "site-packages"))

Cache = MutableMapping[str, FileFacts]


@dataclass(frozen=True, slots=True)
class Index:
    """The facts of one commit: each readable text file, and each path that was left out."""

    commit: str
    files: tuple[FileFacts, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    by_path: Mapping[str, FileFacts] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_path = {facts.path: facts for facts in self.files}
        object.__setattr__(self, "by_path", by_path)


class Listing:
    """What may be read of one commit or tree: its files as chosen, with an overlay laid on top.

    ``overlay`` gives the content of changed and added paths; None there means deleted.
    """

    def __init__(
        self,
        reader: ObjectReader,
        treeish: str,
        *,
        overlay: Mapping[str, bytes | None] | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self._reader = reader
        self._overlay = {} if overlay is None else dict(overlay)
        is_chosen = chosen(include, exclude)
        entries = [
            entry
            for entry in reader.entries(treeish)
            if entry.path not in self._overlay and is_chosen(entry.path)
        ]
        for path, content in self._overlay.items():
            if content is not None and is_chosen(path):
                entries.append(TreeEntry(path, "100644", _blob_name(content), len(content)))
        self.entries = tuple(sorted(entries, key=lambda entry: entry.path))
        self._by_path = {entry.path: entry for entry in self.entries}

    def entry(self, path: str) -> TreeEntry | None:
        """Return the entry at ``path``, or None where there is none to be read."""
        return self._by_path.get(path)

    def read(self, path: str) -> bytes:
        """Return the content of a file that the index holds."""
        content = self.content(self._by_path[path])
        if isinstance(content, Skipped):
            raise ObjectsRefusal(f"{path} could not be read a second time: {content.reason}")
        return content

    def content(self, entry: TreeEntry) -> bytes | Skipped:
        """Return a text file's content, or why it is not read."""
        if entry.mode in _KINDS:
            return Skipped(entry.path, _KINDS[entry.mode])
        if entry.is_missing:
            return Skipped(entry.path, "its object is not in this repository")
        if entry.size > MAX_FILE_BYTES:
            return Skipped(entry.path, f"larger than {MAX_FILE_BYTES} bytes")
        content = self._overlay.get(entry.path)
        if content is None:
            try:
                content = self._reader.read(entry.sha, MAX_FILE_BYTES)
            except ObjectsRefusal as refusal:
                return Skipped(entry.path, str(refusal))
        reason = why_unreadable(content)
        return Skipped(entry.path, reason) if reason else content


def build_index(
    reader: ObjectReader,
    commit: str,
    *,
    overlay: Mapping[str, bytes | None] | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    cache: Cache | None = None,
) -> Index:
    """Read every chosen text file of ``commit`` with ``overlay`` laid on top.

    A file that the parser gave up on is in both lists: its words are known, its symbols are not.
    """
    listing = Listing(reader, commit, overlay=overlay, include=include, exclude=exclude)
    return index_of(listing, commit, cache)


def index_of(listing: Listing, commit: str, cache: Cache | None = None) -> Index:
    """Read every file of a listing; ``commit`` only names the result."""
    known: Cache = {} if cache is None else cache
    files: list[FileFacts] = []
    skipped: list[Skipped] = []
    with Parser() as parser:
        for batch in _batches(listing, known, files, skipped):
            answers = parser.facts_of([(entry.path, content) for entry, content in batch])
            for (entry, content), answer in zip(batch, answers, strict=True):
                facts = answer
                if isinstance(facts, Skipped):
                    skipped.append(facts)
                    facts = facts_from(entry.path, content, Syntax())
                facts = replace(facts, blob=entry.sha)
                files.append(facts)
                if not isinstance(answer, Skipped):
                    known[_key(entry)] = facts
    return Index(
        commit,
        tuple(sorted(files, key=lambda facts: facts.path)),
        tuple(sorted(skipped, key=lambda skip: skip.path)),
    )


def _batches(
    listing: Listing, known: Cache, files: list[FileFacts], skipped: list[Skipped]
) -> Iterator[list[tuple[TreeEntry, bytes]]]:
    """Yield the files to parse in pieces that fit in memory; sort out all others on the way."""
    batch: list[tuple[TreeEntry, bytes]] = []
    weight = total = read = 0
    for entry in listing.entries:
        if not _VENDORED.isdisjoint(entry.path.split("/")):
            skipped.append(Skipped(entry.path, "vendored"))
            continue
        if read >= MAX_FILES or total >= MAX_TOTAL_BYTES:
            skipped.append(Skipped(entry.path, "past the number of files that are read"))
            continue
        cached = known.get(_key(entry))
        if cached is not None and entry.mode not in _KINDS:
            files.append(moved(cached, entry.path))
            continue
        content = listing.content(entry)
        if isinstance(content, Skipped):
            skipped.append(content)
            continue
        batch.append((entry, content))
        weight, total, read = weight + len(content), total + len(content), read + 1
        if weight >= _BATCH_BYTES:
            yield batch
            batch, weight = [], 0
    yield batch


def _key(entry: TreeEntry) -> str:
    grammar = grammar_of(entry.path)
    return f"{entry.sha}:{grammar.name if grammar else ''}"


def _blob_name(content: bytes) -> str:
    """Return the name git gives a blob of this content."""
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
