"""Run inside the sandbox, as a script of its own: tries what must not work, prints what held.

It is the stranger: each check does the very thing that a guarantee rules out. Its argument is one
JSON object of `validators.processes.measuring`, its output one JSON list of guarantee names. What
only shows from outside (processes that outlive the command, the original's files) is looked at from
there.
"""

import ctypes
import json
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

_CLONE_NEWUSER = 0x10000000
Facts = Mapping[str, Any]


def host_is_read_only(_facts: Facts) -> bool:
    """Whether no system folder, no kernel setting and no device folder takes a file."""
    places = ("/", "/usr", "/usr/bin", "/etc", "/dev", "/proc/sys/kernel", "/home")
    kernel = "/proc/sys/kernel/core_pattern"
    return not any(can_write(f"{place}/changewright-probe") for place in places) and not (
        can_write(kernel)
    )


def can_write(path: str) -> bool:
    """Whether ``path`` can be opened for writing; a new file is left there."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError:
        return False
    return True


def home_is_hidden(facts: Facts) -> bool:
    """Whether neither what is in our home folder nor a file of ours elsewhere can be seen."""
    return not any(os.path.lexists(path) for path in facts["hidden"])


def environment_is_clean(facts: Facts) -> bool:
    """Whether neither we nor the first process were told a variable nobody asked for."""
    try:
        with open("/proc/1/environ", "rb") as stream:  # noqa: PTH123 - pathlib costs 10 ms
            first = stream.read().split(b"\0")
    except OSError:  # then it is no process of ours, and who knows what it was told
        return False
    names = {os.fsdecode(entry.partition(b"=")[0]) for entry in first if entry}
    return (names | set(os.environ)) <= set(facts["variables"])


def network_is_closed(facts: Facts) -> bool:
    """Whether there is no interface but our own loopback, and the host's is another one."""
    interfaces = {name for _, name in socket.if_nameindex()}
    return interfaces <= {"lo"} and not can_connect(socket.AF_INET, tuple(facts["tcp"]))


def host_sockets_are_hidden(facts: Facts) -> bool:
    """Whether neither a socket in a folder nor one in the abstract space can be reached."""
    return not any(can_connect(socket.AF_UNIX, name) for name in facts["unix"])


def can_connect(kind: socket.AddressFamily, address: Any) -> bool:  # noqa: ANN401 - a socket's address
    """Whether somebody of the host answers at ``address``."""
    with socket.socket(kind) as caller:
        caller.settimeout(1)
        try:
            caller.connect(address)
        except OSError:
            return False
    return True


def processes_are_limited(facts: Facts) -> bool:
    """Whether forking ends before one more than the limit."""
    children: list[int] = []
    try:
        for _ in range(facts["processes"] + 1):
            child = os.fork()
            if not child:
                signal.pause()
            children.append(child)
    except BlockingIOError:
        return True
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return False


def memory_is_limited(facts: Facts) -> bool:
    """Whether one process cannot have more private memory than the limit."""
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    try:
        mmap.mmap(-1, facts["memory_bytes"] + 1, flags=private).close()
    except (OSError, MemoryError):
        return True
    return False


def namespaces_are_closed(_facts: Facts) -> bool:
    """Whether no user namespace can be made, in which one is root again."""
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if not child:
        os._exit(0 if libc.unshare(_CLONE_NEWUSER) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def leave_an_orphan(facts: Facts) -> None:
    """Start a process in a session of its own that writes to a file until somebody kills it."""
    started, starting = os.pipe()
    if os.fork():
        os.close(starting)
        os.read(started, 1)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    until = time.monotonic() + facts["orphan_s"]
    while time.monotonic() < until:
        with open("orphan", "ab") as stream:  # noqa: PTH123 - as above
            stream.write(b".")
        os.write(starting, b".")
        time.sleep(0.002)
    os._exit(0)


def use_much_memory(facts: Facts) -> None:
    """Use more than all processes together may, in a way that no limit of one process counts."""
    shared = mmap.mmap(-1, facts["too_much_bytes"])
    for offset in range(0, len(shared), mmap.PAGESIZE):
        shared[offset] = 1
    time.sleep(facts["orphan_s"])


CHECKS: Mapping[str, Callable[[Facts], bool]] = {
    "read-only-host": host_is_read_only,
    "home-hidden": home_is_hidden,
    "clean-environment": environment_is_clean,
    "no-network": network_is_closed,
    "no-host-sockets": host_sockets_are_hidden,
    "pids-limit": processes_are_limited,
    "memory-per-process": memory_is_limited,
    "no-nested-namespaces": namespaces_are_closed,
}


def main(facts: Facts) -> None:
    """Print the names of the guarantees that held."""
    if "too_much_bytes" in facts:
        use_much_memory(facts)
    held = [name for name, holds in CHECKS.items() if holds(facts)]
    with open("file", "wb") as stream:  # noqa: PTH123 - as above
        stream.write(b"changed")
    leave_an_orphan(facts)
    sys.stdout.write(json.dumps(held))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
