"""Run inside the sandbox, as a script of its own: tries what must not work, prints what held.

It is the stranger: each check does the very thing that a guarantee rules out. Its argument is one
JSON object of `validators.processes.measuring`, its output one JSON list of guarantee names. What
only shows from outside (processes that outlive the command, the original's files) is looked at from
there.
"""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_CLONE_NEWUSER = 0x10000000
_MIB = 1024**2
# Calls that an unfiltered kernel answers otherwise, or does: a socket to the machine's host and one
# to its ciphers, a keyring, io_uring, a page fault handler, a counter, a program in the kernel.
_NUMBERS: Mapping[str, tuple[int, ...]] = {
    "x86_64": (41, 41, 250, 425, 323, 298, 321),
    "aarch64": (198, 198, 219, 425, 282, 241, 280),
}
_ARGUMENTS = ((40, 1, 0), (38, 5, 0), (0, -3, 0), (1, 0), (1,), (0, 0, -1, -1, 0), (-1, 0, 0))
Facts = Mapping[str, Any]
_KEPT: list[socket.socket] = []


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


def gateway_alone_is_reached(facts: Facts) -> bool:
    """Whether only the gateway answers, and leads neither to the host nor to a stranger."""
    host, port = facts["tcp"]
    asked = (f"{host}:{port}", f"localhost:{port}", "changewright-probe.invalid:443")
    return (
        network_is_closed(facts)
        and host_sockets_are_hidden(facts)
        and all(is_refused_by(facts["gateway"], name) for name in asked)
    )


def is_refused_by(gateway: str, name: str) -> bool:
    """Whether the gateway says that it does not lead there, by a tunnel or for reading."""
    for request in (f"CONNECT {name} HTTP/1.1", f"GET http://{name}/ HTTP/1.1"):
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(5)
            try:
                caller.connect(gateway)
                caller.sendall(f"{request}\r\nHost: {name}\r\n\r\n".encode("ascii"))
                answer = caller.recv(64)
            except OSError:
                return False
        if not answer.startswith(b"HTTP/1.1 403 "):
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


def seccomp_refuses(_facts: Facts) -> bool:
    """Whether a filter stands before the kernel, and really refuses what no tests need."""
    with open("/proc/self/status", "rb") as stream:  # noqa: PTH123 - as above
        if b"Seccomp:\t2" not in stream.read():
            return False
    numbers = _NUMBERS.get(os.uname().machine)
    if numbers is None:
        return False
    return all(is_refused(number, *arguments) for number, arguments in zip(numbers, _ARGUMENTS))  # noqa: B905 - the same length


def is_refused(number: int, *arguments: int) -> bool:
    """Whether the call is answered as if it did not exist or were not allowed, whatever it does."""
    libc = ctypes.CDLL(None, use_errno=True)
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return ctypes.get_errno() in {errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT}


def use_much_memory(way: str, facts: Facts) -> None:
    """Use more than all processes together may, in a way that no limit of one process counts."""
    size = facts["memory_bytes"]
    if way == "shared memory":
        fill(mmap.mmap(-1, 2 * size))
    elif way == "files in memory":
        for folder in ("/tmp", "/dev/shm", os.environ["HOME"]):  # noqa: S108 - inside, its own
            with suppress(OSError), open(f"{folder}/large", "wb", 0) as stream:  # noqa: PTH123
                stream.writelines(bytes(_MIB) for _ in range(size // _MIB))
        fill(mmap.mmap(-1, size // 2))
    # By parts: no one process ever maps more than it may.
    for _ in range(2):
        part = size * 3 // 4
        if way == "memory of no process":
            fill_segment(part)
        if way in {"nameless memory", "memory on its way"}:
            descriptor = os.memfd_create("large")
            for _ in range(part // _MIB):
                os.write(descriptor, bytes(_MIB))
            if way == "memory on its way":  # held by a message that nobody has read yet
                sender, receiver = socket.socketpair()
                socket.send_fds(sender, [b"-"], [descriptor])
                os.close(descriptor)
                _KEPT.extend((sender, receiver))


def fill_segment(size: int) -> None:
    """Fill a segment of System V's shared memory, and let it go: it stays until it is removed."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    segment = libc.shmget(0, ctypes.c_size_t(size), 0o1600)
    address = ctypes.c_void_p(libc.shmat(segment, None, 0))
    ctypes.memset(address, 1, size)
    libc.shmdt(address)


def fill(memory: mmap.mmap) -> None:
    """Touch every page."""
    for offset in range(0, len(memory), mmap.PAGESIZE):
        memory[offset] = 1


def use_much_disk(way: str, facts: Facts) -> None:
    """Write more to the tree than all files together may take, or more files."""
    if way == "files":
        for number in range(2 * facts["disk_files"]):
            os.close(os.open(f"empty-{number}", os.O_CREAT | os.O_WRONLY))
    part = facts["disk_bytes"] // 4
    for number in range(8) if way in {"bytes", "nameless files"} else ():
        name = f"large-{number}"
        descriptor = os.open(name, os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, bytes(part))
        if way == "nameless files":  # and left open
            os.unlink(name)  # noqa: PTH108 - as above


CHECKS: Mapping[str, Callable[[Facts], bool]] = {
    "read-only-host": host_is_read_only,
    "home-hidden": home_is_hidden,
    "clean-environment": environment_is_clean,
    "no-network": network_is_closed,
    "no-host-sockets": host_sockets_are_hidden,
    "pids-limit": processes_are_limited,
    "memory-per-process": memory_is_limited,
    "no-nested-namespaces": namespaces_are_closed,
    "seccomp": seccomp_refuses,
}


def main(facts: Facts) -> None:
    """Print the names of the guarantees that held."""
    if "excess" in facts:
        use_much_memory(facts["excess"], facts)
        use_much_disk(facts["excess"], facts)
        time.sleep(facts["orphan_s"])
        return
    if "gateway" in facts:
        held = ["proxy-only-network"] if gateway_alone_is_reached(facts) else []
        sys.stdout.write(json.dumps(held))
        return
    held = [name for name, holds in CHECKS.items() if holds(facts)]
    with open("file", "wb") as stream:  # noqa: PTH123 - as above
        stream.write(b"changed")
    leave_an_orphan(facts)
    sys.stdout.write(json.dumps(held))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
