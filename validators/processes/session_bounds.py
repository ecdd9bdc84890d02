"""What bounds a session as a whole, where limits on one process do not: its memory and its disk.

Memory is kept by the kernel where a cgroup can be made, else watched; the disk is watched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from validators.processes.cgroups import Cgroup, hierarchies, make_cgroup
from validators.processes.disk_watch import DiskWatch
from validators.processes.excess import Watch
from validators.processes.memory_watch import MemoryWatch
from validators.sandbox import Guarantee, Limits, SandboxRefusal

_WATCH = "a watch that looks every tenth of a second"


@dataclass(frozen=True, slots=True)
class SessionBounds:
    """Bounds of one session; to be closed once nothing runs in it."""

    memory: Cgroup | MemoryWatch
    disk: DiskWatch

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to start every command of the session with."""
        return self.memory.prefix if isinstance(self.memory, Cgroup) else ()

    def watches(self) -> tuple[Watch, ...]:
        """Return what the supervisor has to ask of the command that is started now."""
        memory = self.memory
        watch = memory.watch() if isinstance(memory, Cgroup) else memory.excess
        return (watch, self.disk.excess)

    @property
    def kept_by(self) -> Mapping[Guarantee, str]:
        """By what each guarantee is kept, for a person."""
        by_watch = f"{_WATCH}, for no control group can be made here"
        memory = self.memory.kept_by if isinstance(self.memory, Cgroup) else by_watch
        return {"memory-total": memory, "disk-quota": _WATCH}

    def kept_of(
        self, held: frozenset[Guarantee], required: frozenset[Guarantee]
    ) -> frozenset[Guarantee]:
        """Return what of ``held`` this session has; SandboxRefusal when ``required`` is not in it.

        What was measured with a cgroup does not hold where none could be made this time.
        """
        if isinstance(self.memory, Cgroup):
            return held
        if "memory-total" in held & required:
            raise SandboxRefusal(
                "memory-total is required, and no cgroup could be made for this session as there"
                " was when it was measured; `changewright sandbox probe` measures it again"
            )
        return held - {"memory-total"}

    def close(self) -> None:
        """Drop what was made for the session; calling it twice is calling it once."""
        if isinstance(self.memory, Cgroup):
            self.memory.close()


def bound(limits: Limits, folders: Sequence[Path], memory_places: Sequence[str]) -> SessionBounds:
    """Bound a session that writes to ``folders`` on the disk, each file of it a host file.

    ``memory_places`` are its file systems in memory, as commands see them.
    """
    disk = DiskWatch(folders, limits.disk_bytes, limits.disk_files)
    memory = make_cgroup(hierarchies(), limits)
    return SessionBounds(memory or MemoryWatch(limits.memory_bytes, memory_places), disk)


def machine_bounds() -> object:
    """Return what of this machine decides how sessions are bounded; its ``repr`` tells all."""
    return [(place.version, sorted(place.controllers)) for place in hierarchies()]
