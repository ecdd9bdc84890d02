"""A migration program on many files: asked twice, counted by others, and only then believed.

Lanes work side by side; each has a sandboxed process that runs the program and a child that looks
at files without it. The first pass asks about every file, and what the program makes of that. The
second goes through the changed files backwards, in other hands: whether they parse, and of some
whether the program wants the same again, and nothing more of its own output.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from scoping.syntax import why_unreadable
from scoping.threads import Future, begin, whole
from validators.codemods.audit import Auditor, Look
from validators.codemods.crew import RAISED, Said, Source, Worker
from validators.codemods.judgement import (
    Draft,
    drafted,
    fault_of,
    judged,
    needs_place,
    without_mark,
)
from validators.codemods.outcome import FileOutcome, LeftPlace, Outcome, notes_of
from validators.codemods.program import CodemodRefusal, Program
from validators.codemods.soundness import broken
from validators.codemods.tree_walk import language_of, protection, walked_files

_BATCH_FILES, _BATCH_BYTES = 200, 400_000
# A program that breaks on so many files is not tried on more: each may take the whole limit.
_MAX_FAILURES = 5
# Every so-manieth changed file is asked about again, elsewhere and parsed anew.
_EACH = 10
_MAX_COUNTED_BYTES = 8 * 1024**2
_VENDORED = "vendored, and not looked into: its own project changes it"
_GIVEN_UP = f"not tried: the program had failed on {_MAX_FAILURES} files before"


@dataclass(frozen=True, slots=True)
class Lane:
    """Two processes that never meet: one runs the program, one looks at what it did."""

    worker: Worker
    auditor: Auditor


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was read, with its byte-order mark apart."""

    source: Source
    mark: bytes


OpenWorker = Callable[[], Worker]
Drafts = dict[str, tuple[Draft, bytes]]
_Item = TypeVar("_Item")


def run_program(
    program: Program, tree: Path, include: Sequence[str], open_worker: OpenWorker, workers: int
) -> Outcome:
    """Return what ``program`` makes of the files of ``tree``; nothing is written.

    CodemodRefusal when the program cannot be loaded, or its count never ends.
    """
    paths, passed = walked_files(tree, (program.files, include))
    run = _Run(tree)
    with ExitStack() as stack:
        lanes = [
            Lane(stack.enter_context(open_worker()), stack.enter_context(Auditor(program.sites)))
            for _ in range(workers)
        ]
        outcomes = run.outcomes(lanes, paths)
    left = tuple(LeftPlace(folder, 0, _VENDORED) for folder in passed)
    outcome = Outcome(program.digest, len(paths), tuple(outcomes), left)
    return replace(outcome, notes=tuple(notes_of(outcome)))


