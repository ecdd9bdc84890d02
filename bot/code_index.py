"""The code of a target: what is chosen of it for a task, and what is asked about it.

Neither needs a journal, a sandbox or a model, so the commands that do no more start without them.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.scratch import private, scratch
from bot.settings import Settings, from_process
from bot.target_file import target_file
from scoping.facts import Skipped
from validators.checkout import Clone, open_clone
from validators.clones.uncommitted_files import UncommittedFiles, uncommitted_files

if TYPE_CHECKING:
    from scoping.filling import Filled
    from scoping.questions import Codebase
    from scoping.reordering import Reorder
    from scoping.scope import Scope
    from scoping.store import Kept, SqliteStore
    from workflows.task import Task

FOLDER = "index"
_NUMBERED = re.compile(r"index-(\d+)\.sqlite(?:-wal|-shm|-journal)?")
_COMMITTED = UncommittedFiles()


@dataclass(frozen=True, slots=True)
class Target:
    """A repository at its base, with its settings, and what lies over the base."""

    settings: Settings
    clone: Clone
    laid_over: UncommittedFiles = _COMMITTED

    @property
    def left_out(self) -> tuple[Skipped, ...]:
        """What of the uncommitted files is not read, and why."""
        return tuple(Skipped(path, f"uncommitted: {why}") for path, why in self.laid_over.left_out)

    def told(self) -> str:
        """Return in a sentence what lies over the base, or why nothing does; empty where all is."""
        commit, files = self.clone.base_commit[:12], self.laid_over.files
        if self.laid_over.trouble:
            why = self.laid_over.trouble
            return f"commit {commit} is read without what is uncommitted: {why}"
        if not files and not self.laid_over.left_out:
            return ""
        several = "s lie" if len(files) != 1 else " lies"
        return (
            f"{len(files)} uncommitted file{several} over commit {commit};"
            " --base HEAD reads the commit alone"
        )


def code_store(state: Path) -> "SqliteStore":
    """Return the store of what is known of code, one for all targets; close it."""
    from scoping.store import FILE_NAME, SqliteStore  # noqa: PLC0415 - keeps --help fast

    return SqliteStore(private(state / FOLDER) / FILE_NAME, time.time())


@dataclass(frozen=True, slots=True)
class Older:
    """What earlier versions kept of code and no version reads again, and what of it is removed.

    ``troubles`` say of each file that could not be removed why.
    """

    files: tuple[str, ...] = ()
    freed_bytes: int = 0
    troubles: tuple[str, ...] = ()


def forget_older(state: Path) -> Older:
    """Remove the files that versions before this one kept of code; those of later ones stay."""
    from scoping.store import FILE_NAME  # noqa: PLC0415 - keeps --help fast

    current = int(FILE_NAME.removeprefix("index-").removesuffix(".sqlite"))
    files, freed, troubles = [], 0, []
    for path in sorted((state / FOLDER).glob("index-*")):
        number = _NUMBERED.fullmatch(path.name)
        if number is None or int(number[1]) >= current:
            continue
        try:
            size = path.lstat().st_size
            path.unlink()
        except OSError as error:
            troubles.append(f"{path} cannot be removed: {error.strerror}")
        else:
            files.append(path.name)
            freed += size
    return Older(tuple(files), freed, tuple(troubles))


@contextmanager
def opened_target(
    repo: Path, base: str | None, command_line: Mapping[str, object]
) -> Iterator[Target]:
    """Open ``repo`` at ``base`` to be read; without one, as its files now are."""
    from scoping.syntax import MAX_FILE_BYTES  # noqa: PLC0415 - keeps --help fast

    state = from_process(command_line).state
    with scratch(state) as place:
        _sweep_others(state)
        clone = open_clone(
            repo, "HEAD" if base is None else base, place / "clone", may_lack_files=True
        )
        settings = from_process(command_line, target_file(clone))
        laid_over = uncommitted_files(clone, MAX_FILE_BYTES) if base is None else _COMMITTED
        yield Target(settings, clone, laid_over)


def chooser(
    settings: Settings, clone: Clone, laid_over: UncommittedFiles = _COMMITTED
) -> "Callable[[Task, Reorder | None], Scope]":
    """Return the function that chooses what a model reads for a task."""
    from scoping.cache import Cache  # noqa: PLC0415 - keeps --help fast
    from scoping.objects import open_objects  # noqa: PLC0415 - the same
    from scoping.scope import ScopeOptions, select  # noqa: PLC0415 - the same

    bounds = settings.scope

    def choose(task: "Task", reorder: "Reorder | None") -> "Scope":
        with code_store(settings.state) as store, open_objects(clone.git_dir) as reader:
            options = ScopeOptions(
                include=bounds.include,
                exclude=bounds.exclude,
                max_files=bounds.max_files,
                max_tokens=bounds.max_tokens,
                cache=Cache(store),
                profiles=bounds.profiles,
                profile=bounds.profile or "",
                labels=task.labels,
                reorder=reorder,
                overlay=laid_over.files,
            )
            commit = clone.base_commit
            return select(reader, commit, task.title, task.body, options, now=time.monotonic)

    return choose


@contextmanager
def opened_codebase(
    repo: Path, base: str | None, command_line: Mapping[str, object]
) -> "Iterator[tuple[Codebase, SqliteStore, Target]]":
    """Open ``repo`` at ``base`` for questions; without one, as its files now are."""
    from scoping.cache import Cache  # noqa: PLC0415 - keeps --help fast
    from scoping.objects import open_objects  # noqa: PLC0415 - the same
    from scoping.questions import Codebase  # noqa: PLC0415 - the same

    with (
        opened_target(repo, base, command_line) as target,
        code_store(target.settings.state) as store,
        open_objects(target.clone.git_dir) as reader,
    ):
        commit, overlay = target.clone.base_commit, target.laid_over.files
        yield Codebase(reader, commit, overlay=overlay, cache=Cache(store)), store, target


def read_ahead(
    repo: Path, base: str | None, command_line: Mapping[str, object]
) -> "tuple[Filled, Kept, str, Target]":
    """Make known all of ``repo`` at ``base``; without one, as its files now are.

    Return what is known of it, what the store then holds, its trouble if any, and the target.
    """
    from scoping.filling import fill  # noqa: PLC0415 - keeps --help fast
    from scoping.listing import Listing  # noqa: PLC0415 - the same
    from scoping.objects import open_objects  # noqa: PLC0415 - the same

    with (
        opened_target(repo, base, command_line) as target,
        code_store(target.settings.state) as store,
        open_objects(target.clone.git_dir) as reader,
    ):
        listing = Listing(reader, target.clone.base_commit, overlay=target.laid_over.files)
        return fill(listing, store), store.kept(), store.trouble, target


def _sweep_others(state: Path) -> None:
    """Remove what killed processes left, where anything stands beside our own."""
    if len(list((state / "scratch").iterdir())) > 1:
        from bot.housekeeping import sweep_scratch  # noqa: PLC0415 - it knows the journal

        sweep_scratch(state)
