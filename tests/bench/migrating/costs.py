"""What a command takes: by the clock, of the processors, of memory; with all that it started."""

import ctypes
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.ending import all_ended

_LIMIT_S = 3600.0
_SUBREAPER = 36  # prctl's PR_SET_CHILD_SUBREAPER


@dataclass(frozen=True, slots=True)
class Cost:
    """What commands took; ``memory_mb`` is of their largest process, ``said`` what they printed."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    code: int = 0
    said: bytes = b""


def cost(commands: Sequence[Sequence[str]], cwd: Path | None = None) -> Cost:
    """Return what commands side by side took, with all that they started.

    A sandbox that is ended leaves its processes to whoever takes in orphans: that is us, or what
    they used would be in nobody's account. OSError where the system cannot do so.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "orphans cannot be taken in, so no CPU can be told")
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        started = [
            subprocess.Popen(argv, stdout=said, stderr=subprocess.DEVNULL, cwd=cwd)
            for argv in commands
        ]
        with all_ended(started, _LIMIT_S):
            ended = [os.wait4(one.pid, 0) for one in started]
            wall = time.monotonic() - began
            for one, (_, status, _) in zip(started, ended, strict=True):
                one.returncode = os.waitstatus_to_exitcode(status)  # waited for above
        said.seek(0)
        text = said.read()
    used = [usage for _, _, usage in ended] + list(_orphans())
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    memory = max(one.ru_maxrss for one in used) / 1024
    return Cost(wall, cpu, memory, started[0].returncode, text)


def _orphans() -> Iterator[resource.struct_rusage]:
    """Yield what each process used that is ours by now, once it has ended."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return
