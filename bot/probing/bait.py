"""What of the host a sandbox must hide, laid out for its measurement: files, ports, sockets."""

import fcntl
import os
import shutil
import socket
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from validators.processes.layer import remove
from validators.processes.measuring import Bait
from validators.sandbox import Phase, SandboxRefusal

_CHECKS = Path(__file__).with_name("checks.py")
_SHORT_PLACES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - for sockets, not for files
_PREFIX = "changewright-probe-"


def lay_bait(scratch: Path, stack: ExitStack) -> Bait:
    """Return a folder and sockets of the host; they last until ``stack`` is unwound.

    Among them is a set-up's own gateway, to no index at all.
    """
    from bot.indexes.door import GATEWAY, supply  # noqa: PLC0415 - 0.1 s that only measuring costs
    from bot.indexes.machine import MachineIndexes  # noqa: PLC0415 - as above

    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="probe-", dir=scratch))
    except OSError as error:
        raise SandboxRefusal(f"{scratch} cannot be written to: {error.strerror}") from error
    stack.callback(remove, folder)
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    short = _short_folder(stack)
    names = (f"{short}/socket", f"\0changewright-{folder.name}")
    for name in names:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(name)
        listener.listen()
    door = stack.enter_context(supply(MachineIndexes(), folder).open())
    set_up = Phase("setup", mounts=door.mounts, environment=door.environment)
    return Bait(folder, _CHECKS, tcp.getsockname(), names, set_up, GATEWAY)


def _short_folder(stack: ExitStack) -> Path:
    """Return a new folder: an address holds 107 bytes, and the state folder may be deeper."""
    for place in map(Path, _SHORT_PLACES):
        with suppress(OSError):  # read-only or full: the next may not be
            _sweep(place)
            return _new_folder(place, stack)
    raise SandboxRefusal(
        f"none of {', '.join(_SHORT_PLACES)} can be written to, so the sandbox cannot be measured;"
        " make one of them writable"
    )


def _new_folder(place: Path, stack: ExitStack) -> Path:
    """Return a folder that is locked, and so known for alive, until ``stack`` is unwound."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        stack.callback(os.close, _locked(folder, fcntl.LOCK_EX))
        # Another of us may have taken it for one that was left behind.
        if folder.exists():
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            return folder


def _sweep(place: Path) -> None:
    """Remove the folders of processes of ours that were killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, another user's, or no folder
            descriptor = _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                if os.fstat(descriptor).st_uid == os.geteuid():
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def _locked(folder: Path, how: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
