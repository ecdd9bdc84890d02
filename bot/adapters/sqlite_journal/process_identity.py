"""Which process holds a lease, told apart from every other, and whether it still lives.

A process is named by the boot of its machine, its pid namespace, its pid and the moment it started:
a pid alone is given to another process sooner or later. Nothing here depends on a host's name, so
two containers of one machine that share a state folder are told apart as well.
"""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal

Life = Literal["alive", "dead", "unknown"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
# A zombie and a process being taken down hold a pid, and write nothing any more.
_GONE = frozenset({"Z", "X", "x"})
# Where /proc/PID/stat says when the process started, counted after the name in parentheses.
_STARTED = 19


def identity() -> str:
    """Return what this process, and no other, is known by."""
    return _identity_of(os.getpid())


def life_of(stored: str) -> Life:
    """Return whether the process of a stored identity lives; "unknown" unless that is certain.

    Certain only for a process of this boot and this pid namespace: of any other nothing is seen.
    """
    boot, _, rest = stored.partition("/")
    namespace, _, rest = rest.partition("/")
    number, _, started = rest.partition("/")
    if not number.isdecimal() or not started.isdecimal() or (boot, namespace) != _here():
        return "unknown"
    try:
        # Asked first: /proc may hide the processes of other users, which may not be asked either.
        with suppress(PermissionError):
            os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return "dead"
    found = _state_and_start(int(number))
    if found is None:
        return "unknown"
    state, began = found
    return "dead" if state in _GONE or began != started else "alive"


def pid_of(stored: str) -> str:
    """Return the process number in an identity of this machine; empty for any other."""
    boot, namespace, process, *_ = (*stored.split("/"), "", "")
    return process if (boot, namespace) == _here() else ""


@cache
def _identity_of(process: int) -> str:
    boot, namespace = _here()
    found = _state_and_start(process)
    if boot and namespace and found is not None:
        return f"{boot}/{namespace}/{process}/{found[1]}"
    # No /proc: still another than any other process, and nobody can say whether it lives.
    return f"?/?/{process}/{os.urandom(8).hex()}"


def _here() -> tuple[str, str]:
    """Return this boot and this pid namespace; empty words where there is no /proc."""
    try:
        boot = _BOOT.read_text("ascii").strip()
        return boot, os.readlink(_NAMESPACE).removeprefix("pid:")  # noqa: PTH115 - no real path
    except OSError:
        return "", ""


def _state_and_start(process: int) -> tuple[str, str] | None:
    try:
        stat = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return None
    # The name in parentheses is the process's own choice and may hold anything.
    fields = stat[stat.rfind(b")") + 1 :].decode("ascii", "replace").split()
    return (fields[0], fields[_STARTED]) if len(fields) > _STARTED else None
