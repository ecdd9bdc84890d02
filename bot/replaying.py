"""A run of the journal made again on this machine, without a model, a gate or a trace of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.bundle_files import found_bundle
from bot.execution import lay_again
from bot.scratch import scratch
from bot.settings import Settings, from_process
from bot.target_file import target_file
from bot.wiring import opened_journal
from validators.checkout import Clone, materialise, open_clone
from validators.encoding import decode, digest, encode
from workflows.budget import Budget
from workflows.cut_short import CutShort, gone_over
from workflows.explore import CodeMode
from workflows.ports import Journal, JournalRefusal
from workflows.proposal import unseal
from workflows.replayed import (
    Landing,
    ReplayRefusal,
    copied,
    kept_until,
    landings,
    stepped,
    wishes_then,
    works_by_steps,
)
from workflows.run import Entry
from workflows.snippet import SnippetLimits
from workflows.task import Task
from workflows.workshop import Wishes, Workshop


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: each attempt's trees, and the ``tree`` that was in hand at the end.

    A campaign's run has ``steps`` over its target, any other replies of a model.
    """

    landings: tuple[Landing, ...]
    replies: int
    tree: str
    steps: int = 0

    @property
    def is_same(self) -> bool:
        """Whether every tree that the journal names was made again."""
        return all(one.is_same for one in self.landings)


def replay(
    run: str, repo: Path | None, told: Mapping[str, object], step: int = 0, out: Path | None = None
) -> Replayed:
    """Go over ``run`` once more, up to ``step`` (0: all); write what was in hand then to ``out``.

    ReplayRefusal for a run that cannot be; ``repo`` is where its repository is now, if elsewhere.
    """
    with opened_journal(told) as journal:
        entries = tuple(journal.read(run))
        if not any(one.event.kind == "run.started" for one in entries):
            raise ReplayRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
        by_steps = works_by_steps(entries)
        wishes = Wishes(Budget()) if by_steps else wishes_then(entries, journal.get_blob)
        begun = next(one.event.data for one in entries if one.event.kind == "run.started")
        if step:
            entries = kept_until(entries, step)
        task = decode(encode(begun["task"]), Task)
        state = from_process(told).state
        with scratch(state) as place:
            clone = open_clone(repo or Path(task.repository), begun["base_commit"], place / "clone")
            if by_steps:
                return _stepped(entries, clone, journal, out)
            settings = from_process(told, target_file(clone))
            if wishes.revision:
                lay_again(wishes.revision, clone, state)
            with _own_journal(place, entries, journal, settings) as own:
                shop = _workshop(clone, own, settings, _way_of(begun))
                return _gone_over((task, run, wishes), entries, shop, out)


def _stepped(
    entries: Sequence[Entry], clone: Clone, journal: Journal, out: Path | None
) -> Replayed:
    found, tree = stepped(entries, clone, journal.get_blob)
    if out is not None:
        materialise(clone, tree, out)
    steps = sum(1 for one in entries if one.event.kind == "command.finished")
    return Replayed(found, 0, tree, steps)


def _gone_over(
    asked: tuple[Task, str, Wishes], entries: Sequence[Entry], shop: Workshop, out: Path | None
) -> Replayed:
    (task, run, wishes), clone, own = asked, shop.clone, shop.journal
    written: list[bytes] = []

    def keep(name: str, document: bytes) -> str:
        written.append(document)
        return name

    with suppress(CutShort):  # the journal tells no more, and all it tells was to be shown
        gone_over(task, run, replace(shop, write_bundle=keep), wishes)
    begun = wishes.revision.tree if wishes.revision else clone.base_tree
    tree = unseal(written[-1])[0].applied_tree if written else begun
    if out is not None:
        materialise(clone, tree, out)
    replies = sum(1 for one in entries if one.event.kind == "model.replied")
    return Replayed(landings(entries, own.read(run)), replies, tree)


class _NoInterpreter:
    """The interpreter of a run that is gone over: what its snippets did is known, none runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def open(self, *_: object) -> "_NoSession":
        """Return a session in which nothing starts."""
        return _NoSession()


class _NoSession:
    """A session of a run that is gone over."""

    def run(self, _snippet: str) -> NoReturn:
        """Raise CutShort: the journal does not know what the snippet came to."""
        raise CutShort("the journal holds no end of this snippet")

    def restore(self, _snapshot: bytes) -> None:
        """Bring back no names: no snippet follows that would use them."""

    def close(self) -> None:
        """End nothing, as nothing was begun."""


def _way_of(begun: Mapping[str, Any]) -> CodeMode | None:
    """Return by which interpreter a run worked; None where its model called tools."""
    _, is_code, name = str(begun.get("action", "")).partition("code in ")
    return CodeMode(_NoInterpreter(name), SnippetLimits()) if is_code else None


@contextmanager
def _own_journal(
    place: Path, entries: Sequence[Entry], journal: Journal, settings: Settings
) -> Iterator[SqliteJournal]:
    """Open a journal that holds one run, and what that run keeps."""
    last = entries[-1].at
    own = SqliteJournal(place / "journal.sqlite", lambda: last, time.time)
    with closing(own):
        for name in {name for one in entries for name in kept_by(one.event.data)}:
            _copy_blob(name, journal, own)
        copied(entries, own, digest(encode(settings.rules)))
        yield own


def _copy_blob(name: str, journal: Journal, own: Journal) -> None:
    try:
        own.put_blob(journal.get_blob(name))
    except JournalRefusal:
        return  # one that is needed is missed where it is read, and that is told


def _workshop(
    clone: Clone, own: SqliteJournal, settings: Settings, code: CodeMode | None
) -> Workshop:
    def never(*_: object) -> NoReturn:
        raise AssertionError("a replay chooses and judges nothing")

    return Workshop(
        clone=clone,
        rules=settings.rules,
        journal=own,
        select=never,
        prepare=lambda _: "",
        judge=never,
        gate=never,
        render=lambda _proposal, _evidence: ("replayed", "replayed"),
        write_bundle=never,
        find_bundle=lambda run: found_bundle(settings.state, f"{run}.json"),
        now=time.monotonic,
        now_iso=own.now_iso,
        include=settings.scope.include,
        exclude=settings.scope.exclude,
        branch_template=settings.pull_request.branch_template,
        code=code,
    )
