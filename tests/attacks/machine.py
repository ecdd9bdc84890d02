"""What a machine can do by itself: an attack on an interface it lacks proves nothing, either way.

Asked where the attacks start from, outside of any sandbox.
"""

import errno
import functools
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.attacks.prelude import syscall

_NO_FAMILY = {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT}


def _family(family: int, kind: int, protocol: int = 0) -> bool:
    try:
        socket.socket(family, kind, protocol).close()
    except OSError as error:
        return error.errno not in _NO_FAMILY
    return True


def _ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _call(name: str, *arguments: object) -> bool:
    try:
        os.close(syscall(name, *arguments))
    except OSError:
        return False
    return True


def _keys() -> bool:
    try:
        syscall("keyctl", 0, -3, 0)
    except OSError:
        return False
    return True


def _user_namespaces() -> bool:
    made = ["unshare", "--user", "--map-root-user", "true"]
    return (
        shutil.which("unshare") is not None
        and not subprocess.run(made, capture_output=True, check=False).returncode
    )


def _setting(path: str, wanted: str) -> bool:
    place = Path("/proc/sys", path)
    return place.exists() and place.read_text("ascii").strip() == wanted


_ABILITIES: Mapping[str, Callable[[], bool]] = {
    "alg": lambda: _family(38, socket.SOCK_SEQPACKET),
    "io_uring": lambda: _call("io_uring_setup", 1, bytes(120)),
    "ipv6": _ipv6,
    "keys": _keys,
    "mptcp": lambda: _family(socket.AF_INET, socket.SOCK_STREAM, 262),
    "perf": lambda: Path("/proc/sys/kernel/perf_event_paranoid").exists(),
    "pip": lambda: Path(sys.base_prefix, "bin").joinpath("pip3").exists(),
    "tiocsti": lambda: _setting("dev/tty/legacy_tiocsti", "1"),
    "userfaultfd": lambda: _call("userfaultfd", 1),
    "userns": _user_namespaces,
    "vsock": lambda: _family(40, socket.SOCK_STREAM),
    "x86_64": lambda: os.uname().machine == "x86_64",
}


@functools.cache
def has(ability: str) -> bool:
    """Whether this machine has the ability; a name not listed is that of a program."""
    if ability in _ABILITIES:
        return _ABILITIES[ability]()
    return shutil.which(ability, path="/usr/local/bin:/usr/bin:/bin") is not None
