"""Run as root, as a script of its own: shows folders to a user who may not walk to them.

Walls must not be built as root, and an unprivileged user cannot reach what lies in a closed home
folder, not even to bind it. So, in a mount namespace nobody else sees, this binds each source to a
place that everybody can walk to. The namespace lives as long as somebody holds it open; whoever
started this opens it between our "ready" and the end of our input.

Input: one JSON line {"stage": folder, "sources": [path...]}; source N then stands at stage/N.
"""

import ctypes
import json
import os
import stat
import sys

_CLONE_NEWNS = 0x00020000
_MS_NOSUID = 2
_MS_BIND = 4096
_MS_REC = 16384
_MS_PRIVATE = 1 << 18


def stage(folder: str, sources: list[str]) -> None:
    """Bind every source below ``folder``; OSError names what could not be."""
    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int, what: str) -> None:
        if result:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)

    def mount(source: str, place: str, kind: bytes | None, flags: int, data: bytes | None) -> None:
        names = os.fsencode(source), os.fsencode(place)
        check(libc.mount(*names, kind, ctypes.c_ulong(flags), data), source)

    check(libc.unshare(_CLONE_NEWNS), "a mount namespace")
    mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    # Opened first: the stage may cover some of them.
    opened = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source in sources]
    mount("tmpfs", folder, b"tmpfs", _MS_NOSUID, b"mode=0755,size=1m")
    for number, descriptor in enumerate(opened):
        place = f"{folder}/{number}"
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.mkdir(place)  # noqa: PTH102 - importing pathlib costs as much as all this
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
        mount(f"/proc/self/fd/{descriptor}", place, None, _MS_BIND | _MS_REC, None)


if __name__ == "__main__":
    order = json.loads(sys.stdin.readline())
    try:
        stage(order["stage"], order["sources"])
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
