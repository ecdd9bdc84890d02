"""What a parser tells of the files of one listing, each asked for when it is needed."""

import weakref
from collections.abc import Iterable, Sequence

from scoping.cache import Cache
from scoping.facts import Skipped, Structure
from scoping.grammars import Parser
from scoping.listing import Listing, key_of, language_of
from scoping.objects import TreeEntry
from scoping.syntax import Syntax, structure_of
from scoping.views import parsed

# As many contents are in memory at once.
_BATCH = 1_000


class Structures:
    """Parses files of ``listing`` in child processes, which end with it.

    ``skipped`` are the files that the parser gave up on: their words are known, nothing else.
    """

    def __init__(self, listing: Listing, cache: Cache) -> None:
        self._listing = listing
        self._cache = cache
        self._found: dict[str, Syntax] = {}
        # Files that the cache is known to know, in their order; what it knows was not asked yet.
        self._kept: dict[str, None] = {}
        self._structures: dict[str, Structure] = {}
        self.skipped: list[Skipped] = []
        self._parser = Parser()
        weakref.finalize(self, self._parser.close)

    def close(self) -> None:
        """End the children; another question would start new ones."""
        self._parser.close()

    def of(self, path: str) -> Structure:
        """Return what the parser tells of one file."""
        if path not in self._structures:
            # After all were made known, whoever asks for one soon asks for others.
            self.read((path, *self._kept) if path in self._kept else (path,))
            self._structures[path] = structure_of(path, self._found[path])
        return self._structures[path]

    def make_known(self, paths: Iterable[str]) -> None:
        """Parse those of the files that nobody has parsed yet, and look at no other."""
        wanted = self._wanted(paths)
        known = self._cache.known_syntaxes(map(key_of, wanted.values()))
        kept = [path for path, entry in wanted.items() if key_of(entry) in known]
        self._kept.update(dict.fromkeys(kept))
        self.read(path for path in wanted if path not in self._kept)

    def read(self, paths: Iterable[str]) -> None:
        """Parse those of the files that are not known yet, many at once."""
        wanted = self._wanted(paths)
        known = self._cache.syntaxes(map(key_of, wanted.values()))
        missing = [entry for entry in wanted.values() if key_of(entry) not in known]
        fresh: dict[str, Syntax] = {}
        for start in range(0, len(missing), _BATCH):
            told = self._parsed(missing[start : start + _BATCH])
            self._cache.keep(syntaxes=told)
            fresh |= told
        for path, entry in wanted.items():
            key = key_of(entry)
            syntax = fresh.get(key) or known.get(key) or Syntax()
            if syntax.refused:
                self.skipped.append(Skipped(path, syntax.refused))
            self._found[path] = syntax
            self._kept.pop(path, None)

    def _wanted(self, paths: Iterable[str]) -> dict[str, TreeEntry]:
        """Return which of the files are not known here; of what no grammar reads nothing is."""
        wanted = {}
        for path in dict.fromkeys(paths):
            if path in self._found:
                continue
            entry = self._listing.entry(path)
            if entry is None or not language_of(path):
                self._found[path] = Syntax()
            else:
                wanted[path] = entry
        return wanted

    def _parsed(self, entries: Sequence[TreeEntry]) -> dict[str, Syntax]:
        """Return what the parser tells of files, by their keys; of some it tells nothing."""
        keys = {entry.path: key_of(entry) for entry in entries}
        readable = [
            (entry.path, parsed(entry.path, text))
            for entry, text in self._listing.contents(entries)
            if isinstance(text, bytes)
        ]
        told: dict[str, Syntax] = {}
        answers = self._parser.syntaxes_of(readable)
        for (path, _), answer in zip(readable, answers, strict=True):
            if isinstance(answer, Skipped):
                self.skipped.append(answer)
            else:
                told[keys[path]] = answer
        return told
