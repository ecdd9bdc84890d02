"""What the kernel counts of a container in its control groups: kills for want of memory, and cost.

A short command is over before anybody looks at its processes; the groups have seen all of it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from validators.processes.excess import Watch, watch_of_kills

_GROUPS = Path("/sys/fs/cgroup")
_NS, _US = 1e-9, 1e-6


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """The groups of one container by controller, "" for the second version's only one."""

    folders: Mapping[str, Path]

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the groups of a process that are not also ours, and can be read from here."""
        ours = _places("self")
        found: dict[str, Path] = {}
        for controllers, place in _places(str(pid)).items():
            if place == ours.get(controllers):
                continue
            for controller in controllers.split(","):
                folder = _GROUPS / controller / place.lstrip("/")
                if folder.is_dir():
                    found[controller] = folder
        return cls(found)

    def kills(self) -> int:
        """Return how often the kernel killed somebody in it for want of memory."""
        told = self._counts("", "memory.events") or self._counts("memory", "memory.oom_control")
        return told.get("oom_kill", 0)

    def watch(self, limit_bytes: int) -> Watch:
        """Return what tells whether the kernel killed somebody in it from now on.

        Who lost a child that way may wait for it for ever.
        """
        return watch_of_kills(self.kills, limit_bytes, "the container's control group")

    def cpu_s(self) -> float:
        """Return the processor time of all its processes so far."""
        if told := self._counts("", "cpu.stat"):
            return told.get("usage_usec", 0) * _US
        return self._number("cpuacct", "cpuacct.usage") * _NS

    def peak_bytes(self) -> int:
        """Return the most memory it ever had; 0 where the kernel does not tell."""
        return self._number("", "memory.peak") or self._number(
            "memory", "memory.max_usage_in_bytes"
        )

    def forget_peak(self) -> None:
        """Begin anew with the peak, where the kernel lets us; the first version does, for root."""
        folder = self.folders.get("memory")
        if folder is not None:
            with suppress(OSError):
                (folder / "memory.max_usage_in_bytes").write_text("0", "ascii")

    def _counts(self, controller: str, name: str) -> Mapping[str, int]:
        lines = self._text(controller, name).splitlines()
        pairs = (line.split() for line in lines)
        return {words[0]: int(words[1]) for words in pairs if len(words) == 2}  # noqa: PLR2004

    def _number(self, controller: str, name: str) -> int:
        return int(self._text(controller, name) or 0)

    def _text(self, controller: str, name: str) -> str:
        folder = self.folders.get(controller)
        if folder is None:
            return ""
        with suppress(OSError):  # the container is gone, or an older kernel
            return (folder / name).read_text("ascii").strip()
        return ""


def _places(pid: str) -> Mapping[str, str]:
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text("utf-8").splitlines()
    except OSError:  # it ended meanwhile
        return {}
    return {line.split(":", 2)[1]: line.split(":", 2)[2] for line in lines}
