"""The flags of one container: everything that keeps its commands in stands here."""

import csv
import io
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.container_sandbox.engine import ContainerEngine
from bot.adapters.container_sandbox.images import Image
from bot.adapters.container_sandbox.script import STARTED
from validators.processes.layered_session import HOME, TEMPORARY
from validators.processes.staging import owner
from validators.sandbox import Limits, Mount

CONTROL = "/run/changewright"
LABEL = "changewright=session"
_OPEN_FILES = 4096
_OWN_KERNEL_THREADS = 512
_OWN_KERNEL_BYTES = 64 * 1024**2
_MANY_PROCESSES = 32_768  # podman as root passes no more on, whatever its own limit
# The first process only keeps the place, and has no environment to be read. The kernel buries the
# children of who ignores their end, also orphans it was handed; where `env` knows no such option,
# the dead stay until the session ends, and count.
_BURYING = "env --ignore-signal=CHLD"
_FIRST = f"{_BURYING} true 2>/dev/null && exec {_BURYING} sleep 2147483647; exec sleep 2147483647"
_FIRST_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Walls:
    """What one session's container is made of.

    ``control`` holds the scripts of its commands, the file ``started`` what they write down;
    ``seccomp`` is a profile in place of the engine's own.
    """

    engine: ContainerEngine
    image: Image
    control: Path
    started: Path
    mounts: tuple[Mount, ...]
    etc: tuple[Path, ...]
    limits: Limits
    seccomp: Path | None
    shares_kernel: bool

    def argv(self, name: str) -> tuple[str, ...]:
        """Return what starts the container ``name`` and prints its identity."""
        words = ["--detach", "--name", name, "--label", LABEL, "--pull", "never"]
        words += ["--hostname", "changewright", "--log-driver", "none", "--no-healthcheck"]
        words += ["--network", "none"]
        words += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        words += ["--security-opt", f"seccomp={self.seccomp}"] if self.seccomp else []
        words += [*self._user(), *self._limits(), *self._places()]
        if self.engine.is_podman:
            # What podman adds by itself: files in memory, the image's volumes, a proxy's address.
            words += ["--read-only-tmpfs=false", "--image-volume", "ignore", "--http-proxy=false"]
            words += ["--passwd=false"]
        words += ["--workdir", "/", "--entrypoint", "env", self.image.identity]
        return self.engine.running((*words, "-i", _FIRST_PATH, "sh", "-c", _FIRST))

    def _user(self) -> Sequence[str]:
        """Return who commands run as: whoever the layer belongs to, and never root outside."""
        uid = owner() or os.geteuid()
        if self.engine.has_root:
            return ("--user", f"{uid}:{uid}")
        if self.engine.is_podman:
            return ("--userns", "keep-id", "--user", f"{uid}:{os.getegid()}")
        return ("--user", "0:0")  # a daemon without root shows its own user as root

    def _limits(self) -> Sequence[str]:
        limits = self.limits
        # Without root's rights the count is that of a user namespace of its own; with them it is
        # that of all this user's processes on the machine, so there the group's limit alone counts.
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        many = _MANY_PROCESSES if hard == resource.RLIM_INFINITY else min(hard, _MANY_PROCESSES)
        processes = many if self.engine.has_root else limits.processes
        most, memory = limits.processes, limits.memory_bytes
        if not self.shares_kernel:  # it is itself in the group that is counted
            most, memory = most + _OWN_KERNEL_THREADS, memory + _OWN_KERNEL_BYTES
        words = ["--pids-limit", str(most)]
        words += ["--memory", str(memory), "--memory-swap", str(memory)]
        # Said, because an engine's defaults are more than root without all rights may give.
        bounds = {"nofile": _OPEN_FILES, "core": 0, "nproc": processes}
        for name, most in bounds.items():
            words += ["--ulimit", f"{name}={most}:{most}"]
        return words

    def _places(self) -> Sequence[str]:
        size = max(self.limits.memory_bytes // 4, 1024**2)
        words = ["--shm-size", str(size)]
        copy = ",notmpcopyup" if self.engine.is_podman else ""
        for place in (TEMPORARY, HOME):
            words += ["--tmpfs", f"{place}:rw,exec,nosuid,nodev,size={size},mode=1777{copy}"]
        for path in self.image.binds:
            words += ["--mount", _bind(path, str(path))]
        for path in self.etc:
            words += ["--mount", _bind(path, f"/etc/{path.name}")]
        words += ["--mount", _bind(self.control, CONTROL)]
        words += ["--mount", _bind(self.started, STARTED, writable=True)]
        for mount in self.mounts:
            words += ["--mount", _bind(mount.source, mount.inside, writable=mount.writable)]
        return words


def _bind(source: Path, inside: str, *, writable: bool = False) -> str:
    """Return a bind in the engines' notation, which is a line of CSV: names may hold commas."""
    fields = ["type=bind", f"source={source.absolute()}", f"destination={inside}"]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([*fields, *(() if writable else ("readonly",))])
    return line.getvalue()
