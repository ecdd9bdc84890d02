"""Chooses the implementations, and opens what one command works with; the only place that does.

A `Bench` is one target at one base commit with everything around it. What a workflow is handed is
made from it in `bot/workshop.py`; nothing outside these two knows an adapter's name.
"""

import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot import logs
from bot.console import Console, redactor
from bot.logs import open_log
from bot.scratch import private, scratch
from bot.settings import Settings, from_process
from bot.target_file import target_file
from scoping.refusal import Refusal
from scoping.threads import begin
from validators.checkout import Clone, open_clone
from validators.sandbox import TOOLS, Guarantee, Mount, Sandbox
from workflows.ports import Engine, Forge, Journal
from workflows.tracker import Tracker

if TYPE_CHECKING:
    from bot.adapters.github_forge.asking import Said
    from bot.adapters.github_forge.forge import GitHubForge
    from bot.adapters.github_forge.person import GitHubPerson
    from bot.adapters.local_forge.forge import LocalForge
    from bot.indexes.machine import MachineIndexes
    from bot.telemetry.journal import TracedJournal
    from validators.building.supply import Supply
    from validators.judging.base_runs import BaseSides


class WiringRefusal(Refusal):
    """What was asked for cannot be put together: which choice, and what to choose instead."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One target at one base, opened for one command. ``scratch`` is gone when it ends."""

    settings: Settings
    clone: Clone
    sandbox: Sandbox
    journal: Journal
    open_forge: Callable[[], tuple[Forge, Tracker | None]]
    scratch: Path
    base_sides: "BaseSides"

    @property
    def forge(self) -> Forge:
        """The forge, opened by who first asks for it; WiringRefusal where an author may not."""
        return self.open_forge()[0]

    @property
    def tracker(self) -> Tracker | None:
        """Where issues are read and people answered; None on a forge that has none."""
        return self.open_forge()[1]

    @staticmethod
    def new_run() -> str:
        """Return an unguessable name for a run, which sorts by the time it was given."""
        return new_name("r")


@contextmanager
def open_bench(
    repo: Path,
    base: str,
    command_line: Mapping[str, object],
    *,
    unsafe: bool,
    publishes: bool = False,
) -> Iterator[Bench]:
    """Open ``repo`` at ``base``; settings are read again once the base's own file is known.

    Only who ``publishes`` is given a forge that needs a token.
    """
    from bot.base_sides import StoredSides  # noqa: PLC0415 - keeps --help fast
    from bot.housekeeping import sweep_scratch  # noqa: PLC0415 - it knows the journal's adapter

    state = from_process(command_line).state
    sweep_scratch(state)
    with scratch(state) as place:
        clone = open_clone(repo, base, place / "clone")
        settings = from_process(command_line, target_file(clone))
        open_log(settings.state, "", redactor())
        _tidy(settings)
        if unsafe:
            settings = replace(settings, rules=replace(settings.rules, require=()))
        with opened_journal(command_line) as journal:
            yield Bench(
                settings,
                clone,
                sandbox_of(settings, unsafe=unsafe, scratch=place),
                journal,
                cache(partial(_forge, settings, clone, publishes=publishes)),
                place,
                StoredSides(settings.state, clone.original_git_dir),
            )


def new_name(kind: str) -> str:
    """Return an unguessable name that begins with ``kind`` and sorts by the time it was given."""
    return f"{kind}{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def state_folder(command_line: Mapping[str, object]) -> Path:
    """Return the folder that journal, bundles and caches are kept in."""
    return from_process(command_line).state


@contextmanager
def opened_journal(command_line: Mapping[str, object]) -> Iterator["TracedJournal"]:
    """Open the journal of the state folder for as long as one command needs it."""
    from bot.telemetry.journal import TracedJournal  # noqa: PLC0415 - keeps --help fast
    from bot.telemetry.keeping import traces_of  # noqa: PLC0415 - the same

    settings = from_process(command_line)
    path = private(settings.state) / "journal.sqlite"
    journal = TracedJournal(path, _journal_time, time.time, traces_of(settings))
    try:
        yield journal
    finally:
        journal.close()


def sandbox_of(settings: Settings, *, unsafe: bool, scratch: Path | None = None) -> Sandbox:
    """Return the sandbox that commands of a target run in; none only on the user's own word."""
    from bot.adapters.none_sandbox import NoneSandbox  # noqa: PLC0415
    from bot.sandboxes import SelectedSandbox, backends_of  # noqa: PLC0415

    place = scratch or private(settings.state / "scratch")
    if unsafe:
        return NoneSandbox(place, Console().note)
    asked = settings.sandbox
    required = frozenset(cast("tuple[Guarantee, ...]", settings.rules.require))
    backends = backends_of(
        asked.backends, place, asked.runtime, asked.image, kept=settings.state / "probes"
    )
    return SelectedSandbox(backends, required, Console().note)


def engine_of(journal: Journal) -> Engine:
    """Return one worker of campaigns, under a name of its own."""
    from bot.adapters.local_engine import LocalEngine  # noqa: PLC0415

    return LocalEngine(journal, f"worker-{secrets.token_hex(4)}")


