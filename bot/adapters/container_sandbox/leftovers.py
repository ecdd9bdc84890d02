"""Whose a container is, and which belong to nobody any more: their process was killed.

The name says it, so that one question to the engine is enough. What another machine's or another
container's processes started is left alone: from here nobody can tell whether they live.
"""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bot.adapters.container_sandbox.engine import ContainerEngine
from bot.adapters.container_sandbox.walls import LABEL
from validators.sandbox import SandboxRefusal

_NAME = re.compile(r"changewright-([0-9a-f]{8})-([0-9]+)-([0-9]+)-([0-9]+)-[0-9a-f]{12}")
_MONITOR = "conmon"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def new_name() -> str:
    """Return a name for a container of this process, which nobody else has."""
    pid = os.getpid()
    place = f"{_boot()}-{_namespace()}-{pid}-{_start(pid)}"
    return f"changewright-{place}-{secrets.token_hex(6)}"


def sweep(engine: ContainerEngine) -> int:
    """Remove the containers whose process is gone, and return how many; others are left."""
    told = engine.ask("ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}")
    dead = [name for name in told.split() if _is_left_over(name)]
    removed = 0
    for name in dead:
        with suppress(SandboxRefusal):  # another process sweeps as well
            engine.remove(name)
            removed += 1
    for argv, environment in _forgotten():
        subprocess.run(argv, env=environment, cwd="/", capture_output=True, check=False)
    return removed


def _forgotten() -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """Yield what ends a container of a dead process that podman no longer knows, and with what.

    podman killed between making a container and writing that down, as our whole process group may
    be, leaves it waiting for ever. Its monitor can still be seen, and names all that is needed.
    """
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):  # it ended meanwhile, or is somebody else's
            words = (place / "cmdline").read_text("utf-8", "surrogateescape").split("\0")
            if Path(words[0]).name != _MONITOR:
                continue
            name, container, runtime = (words[words.index(flag) + 1] for flag in ("-n", "-c", "-r"))
            if _is_left_over(name):
                told = (place / "environ").read_text("utf-8", "surrogateescape").split("\0")
                pairs = (pair.partition("=") for pair in told if pair)
                yield [runtime, "delete", "--force", container], {one: two for one, _, two in pairs}


def _is_left_over(name: str) -> bool:
    found = _NAME.fullmatch(name)
    if found is None:
        return False
    boot, namespace, pid, start = found.groups()
    if boot != _boot():
        return True
    return int(namespace) == _namespace() and _start(int(pid)) != int(start)


def _boot() -> str:
    return _BOOT.read_text("ascii")[:8]


def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _start(pid: int) -> int:
    """Return when a process started, in the kernel's ticks; 0 when there is none."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return 0
    return int(line.rpartition(")")[2].split()[19])
