"""What is known of blobs, so that none is read or parsed twice.

Facts of a blob never change: they are kept by its name and its grammar. The memory of one process
comes first; behind it may stand a `Store` that other runs and processes share.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from scoping.past import PastStore
from scoping.path_changes import ChangeStore
from scoping.scan import Scan
from scoping.syntax import Syntax


class Store(PastStore, ChangeStore, Protocol):
    """Keeps facts of blobs and of commits between processes.

    Whatever befalls it, it answers, if with nothing.
    """

    def scans(self, keys: Iterable[str]) -> Mapping[str, Scan]:
        """Return what is known of these blobs."""
        ...

    def syntaxes(self, keys: Iterable[str]) -> Mapping[str, Syntax]:
        """Return what a parser told of these blobs."""
        ...

    def known_syntaxes(self, keys: Iterable[str]) -> Mapping[str, tuple[int, str]]:
        """Return of which blobs a parser's answer is kept, without looking at it.

        How many symbols it has, and why there is none.
        """
        ...

    def keep(self, scans: Mapping[str, Scan], syntaxes: Mapping[str, Syntax]) -> None:
        """Keep both for others."""
        ...


class Cache:
    """Facts by ``<blob>:<grammar>``; not for two threads at once."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store
        self._scans: dict[str, Scan] = {}
        self._syntaxes: dict[str, Syntax] = {}

    def __len__(self) -> int:
        return len(self._scans)

    def scans(self, keys: Iterable[str]) -> Mapping[str, Scan]:
        """Return what is known of these blobs by their bytes."""
        wanted = dict.fromkeys(keys)
        unknown = [key for key in wanted if key not in self._scans]
        if self.store is not None and unknown:
            self._scans.update(self.store.scans(unknown))
        return {key: self._scans[key] for key in wanted if key in self._scans}

    def syntaxes(self, keys: Iterable[str]) -> Mapping[str, Syntax]:
        """Return what a parser told of these blobs."""
        wanted = dict.fromkeys(keys)
        unknown = [key for key in wanted if key not in self._syntaxes]
        if self.store is not None and unknown:
            self._syntaxes.update(self.store.syntaxes(unknown))
        return {key: self._syntaxes[key] for key in wanted if key in self._syntaxes}

    def known_syntaxes(self, keys: Iterable[str]) -> frozenset[str]:
        """Return of which of these blobs a parser's answer is known, without looking at it."""
        wanted = frozenset(keys)
        unknown = wanted - self._syntaxes.keys()
        stored = self.store.known_syntaxes(unknown) if self.store is not None else {}
        return (wanted - unknown) | stored.keys()

    def keep(
        self, scans: Mapping[str, Scan] | None = None, syntaxes: Mapping[str, Syntax] | None = None
    ) -> None:
        """Keep what was found."""
        self._scans.update(scans or {})
        self._syntaxes.update(syntaxes or {})
        if self.store is not None:
            self.store.keep(scans or {}, syntaxes or {})