def uv_binary() -> Path:
    """Return the uv that came with our own packages."""
    from uv import find_uv_bin  # noqa: PLC0415

    return Path(find_uv_bin())


def tools() -> tuple[Mount, ...]:
    """Return our own tools as the sandbox sees them: single binaries, read-only."""
    uv = uv_binary()
    found = {name: uv.with_name(name) for name in ("uv", "uvx", "ruff")}
    return tuple(Mount(path, f"{TOOLS}/{name}") for name, path in found.items() if path.is_file())


def indexes_of(settings: Settings) -> "MachineIndexes":
    """Return the package indexes that this machine and the operator name."""
    from bot.indexes.machine import machine_indexes  # noqa: PLC0415 - keeps --help fast

    own_python = Path(sys.executable).resolve()
    return machine_indexes(
        settings.installer_environment,
        settings.setup_hosts,
        own_python=own_python,
        kept=settings.state / "probes" / "tools.json",
    )


def ask_ahead(settings: Settings) -> None:
    """Begin to ask the tools of this machine for their indexes, so that nobody waits for that."""
    # What is wrong is told to who needs the answer.
    begin(partial(indexes_of, settings), "indexes", daemon=False)


def supply_of(settings: Settings, scratch: Path) -> "Supply":
    """Return those indexes as a set-up reaches them, by a socket below ``scratch``."""
    from bot.indexes.door import supply  # noqa: PLC0415 - as above

    return supply(indexes_of(settings), scratch)


def now_iso(to: str = "seconds") -> str:
    """Return the present time as UTC ISO 8601, ``to`` the second or what `isoformat` knows."""
    return datetime.now(UTC).isoformat(timespec=to).replace("+00:00", "Z")


def _journal_time() -> str:
    """Return what the journal dates an event with: what happens within a run is told apart."""
    return now_iso("milliseconds")


def _tidy(settings: Settings) -> None:
    """Keep the state folder within its bounds, once a day."""
    from bot.housekeeping import Bounds, tidy_once_a_day  # noqa: PLC0415 - the same

    kept = settings.retention
    bounds = Bounds(kept.days, kept.journal_mb, kept.cache_days, kept.cache_mb)
    done = tidy_once_a_day(settings.state, bounds, time.time())
    if done is not None:
        logs.current().event(
            "state.tidied", freed_bytes=done.freed_bytes, troubles=len(done.troubles)
        )


def forge_at(settings: Settings, clone: Clone) -> Forge:
    """Return the forge that the settings name, for who asks no model."""
    return forge_and_tracker_at(settings, clone)[0]


def forge_and_tracker_at(settings: Settings, clone: Clone) -> tuple[Forge, Tracker | None]:
    """Return that forge, and where its people are answered; None where it has none."""
    return _forge(settings, clone, publishes=True)


def _forge(settings: Settings, clone: Clone, *, publishes: bool) -> tuple[Forge, Tracker | None]:
    """Return the forge of a bench; one that needs a token is not for who asks a model."""
    if settings.forge.kind == "local":
        return local_forge(settings, clone.repository, clone.original_git_dir), None
    if not publishes:
        raise WiringRefusal(
            "this command works with a model and therefore holds no token of a forge: it cannot"
            " look at pull requests on GitHub. Leave out --revise and say in --task what to change"
        )
    hosted = github_forge(settings, clone.git_dir)
    return hosted, hosted


def github_forge(settings: Settings, git_dir: Path) -> "GitHubForge":
    """Return GitHub's port for the repository of the settings; ``git_dir`` takes its objects.

    WiringRefusal where the repository or what to log in with is not known.
    """
    from bot.adapters.github_forge.forge import GitHubForge  # noqa: PLC0415 - keeps --help fast
    from bot.forge_access import access_of  # noqa: PLC0415 - the same

    return GitHubForge(access_of(settings.forge, settings.installer_environment), git_dir)


def github_person(settings: Settings, git_dir: Path) -> "GitHubPerson":
    """Return GitHub as the owner of this process's token works on it; as `github_forge` does.

    WiringRefusal for an App, which is nobody: what it does is not a person's word.
    """
    from bot.adapters.github_forge.person import GitHubPerson  # noqa: PLC0415 - as above
    from bot.forge_access import access_of  # noqa: PLC0415 - the same

    if settings.forge.app_id is not None:
        raise WiringRefusal(
            "forge.app_id lets an App work on GitHub, and a review is a person's: give a token of"
            " your own, and leave forge.app_id out (CHANGEWRIGHT_FORGE_APP_ID= for one command)"
        )
    return GitHubPerson(access_of(settings.forge, settings.installer_environment), git_dir)


def github_reader(settings: Settings) -> "Callable[[str], Said]":
    """Return what asks GitHub about the repository of the settings."""
    from bot.adapters.github_forge.asking import asking  # noqa: PLC0415 - keeps --help fast
    from bot.forge_access import access_of  # noqa: PLC0415 - the same

    return asking(access_of(settings.forge, settings.installer_environment))


def local_forge(settings: Settings, repository: Path, git_dir: Path) -> "LocalForge":
    """Return the forge of a user's own machine for one repository."""
    from bot.adapters.local_forge.forge import LocalForge  # noqa: PLC0415

    return LocalForge(repository, git_dir, settings.state / "forge", now_iso)
