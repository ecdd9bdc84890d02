"""Reads many files in two children at once, and hears of them the rows that the store keeps."""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Self

from scoping import reading_worker
from scoping.child import Child
from scoping.store_rows import BlobRows
from scoping.threads import Future, begin, whole

_CHILDREN = 2
# Below that, starting a second child takes longer than what it would save.
_PARALLEL_BYTES = 2_000_000
# A language of less than that is read by one child alone: to make its query anew costs as much.
_SHARED_BYTES = 1_500_000
# So much is asked at once: enough that a turn of two processes costs nothing beside it.
_BATCH_BYTES = 400_000
_BATCH_FILES = 64
_WAITING = 2
_TIMEOUT_S = 10.0
_MAX_FAILURES = 20
_BROKE = "the parser crashed or took too long on it"
_GIVEN_UP = "not parsed: too many files before it broke the parser"


@dataclass(frozen=True, slots=True)
class Request:
    """One file to be read, and what is wanted of it; ``key`` is the name of its rows."""

    key: str
    path: str
    language: str
    content: bytes
    is_scanned: bool
    is_parsed: bool


class Readers:
    """Children that read files, started when they are first needed; use it in ``with``.

    ``failed`` says by their keys of which files the parser told nothing, and why.
    """

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        self._children = tuple(Child(reading_worker.__name__, timeout_s) for _ in range(_CHILDREN))
        self.failed: dict[str, str] = {}
        self._is_leaving = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.close()

    def rows_of(
        self, requests: Iterable[Request], sizes: Mapping[str, int]
    ) -> Iterator[dict[str, BlobRows]]:
        """Yield the rows of many files by their keys, some files at once.

        ``sizes`` are the bytes of each language in all: little is not worth a second child. Give
        the files of one language one after the other.
        """
        batches = _batches(requests)
        if sum(sizes.values()) < _PARALLEL_BYTES:
            for batch in batches:
                yield self._rows(self._children[0], batch)
            return
        yield from self._rows_of_both(batches, sizes)

    def _rows_of_both(
        self, batches: Iterable[Sequence[Request]], sizes: Mapping[str, int]
    ) -> Iterator[dict[str, BlobRows]]:
        small = sorted(
            language for language in sizes if language and sizes[language] < _SHARED_BYTES
        )
        own = {language: place % _CHILDREN for place, language in enumerate(small)}
        waiting: list[deque[Future[dict[str, BlobRows]]]] = [deque(), deque()]
        self._is_leaving = False
        try:
            for batch in batches:
                shortest = min(range(_CHILDREN), key=lambda lane: len(waiting[lane]))
                lane = own.get(batch[0].language, shortest)
                before = waiting[lane][-1] if waiting[lane] else None
                work = partial(self._rows_after, before, self._children[lane], batch)
                with whole:
                    waiting[lane].append(begin(work, "reader"))
                yield from _done(waiting, _WAITING)
            yield from _done(waiting, 0)
        finally:
            self._is_leaving = True
            for awaited in waiting:
                for future in awaited:
                    future.wait()

    def _rows_after(
        self, before: Future[dict[str, BlobRows]] | None, child: Child, batch: Sequence[Request]
    ) -> dict[str, BlobRows]:
        """Return the rows of a batch once the child has answered the one before it."""
        if before is not None:
            before.wait()
        return {} if self._is_leaving else self._rows(child, batch)

    def _rows(self, child: Child, batch: Sequence[Request]) -> dict[str, BlobRows]:
        if len(self.failed) >= _MAX_FAILURES:
            self.failed |= {one.key: _GIVEN_UP for one in batch if one.is_parsed}
            batch = [replace(one, is_parsed=False) for one in batch]
        header = [
            (one.path, one.language, one.is_scanned, one.is_parsed, len(one.content))
            for one in batch
        ]
        content = b"".join(one.content for one in batch)
        answered = child.ask(json.dumps(header).encode(), content)
        try:
            told = reading_worker.unpacked(answered, len(batch)) if answered is not None else []
        except ValueError:
            told = []
        if told:
            return {one.key: rows for one, rows in zip(batch, told, strict=True)}
        return self._one_by_one(child, batch)

    def _one_by_one(self, child: Child, batch: Sequence[Request]) -> dict[str, BlobRows]:
        """Return what can be read of files of which at least one breaks a child."""
        if len(batch) > 1:
            found = (self._rows(child, [one]) for one in batch)
            return {key: rows for some in found for key, rows in some.items()}
        (one,) = batch
        self.failed[one.key] = _BROKE
        return self._rows(child, [replace(one, is_parsed=False)]) if one.is_parsed else {}


def _done(
    waiting: Sequence[deque[Future[dict[str, BlobRows]]]], most: int
) -> Iterator[dict[str, BlobRows]]:
    """Yield what is done, and wait where more than ``most`` answers are awaited of one child."""
    for awaited in waiting:
        while awaited and (len(awaited) > most or awaited[0].is_done):
            yield awaited.popleft().result()


def _batches(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Yield files that are asked for together, of one language."""
    for _, alike in groupby(requests, key=lambda one: one.language):
        batch: list[Request] = []
        size = 0
        for one in alike:
            batch.append(one)
            size += len(one.content)
            if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch
