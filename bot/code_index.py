"""The code of a target: what is chosen of it for a task, and what is asked about it.

Neither needs a journal, a sandbox or a model, so the commands that do no more start without them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.scratch import private, scratch
from bot.settings import Settings, from_process
from bot.wiring import target_file
from validators.checkout import Clone, open_clone

if TYPE_CHECKING:
    from scoping.questions import Codebase
    from scoping.scope import Scope
    from scoping.store import SqliteStore
    from workflows.task import Task

FOLDER = "index"


def code_store(state: Path) -> "SqliteStore":
    """Return the store of what is known of code, one for all targets; close it."""
    from scoping.store import FILE_NAME, SqliteStore  # noqa: PLC0415 - keeps --help fast

    return SqliteStore(private(state / FOLDER) / FILE_NAME, time.time())


@contextmanager
def opened_target(
    repo: Path, base: str, command_line: Mapping[str, object]
) -> Iterator[tuple[Settings, Clone]]:
    """Open ``repo`` at ``base`` to be read, with the settings that hold for it."""
    state = from_process(command_line).state
    with scratch(state) as place:
        _sweep_others(state)
        clone = open_clone(repo, base, place / "clone")
        yield from_process(command_line, target_file(clone)), clone


def chooser(settings: Settings, clone: Clone, profile: str = "") -> "Callable[[Task], Scope]":
    """Return the function that chooses what a model reads for a task.

    ``profile`` names one of ``scope.profiles``; without it the task chooses by the paths it names.
    """
    from scoping.cache import Cache  # noqa: PLC0415 - keeps --help fast
    from scoping.objects import open_objects  # noqa: PLC0415 - the same
    from scoping.scope import ScopeOptions, select  # noqa: PLC0415 - the same

    bounds = settings.scope

    def choose(task: "Task") -> "Scope":
        with code_store(settings.state) as store, open_objects(clone.git_dir) as reader:
            options = ScopeOptions(
                include=bounds.include,
                exclude=bounds.exclude,
                max_files=bounds.max_files,
                max_tokens=bounds.max_tokens,
                cache=Cache(store),
                profiles=bounds.profiles,
                profile=profile,
            )
            commit = clone.base_commit
            return select(reader, commit, task.title, task.body, options, now=time.monotonic)

    return choose


@contextmanager
def opened_codebase(
    repo: Path, base: str, command_line: Mapping[str, object]
) -> "Iterator[tuple[Codebase, SqliteStore]]":
    """Open ``repo`` at ``base`` for questions."""
    from scoping.cache import Cache  # noqa: PLC0415 - keeps --help fast
    from scoping.objects import open_objects  # noqa: PLC0415 - the same
    from scoping.questions import Codebase  # noqa: PLC0415 - the same

    with (
        opened_target(repo, base, command_line) as (settings, clone),
        code_store(settings.state) as store,
        open_objects(clone.git_dir) as reader,
    ):
        yield Codebase(reader, clone.base_commit, cache=Cache(store)), store


def _sweep_others(state: Path) -> None:
    """Remove what killed processes left, where anything stands beside our own."""
    if len(list((state / "scratch").iterdir())) > 1:
        from bot.housekeeping import sweep_scratch  # noqa: PLC0415 - it knows the journal

        sweep_scratch(state)
