"""What may be read of one commit or tree: its files as chosen, with an overlay laid on top."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from scoping.blobs import ObjectsRefusal
from scoping.facts import Skipped
from scoping.globs import chosen
from scoping.kinds import kind_of
from scoping.languages import indexed_grammar_of
from scoping.objects import ObjectReader, TreeEntry
from scoping.syntax import MAX_FILE_BYTES, why_unreadable
from scoping.views import shown

_KINDS = {"120000": "a symbolic link", "160000": "a submodule"}
# Copies of other projects, by the names that people give such folders.
_VENDORED_FOLDERS = """
    node_modules bower_components site-packages vendor _vendor vendored third_party third-party
    thirdparty extern cextern
"""
_VENDORED = frozenset(_VENDORED_FOLDERS.split())
_MOST_DATA = 200_000
# What is read for its words is soon read again by the parser, and then for its lines.
_KEPT_BYTES = 16_000_000
# Seldom text, and never what a change of code is made in: not worth reading to find out.
_BINARY_SUFFIXES = """
    png jpg jpeg gif ico webp bmp tif tiff svg eps pdf ps ttf otf woff woff2 eot pfb afm zip gz bz2
    xz zst tgz tar 7z rar whl jar class pyc so dll dylib exe o a lib npy npz pkl h5 hdf5 fits dcm
    parquet db sqlite mp3 mp4 wav ogg avi mov webm wasm
"""
_BINARY = frozenset(_BINARY_SUFFIXES.split())


class Listing:
    """The files of a tree that may be read; ``overlay`` maps changed paths to content, or None.

    None in the overlay means that the path is deleted.
    """

    def __init__(
        self,
        reader: ObjectReader,
        treeish: str,
        *,
        overlay: Mapping[str, bytes | None] | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        within: Callable[[str], bool] | None = None,
    ) -> None:
        self._reader = reader
        self._overlay = {} if overlay is None else dict(overlay)
        allowed = chosen(include, exclude)

        def is_chosen(path: str) -> bool:
            return allowed(path) and (within is None or within(path))

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
        self._kept: dict[str, bytes] = {}
        self._room = _KEPT_BYTES

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
        if skipped := self.unread(entry):
            return skipped
        content = self._overlay.get(entry.path, self._kept.get(entry.sha))
        if content is None:
            try:
                content = self._reader.read(entry.sha, MAX_FILE_BYTES)
            except ObjectsRefusal as refusal:
                return Skipped(entry.path, str(refusal))
        content = shown(entry.path, content)
        reason = why_unreadable(content)
        return Skipped(entry.path, reason) if reason else content

    def contents(self, entries: Iterable[TreeEntry]) -> Iterator[tuple[TreeEntry, bytes | Skipped]]:
        """Yield what many files hold, text or not, read ahead; not in their order."""
        wanted = []
        for entry in entries:
            if skipped := self.unread(entry):
                yield entry, skipped
            elif (content := self._overlay.get(entry.path, self._kept.get(entry.sha))) is not None:
                yield entry, shown(entry.path, content)
            else:
                wanted.append(entry)
        found = self._reader.read_many([entry.sha for entry in wanted], MAX_FILE_BYTES)
        for entry, content in zip(wanted, found, strict=True):
            if content is not None and len(content) <= self._room and entry.sha not in self._kept:
                self._kept[entry.sha] = content
                self._room -= len(content)
            # Asked once more, for the reason.
            yield (
                entry,
                self.content(entry) if content is None else shown(entry.path, content),
            )

    @staticmethod
    def unread(entry: TreeEntry) -> Skipped | None:
        """Return why a file is not even looked into, or None when it is."""
        if entry.mode in _KINDS:
            return Skipped(entry.path, _KINDS[entry.mode])
        if entry.is_missing:
            return Skipped(entry.path, "its object is not in this repository")
        if entry.size > MAX_FILE_BYTES:
            return Skipped(entry.path, f"larger than {MAX_FILE_BYTES} bytes")
        return None


def why_not_indexed(entry: TreeEntry) -> str:
    """Return why a file of this place and name has no facts, or nothing when it has."""
    folders = entry.path.rpartition("/")[0]
    if folders and not _VENDORED.isdisjoint(folders.split("/")):
        return "vendored"
    if is_no_text(entry.path):
        return "an image, an archive or other data, by its name"
    is_data = entry.size > _MOST_DATA and not language_of(entry.path)
    if is_data and kind_of(entry.path, "") in {"other", "configuration", "test"}:
        return f"data: neither code nor a page, and larger than {_MOST_DATA} bytes"
    return ""


def is_no_text(path: str) -> bool:
    """Return whether a file's name tells that it is an image, an archive or other data."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return bool(dot) and ending.lower() in _BINARY


def key_of(entry: TreeEntry) -> str:
    """Return the name under which the facts of a file's content are kept."""
    return f"{entry.sha}:{language_of(entry.path)}"


@lru_cache(maxsize=65_536)
def language_of(path: str) -> str:
    """Return the name of the grammar that reads a file of this name; empty when none does."""
    grammar = indexed_grammar_of(path)
    return grammar.name if grammar else ""


def _blob_name(content: bytes) -> str:
    """Return the name git gives a blob of this content."""
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
