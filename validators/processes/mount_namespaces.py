"""Mount namespaces nobody else sees, in which folders stand where commands can reach them.

A namespace lives as long as somebody holds it open, and all that is mounted in it goes with it: a
process that is killed leaves no mount. Root makes one in a thread of its own, without starting
anything; an ordinary user may mount only in a user namespace, which takes another process.
"""

import ctypes
import os
import stat
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scoping.threads import begin, whole
from validators.processes.overlay import OPTIONS, Overlay

_CLONE_NEWNS = 0x00020000
_MS_NOSUID = 2
_MS_NODEV = 4
_MS_BIND = 4096
_MS_REC = 16384
_MS_PRIVATE = 1 << 18

_UNSHARE = ("/usr/bin/unshare", "--user", "--map-root-user", "--mount", "--propagation", "private")
# Run in the layer's folder: names of our own, whatever the path to it holds. It tells that it is
# ready, and waits until we hold the namespaces.
_MOUNT_OVERLAY = (
    'mount -n -i -t overlay -o "$1" overlay "$2" && echo ready && read -r line',
    "mount-overlay",
    f"nosuid,nodev,{OPTIONS},lowerdir=lower,upperdir=upper,workdir=work",
)
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}


def staged_namespace(stage: str, sources: Sequence[Path], overlay: Overlay | None) -> int:
    """Return an open mount namespace in which source N stands at stage/N; for root alone.

    A source that is the place of ``overlay`` is that overlay. OSError names what could not be
    mounted.
    """

    def make() -> int:
        _unshare()
        _stage(stage, sources, overlay)
        return os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    # Of all that a thread shares with its process it gives up the mounts alone.
    with whole:
        return begin(make, "mount-namespace").result()


def overlay_namespaces(overlay: Overlay) -> tuple[int, int]:
    """Return open user and mount namespaces in which ``overlay`` is mounted at its place.

    For an ordinary user, who is root in the first of them and nobody else is there. OSError tells
    why there are none.
    """
    folder = overlay.place.parent
    (folder / "lower").symlink_to(overlay.lower.absolute())
    with subprocess.Popen(
        [*_UNSHARE, "--", "/bin/sh", "-c", *_MOUNT_OVERLAY, overlay.place.name],
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as process:
        assert process.stdout is not None and process.stderr is not None  # noqa: PT018, S101 - pipes
        if process.stdout.readline() == b"ready\n":
            user, mount = (
                os.open(f"/proc/{process.pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
                for name in ("user", "mnt")
            )
            return user, mount
        why = process.stderr.read().decode("utf-8", "replace").strip()
    raise OSError(0, why or "no reason was given", "an overlay in a user namespace")


def _unshare() -> None:
    _check(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS), "a mount namespace")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)


def _stage(stage: str, sources: Sequence[Path], overlay: Overlay | None) -> None:
    with ExitStack() as stack:
        # Opened first: the stage may cover some of them.
        opened = [_open(source, stack) for source in sources]
        folders = overlay and _folders(overlay, stack)
        _mount("tmpfs", stage, "tmpfs", _MS_NOSUID, "mode=0755,size=1m")
        for number, (source, descriptor) in enumerate(zip(sources, opened, strict=True)):
            place = f"{stage}/{number}"
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                os.mkdir(place)  # noqa: PTH102 - beside the calls that Path does not have
            else:
                os.close(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
            if overlay and folders and source == overlay.place:
                _mount("overlay", place, "overlay", _MS_NOSUID | _MS_NODEV, folders)
            else:
                _mount(f"/proc/self/fd/{descriptor}", place, None, _MS_BIND | _MS_REC)


def _folders(overlay: Overlay, stack: ExitStack) -> str:
    """Return the options of an overlay, with no path in them: commands can read what they are."""
    paths = {"lowerdir": overlay.lower, "upperdir": overlay.upper, "workdir": overlay.work}
    named = [f"{name}=/proc/self/fd/{_open(path, stack)}" for name, path in paths.items()]
    return ",".join((OPTIONS, *named))


def _open(path: Path, stack: ExitStack) -> int:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    return descriptor


def _mount(source: str, place: str, kind: str | None, flags: int, data: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(source), os.fsencode(place), kind and kind.encode())
    _check(libc.mount(*names, ctypes.c_ulong(flags), data.encode() or None), place)


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)
