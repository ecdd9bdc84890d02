"""The limits that the kernel keeps for each process, set by `prlimit` right before the command.

They are set inside whatever walls a backend builds, because the number of processes is counted in
the user namespace in which the limit was set.
"""

import resource
from collections.abc import Sequence

from validators.sandbox import Limits

_PRLIMIT = "/usr/bin/prlimit"
_OPEN_FILES = 4096


def limited(argv: Sequence[str], limits: Limits, *, counts_processes: bool) -> tuple[str, ...]:
    """Return ``argv`` behind the limits of one process.

    Memory is bounded by its private writable part (RLIMIT_DATA): the address space of a JavaScript
    engine is many times what it uses. ``counts_processes`` is only for a user namespace of its own:
    outside of one, all processes of the user count.
    """
    wanted = {
        "data": (resource.RLIMIT_DATA, limits.memory_bytes),
        "fsize": (resource.RLIMIT_FSIZE, limits.file_bytes),
        "nofile": (resource.RLIMIT_NOFILE, _OPEN_FILES),
        "core": (resource.RLIMIT_CORE, 0),
    }
    if counts_processes:
        wanted["nproc"] = (resource.RLIMIT_NPROC, limits.processes)
    options = [f"--{name}={_bounded(kind, value)}" for name, (kind, value) in wanted.items()]
    return (_PRLIMIT, *options, "--", *argv)


def _bounded(kind: int, value: int) -> int:
    """Return ``value``, or our own hard limit where that is lower: nobody may raise it."""
    _, hard = resource.getrlimit(kind)
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
