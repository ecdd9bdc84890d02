"""What must be true of the host after every attack, whatever the attack was about.

Looked at from outside, with the host's own eyes: files and their hashes, processes, mounts,
sockets, keys, memory and time. A thing that is not as it was is a breach of the attack just run.
"""

import hashlib
import os
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.host import Host
from tests.attacks.prelude import syscall

_WATCHED = (
    *("/", "/tmp", "/var/tmp", "/dev/shm", "/usr", "/usr/bin", "/usr/lib", "/etc", "/home"),  # noqa: S108 - looked at
    *("/root", "/opt", "/srv", "/var", "/var/lib", "/mnt", "/media", "/run", "/boot", "/bin"),
)
_KEYCTL_SEARCH = 10
_SESSION_KEYRING = -3
_ENDING_S = 5.0
_MOST_GROWTH = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Before:
    """The host before one attack."""

    files: str
    mounts: frozenset[str]


def before(host: Host) -> Before:
    """Remember the host."""
    _forget_peak()
    return Before(fingerprint(host.kept), frozenset(_mount_points()))


def violations(host: Host, was: Before, scratch: Path) -> list[str]:
    """Return what is not as it was, in words."""
    found = []
    if fingerprint(host.kept) != was.files:
        found.append("files of the host changed")
    found += [f"{path} was made on the host" for path in marked_files(host)]
    found += [f"the process {word} of the attack still runs" for word in _staying(host)]
    found += [
        f"{place} was mounted over"
        for place in sorted(set(_mount_points()) - was.mounts)
        if _matters(place, host, scratch)
    ]
    found += [f"the host's {name} socket was reached" for name in _reached(host)]
    if not alive(host.victim):
        found.append("a process of the host was ended")
    if _has_key(host.token):
        found.append("a key was planted in the host's keyring")
    return found


def fingerprint(folder: Path) -> str:
    """Return one hash over names, modes, owners and contents of all that is in ``folder``."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = b""
        if stat.S_ISLNK(status.st_mode):
            content = os.fsencode(path.readlink())
        elif stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        facts = (str(path), status.st_mode, status.st_uid, hashlib.sha256(content).hexdigest())
        total.update(repr(facts).encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def marked_files(host: Host) -> list[Path]:
    """Return the files with the attack's mark in their name, where anybody would leave one."""
    places = (*map(Path, _WATCHED), host.folder, *host.kept.rglob("*"))
    found = []
    for place in places:
        with suppress(OSError):  # closed to us, so we left nothing there
            found += [place / name for name in os.listdir(place) if host.token in name]  # noqa: PTH208 - names of all kinds
    return found


def _staying(host: Host) -> list[str]:
    """Return what is left over and stays so: a busy machine takes a moment to end hundreds."""
    until = time.monotonic() + _ENDING_S
    while (left := left_over(host)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def left_over(host: Host) -> list[str]:
    """Return the processes that carry the attack's mark in their environment or command line."""
    mark = host.token.encode()
    return [
        f"{pid} ({_read(f'/proc/{pid}/comm').decode('utf-8', 'replace').strip()})"
        for pid in _processes()
        if pid not in host.own
        and mark in _read(f"/proc/{pid}/environ") + _read(f"/proc/{pid}/cmdline")
        and _runs(pid)
    ]


def remains(host: Host, scratch: Path) -> list[str]:
    """Return what is left of a closed session: files with the mark, processes in its mounts."""
    found = []

    def closed(error: OSError) -> None:
        found.append(f"{error.filename} is left and cannot be read")

    for folder, folders, files in os.walk(scratch, onerror=closed):
        found += [f"{folder}/{name} is left" for name in (*folders, *files) if host.token in name]
    place = os.fsencode(str(scratch))
    found += [
        f"the process {pid} still has the session mounted"
        for pid in _processes()
        if pid not in host.own and place in _read(f"/proc/{pid}/mountinfo") and _foreign(pid)
    ]
    return found


def special_files(scratch: Path) -> list[str]:
    """Return what may not stay in a layer once the host has read its changes."""
    found = []
    for folder, _, files in os.walk(scratch):
        for name in files:
            path = Path(folder, name)
            try:
                mode = path.lstat().st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(f"{path} has rights of its owner ({stat.filemode(mode)})")
            if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and path.lstat().st_rdev):
                found.append(f"{path} is a device")
    return found


def memory_grew_too_much() -> bool:
    """Whether our own memory rose by more than 64 MiB since ``before``."""
    text = Path("/proc/self/status").read_text("ascii")
    figures = {name: int(kib) for name, kib in re.findall(r"Vm(HWM|RSS):\s+(\d+)", text)}
    return (figures["HWM"] - figures["RSS"]) * 1024 > _MOST_GROWTH


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    return _runs(pid)


def _forget_peak() -> None:
    with suppress(OSError):  # then the peak is an older one, and the check is weaker
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - fast


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it ended, or belongs to somebody else
        return b""


def _runs(pid: int) -> bool:
    state = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in {b"Z", b"X"}


def _foreign(pid: int) -> bool:
    """Whether a process lives in another mount namespace than ours."""
    try:
        theirs = Path(f"/proc/{pid}/ns/mnt").readlink()
    except OSError:
        return False
    return theirs != Path("/proc/self/ns/mnt").readlink()


def _mount_points() -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        yield line.split()[4]


def _matters(place: str, host: Host, scratch: Path) -> bool:
    """Whether a mount is ours to wonder about: other programs of this machine mount, too."""
    own = (host.folder, scratch)
    path = Path(place)
    inside = any(path.is_relative_to(folder) or folder.is_relative_to(path) for folder in own)
    return inside or place in _WATCHED


def _reached(host: Host) -> Iterator[str]:
    for name, listener in host.listeners.items():
        if _callers(listener):
            yield name


def _callers(listener: socket.socket) -> list[bool]:
    """Take all that waits at a socket, so that it is not taken for the next attack's."""
    found = []
    with suppress(BlockingIOError):
        while True:
            if listener.type == socket.SOCK_DGRAM:
                listener.recv(1024)
            else:
                listener.accept()[0].close()
            found.append(True)
    return found


def _has_key(name: str) -> bool:
    try:
        syscall("keyctl", _KEYCTL_SEARCH, _SESSION_KEYRING, b"user", name.encode(), 0)
    except OSError:
        return False
    return True
