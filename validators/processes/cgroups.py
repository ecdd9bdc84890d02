"""A limit on the memory of all processes of a session together, kept by the kernel: a cgroup.

Where one may be made (by root, or in what systemd delegated to a user) it counts everything: what
is shared, files in memory, what the kernel itself holds for them. A session's cgroup is locked as
long as it is in use, so that what a killed process of ours left behind is known as such.
"""

import fcntl
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from validators.processes.excess import Watch, watch_of_kills
from validators.sandbox import Limits

_PREFIX = "changewright-"
_PROCESSES = "cgroup.procs"
# A process with one thread may as well move by that, which does not wait for all others.
_THREADS_OF_1 = "tasks"
# Those of the walls themselves: bwrap twice, and what it starts through.
_WALLS = 8
_KILL_PAUSES_S = (0.001, 0.002, 0.004, *(0.01,) * 100)
# Enters the cgroups named before the "--" and becomes the command after it, which so never was
# outside of them.
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"'


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where cgroups of ours may be made: ``folder``, by the rules of ``version`` 1 or 2."""

    folder: Path
    version: int
    controllers: frozenset[str]


@dataclass(slots=True)
class Cgroup:
    """One session's processes, as the kernel counts them; to be closed once nothing runs in it."""

    folders: tuple[Path, ...]
    version: int
    limit_bytes: int
    _locks: ExitStack = field(default_factory=ExitStack)

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to start a command with, so that it and all its children are counted."""
        entry = _THREADS_OF_1 if self.version == 1 else _PROCESSES
        places = (str(folder / entry) for folder in self.folders)
        return ("/bin/sh", "-c", _ENTER, "sh", *places, "--")

    @property
    def kept_by(self) -> str:
        """Who keeps the limit, for a person."""
        return f"the kernel (cgroup v{self.version})"

    def watch(self) -> Watch:
        """Return what tells whether the kernel killed for want of memory from now on."""
        return watch_of_kills(self._kills, self.limit_bytes, self.kept_by)

    def _kills(self) -> int:
        # Version 2 counts those below too, as version 1 does where it says oom_kill.
        name = "memory.events" if self.version == 2 else "memory.oom_control"  # noqa: PLR2004
        counted = _pairs(self.folders[0] / name)
        return next((int(count) for word, count in counted if word == "oom_kill"), 0)

    def close(self) -> None:
        """End what is left in it and remove it; calling it twice is calling it once."""
        try:
            for folder in self.folders:
                _remove(folder)
        finally:
            self._locks.close()


def hierarchies(processes: Path = Path("/proc/self")) -> tuple[Hierarchy, ...]:
    """Return where memory (first) and processes can be limited; empty where memory cannot.

    ``processes`` is the folder of the process that asks, in /proc.
    """
    told = [line.split(":", 2) for line in _lines(processes / "cgroup")]
    places = {tuple(names.split(",")): path for _, names, path in told}
    if ("",) in places:
        unified = _version_2(processes, places[("",)])
        if unified:
            return (unified,)
    found = []
    for controller in ("memory", "pids"):
        path = next((path for names, path in places.items() if controller in names), None)
        mounted = None if path is None else _mounted(processes, "cgroup", controller, path)
        if mounted and os.access(mounted, os.W_OK):
            found.append(Hierarchy(mounted, 1, frozenset({controller})))
    return tuple(found) if found and "memory" in found[0].controllers else ()


def make_cgroup(places: tuple[Hierarchy, ...], limits: Limits) -> Cgroup | None:
    """Return a new cgroup with the limits of one session; None where the kernel allows none."""
    folders: list[Path] = []
    with ExitStack() as undo:
        try:
            for place in places:
                _sweep(place.folder)
                folder = _new_folder(place.folder, undo)
                undo.callback(_remove, folder)
                folders.append(folder)
                for name, value in _settings(place, limits).items():
                    # Missing where the kernel counts no swap, or no processes.
                    if (folder / name).exists():
                        (folder / name).write_text(value, "ascii")
        except OSError:  # what looked writable is not: then nobody says that it is kept
            return None
        if not folders:
            return None
        return Cgroup(tuple(folders), places[0].version, limits.memory_bytes, undo.pop_all())
    raise AssertionError("the stack swallows nothing")


def _settings(place: Hierarchy, limits: Limits) -> Mapping[str, str]:
    most = str(limits.memory_bytes)
    settings = {"pids.max": str(limits.processes + _WALLS)}
    if place.version == 1:
        # The order matters: with swap it may never be less than without.
        return {"memory.limit_in_bytes": most, "memory.memsw.limit_in_bytes": most} | settings
    # One of several workers killed leaves the others waiting: all end together.
    return {"memory.max": most, "memory.swap.max": "0", "memory.oom.group": "1"} | settings


def _version_2(processes: Path, path: str) -> Hierarchy | None:
    """Return the nearest folder above us whose children are counted and may be made by us.

    Never our own: a cgroup with processes in it cannot hand its controllers on.
    """
    own = _mounted(processes, "cgroup2", "", path)
    if own is None:
        return None
    for folder in own.parents:
        given = frozenset(" ".join(_lines(folder / "cgroup.subtree_control")).split())
        # Moving between two cgroups takes the right to write to what both are in.
        may = os.access(folder, os.W_OK) and os.access(folder / _PROCESSES, os.W_OK)
        if "memory" in given and may:
            return Hierarchy(folder, 2, given)
        if not (folder / _PROCESSES).exists():
            return None
    return None


def _mounted(processes: Path, kind: str, controller: str, path: str) -> Path | None:
    """Return the folder of the cgroup ``path``, None where it cannot be seen from here."""
    for line in _lines(processes / "mountinfo"):
        before, _, after = line.partition(" - ")
        fields, system = before.split(), after.split()
        if system[0] != kind or (controller and controller not in system[2].split(",")):
            continue
        root, point = fields[3], fields[4]
        relative = os.path.relpath(path, root)
        if not relative.startswith(".."):
            return Path(os.path.normpath(os.path.join(point, relative)))  # noqa: PTH118 - as read
    return None


def _new_folder(parent: Path, stack: ExitStack) -> Path:
    """Return a new cgroup that is locked until ``stack`` is unwound."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # Another of us may take it for one that was left behind, or be about to.
        with suppress(FileNotFoundError, BlockingIOError):
            folder.chmod(0o755)
            stack.callback(os.close, _locked(folder))
            if folder.exists():
                return folder


def _locked(folder: Path) -> int:
    """Return a descriptor that holds the lock; BlockingIOError when somebody else does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _sweep(parent: Path) -> None:
    """Remove the cgroups of processes of ours that were killed, and what still runs in them."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, or another user's
            descriptor = _locked(folder)
            try:
                _remove(folder)
            finally:
                os.close(descriptor)


def _remove(folder: Path) -> None:
    """Kill what is in ``folder`` and remove it; it stays where something cannot be killed."""
    pause = threading.Event()
    for pause_s in _KILL_PAUSES_S:
        with suppress(OSError):  # not empty yet
            folder.rmdir()
        if not folder.exists():
            return
        for process in map(int, _lines(folder / _PROCESSES)):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        pause.wait(pause_s)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:  # not there, or not for us
        return []


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(file):
        name, _, value = line.partition(" ")
        yield name, value