class _Run:
    """One run over one tree: its lanes share what is left to do, and how often it failed."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._why_left = protection(tree)
        self._failures = 0
        self._is_stopped = False
        self._odd: set[str] = set()  # changed, and no code before nor after
        self._begun: list[Future[None]] = []
        self._lock = Lock()

    def outcomes(self, lanes: Sequence[Lane], paths: Sequence[str]) -> list[FileOutcome]:
        """Return what there is to say, in the order of the paths."""
        drafts: Drafts = {}
        faults: dict[str, str] = {}
        batches = _sized(self._tree, paths)
        with self._stopping(lanes):
            if not paths:
                lanes[0].worker.start()  # what does not load is said in any case
            self._each([partial(self._first_pass, lane, batches, drafts) for lane in lanes])
            found = [draft for _, (draft, _) in sorted(drafts.items(), reverse=True)]
            changed = [draft for draft in found if _edits(draft)]
            twice = frozenset(draft.source.path for draft in changed[::_EACH])
            again = partial(
                self._second_pass, batches=_grouped(changed), twice=twice, faults=faults
            )
            self._each([partial(again, lane) for lane in lanes[::-1]])
            unclear = [
                one
                for one in found
                if one.source.path in self._odd or needs_place(one, faults.get(one.source.path, ""))
            ]
            places = _grouped(unclear)
            self._each([partial(self._third_pass, lane, places, drafts) for lane in lanes])
        return [
            judged(draft, faults.get(path, ""), mark)
            for path, (draft, mark) in sorted(drafts.items())
        ]

    @contextmanager
    def _stopping(self, lanes: Sequence[Lane]) -> Iterator[None]:
        """End all lanes soon when anything fails, or somebody interrupts."""
        try:
            yield
        except BaseException:
            self._is_stopped = True
            for lane in lanes:
                lane.worker.close()
            for future in self._begun:
                future.wait()
            raise

    def _each(self, passes: Sequence[Callable[[], None]]) -> None:
        """Go through all of them side by side."""
        with whole:
            self._begun = [begin(one, "lane") for one in passes]
        for future in self._begun:
            future.result()

    def _shared(self, batches: Iterator[_Item]) -> Iterator[_Item]:
        while True:
            with self._lock:
                batch = next(batches, None)
            if batch is None or self._is_stopped:
                return
            yield batch

    def _first_pass(self, lane: Lane, batches: Iterator[list[str]], drafts: Drafts) -> None:
        """Ask about every file."""
        for batch in self._shared(batches):
            files = [_read(self._tree, path) for path in batch]
            asked = [one.source for one in files if _is_fit(one.source)]
            self._submit(lane, asked)
            looks = _counts(lane.auditor, [one.source for one in files])
            said = dict(zip((one.path for one in asked), self._answers(lane, asked), strict=True))
            for file, look in zip(files, looks, strict=True):
                wants = said.get(file.source.path, Said())
                if look.sites or look.failed or wants != Said():
                    why = self._why_left(file.source.path, file.source.content)
                    drafts[file.source.path] = drafted(file.source, look, wants, why), file.mark

    def _second_pass(
        self,
        lane: Lane,
        batches: Iterator[list[Draft]],
        twice: Container[str],
        faults: dict[str, str],
    ) -> None:
        """See what still parses; ask about some files, and what was made of them, once more."""
        for batch in self._shared(batches):
            asked = [draft for draft in batch if draft.source.path in twice]
            after = [replace(draft.source, content=draft.made) for draft in asked]
            before = [draft.source for draft in asked]
            self._submit(lane, [*before, *after])
            unsound = broken(lane.auditor, batch)
            self._odd |= {path for path, why in unsound.items() if not why}
            said = list(self._answers(lane, [*before, *after]))
            pairs = zip(said[: len(said) // 2], said[len(said) // 2 :], strict=True)
            named = dict(zip((one.path for one in before), pairs, strict=True))
            for draft in batch:
                path = draft.source.path
                again, second = named.get(path, (None, None))
                faults[path] = fault_of(draft, again, second) or unsound.get(path, "")

    def _third_pass(self, lane: Lane, batches: Iterator[list[Draft]], drafts: Drafts) -> None:
        """Look closer where a site is left, or a whole file."""
        for batch in self._shared(batches):
            sources = [one.source for one in batch if not one.look.failed]
            looks = lane.auditor.place(sources)
            for source, look in zip(sources, looks, strict=True):
                draft, mark = drafts[source.path]
                drafts[source.path] = replace(draft, look=look), mark

    def _submit(self, lane: Lane, files: Sequence[Source]) -> None:
        if files and self._failures < _MAX_FAILURES:
            lane.worker.submit(files)

    def _answers(self, lane: Lane, files: Sequence[Source]) -> Iterator[Said]:
        """Yield the worker's answers, until it has failed too often."""
        told = 0
        if files and self._failures < _MAX_FAILURES:
            for said in lane.worker.answers(files):
                yield said
                told += 1
                if said.error and not said.error.startswith(RAISED):
                    self._failures += 1
                    if self._failures >= _MAX_FAILURES:
                        break
        if told < len(files):
            lane.worker.close()
            yield from (Said(error=_GIVEN_UP) for _ in files[told:])


def _is_fit(source: Source) -> bool:
    return bool(source.language) and not why_unreadable(source.content)


def _counts(auditor: Auditor, files: Sequence[Source]) -> list[Look]:
    """Return the sites of each file, but for what is too large for anybody to look at."""
    small = [one for one in files if len(one.content) <= _MAX_COUNTED_BYTES]
    seen = dict(zip((one.path for one in small), auditor.count(small), strict=True))
    return [seen.get(one.path, Look(failed=True)) for one in files]


def _read(tree: Path, path: str) -> _Read:
    try:
        mark, content = without_mark((tree / path).read_bytes())
    except OSError as error:
        raise CodemodRefusal(
            f"{path} cannot be read ({error.strerror}); make it readable, or leave it out by"
            " --include"
        ) from error
    return _Read(Source(path, language_of(path), content), mark)


def _sized(tree: Path, paths: Sequence[str]) -> Iterator[list[str]]:
    """Yield paths in batches of which no single file's size makes the others wait."""
    batch: list[str] = []
    size = 0
    for path in paths:
        batch.append(path)
        size += (tree / path).lstat().st_size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _grouped(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    for draft in drafts:
        batch.append(draft)
        if sum(len(one.made) for one in batch) >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch = []
    if batch:
        yield batch


def _edits(draft: Draft) -> bool:
    return not draft.fault and draft.made != draft.source.content
