"""The Sandbox port over bubblewrap: namespaces, an allow-listed root, and no way to gain rights.

Bubblewrap run by root is no sandbox (files below /proc/sys stay writable), so
`validators.processes.staging` gives root's rights away first. Which guarantees hold is measured:
`bwrap_checks.py` runs under the very flags of every command. Not there yet: a seccomp filter, a
disk quota, and a memory limit that the kernel keeps for all processes together (the supervisor's
watch sees neither files in memory nor what lasts less than a tenth of a second).
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from validators.processes.layer import remove, spread
from validators.processes.layered_session import (
    HOME,
    TEMPORARY,
    Ground,
    LayeredSession,
    Request,
    check_mounts,
)
from validators.processes.measuring import Bait, measure
from validators.processes.process_limits import limited
from validators.processes.staging import Staging, owner, stage
from validators.processes.supervise import Launch
from validators.processes.user_namespaces import how_to_allow
from validators.sandbox import (
    WORKSPACE,
    Completed,
    Guarantee,
    Limits,
    Mount,
    Phase,
    Probe,
    SandboxRefusal,
)

Held = frozenset[Guarantee]

_INSIDE_UID = "1000"  # who commands are to themselves, the same on every machine
_ROOT_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
_ETC = (
    *("alternatives", "ca-certificates", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
    *("mime.types", "nsswitch.conf", "os-release", "pki", "protocols", "services"),
    *("ssl/certs", "ssl/openssl.cnf"),
)
_ETC_OF_NETWORK = ("gai.conf", "hosts", "resolv.conf")
_ETC_OF_OURS = {
    "passwd": f"changewright:x:{_INSIDE_UID}:{_INSIDE_UID}::{HOME}:/bin/sh\n",
    "group": f"changewright:x:{_INSIDE_UID}:\n",
    "hosts": "127.0.0.1 localhost changewright\n",
}
_CHECKS = Path(__file__).with_name("bwrap_checks.py")
_SHORT_PLACES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - for sockets, not for files
_INSTALL = "apt-get install bubblewrap"
_OF_NO_NETWORK: Held = frozenset({"no-network", "no-host-sockets"})


class BwrapSandbox:
    """Commands behind bubblewrap at ``binary``; private layers are folders in ``scratch``."""

    name = "bwrap"

    def __init__(self, scratch: Path, binary: Path = Path("/usr/bin/bwrap")) -> None:
        self._scratch = scratch
        self._binary = binary
        self._probe: Probe | None = None

    def probe(self) -> Probe:
        """Run the very flags that commands will run under, and report what held."""
        if self._probe is None:
            self._probe = self._measured()
        return self._probe

    def open(self, tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        probe = self.probe()
        if not probe.usable:
            raise SandboxRefusal(
                f"there is no sandbox here: {probe.why_not}; to mend it: {probe.mend}"
            )
        if phase.network and phase.name != "setup":
            raise SandboxRefusal(f"only the setup phase may have network, not {phase.name}")
        held = probe.guarantees - (_OF_NO_NETWORK if phase.network else frozenset())
        missing = sorted(phase.require - held)
        if missing:
            raise SandboxRefusal(
                f"the {self.name} sandbox does not guarantee {', '.join(missing)} in the"
                f" {phase.name} phase on this machine; `changewright doctor` tells what it does"
            )
        return self._open(tree, phase, limits, held)

    def _open(self, tree: Path, phase: Phase, limits: Limits, held: Held) -> LayeredSession:
        check_mounts(phase)
        layer = spread(tree, self._scratch, owner())
        with ExitStack() as undo:
            undo.callback(remove, layer.folder)
            etc = layer.folder / "etc"
            etc.mkdir()
            etc.chmod(0o755)  # whatever our umask is: it may be read by another user than us
            for name, text in _ETC_OF_OURS.items():
                (etc / name).write_text(text, "ascii")
                (etc / name).chmod(0o644)
            sources = (layer.tree, etc, *(mount.source for mount in phase.mounts))
            staging = stage(sources)
            places = (Mount(layer.tree, WORKSPACE, writable=True), *phase.mounts)
            cage = _Cage(self._binary, staging, etc, places, phase.network)
            ground = Ground(self.name, cage.prepare, held, staging.close)
            undo.pop_all()
            return LayeredSession(layer, phase, limits, ground, time.monotonic)

    def _measured(self) -> Probe:
        if not self._binary.exists():
            why_not = f"bubblewrap is not installed ({self._binary} does not exist)"
            return Probe(self.name, usable=False, why_not=why_not, mend=_INSTALL)
        try:
            with ExitStack() as stack:
                bait = _bait(self._scratch, stack)
                held = measure(partial(self._open, held=frozenset()), bait)
        except SandboxRefusal as refusal:
            mend = f"It must be version 0.8 or newer. {how_to_allow()}"
            return Probe(self.name, usable=False, why_not=str(refusal), mend=mend)
        told = subprocess.run([self._binary, "--version"], env={}, capture_output=True, check=False)
        version = told.stdout.decode("ascii", "replace").strip()
        return Probe(self.name, usable=True, guarantees=held, version=version)


@dataclass(frozen=True, slots=True)
class _Cage:
    """The walls of one session."""

    binary: Path
    staging: Staging
    etc: Path
    mounts: tuple[Mount, ...]
    network: bool

    @contextmanager
    def prepare(self, request: Request, limits: Limits) -> Iterator[Launch]:
        """Yield the process that is the walls with the command in them.

        Its options go through a file in memory: what a command line holds, everybody can read.
        """
        with ExitStack() as stack:
            options = _memory_file("options", stack)
            status = _memory_file("status", stack)
            words = [*self._walls(request), *self._places(limits), "--json-status-fd", str(status)]
            os.pwrite(options, b"".join(os.fsencode(word) + b"\0" for word in words), 0)

            def explain(completed: Completed) -> Completed:
                return _explained(completed, os.pread(status, 65_536, 0))

            command = limited(request.argv, limits, counts_processes=True)
            walls = (*self.staging.prefix, str(self.binary), "--args", str(options), "--")
            yield Launch(
                walls + command,
                environment={},
                cwd=Path("/"),
                stdin=request.stdin,
                descriptors=(options, status),
                handed_over=request.handed_over,
                explain=explain,
                walled=True,
            )

    def _walls(self, request: Request) -> list[str]:
        walls = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
        walls += ["--share-net"] if self.network else []
        walls += ["--die-with-parent", "--new-session", "--hostname", "changewright"]
        walls += ["--uid", _INSIDE_UID, "--gid", _INSIDE_UID, "--chdir", request.cwd, "--clearenv"]
        for name, value in request.environment.items():
            walls += ["--setenv", name, value]
        return walls

    def _places(self, limits: Limits) -> list[str]:
        """Return what can be seen: this and nothing else of the machine."""
        # A file system in memory is memory nobody is charged for: together at most the limit.
        size = str(max(limits.memory_bytes // 4, 1024**2))
        places = ["--ro-bind", "/usr", "/usr", *_root_folders()]
        shown = (*_ETC, *(_ETC_OF_NETWORK if self.network else ()))
        for name in shown:
            places += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        etc = self.staging.places[self.etc]
        for name in _ETC_OF_OURS:
            if name not in shown:
                places += ["--ro-bind", f"{etc}/{name}", f"/etc/{name}"]
        # /proc/sys of the machine over that of the sandbox: the latter takes writes.
        places += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
        places += ["--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"]  # noqa: S108 - the sandbox's own
        places += ["--perms", "1777", "--size", size, "--tmpfs", TEMPORARY]
        places += ["--perms", "0700", "--size", size, "--tmpfs", HOME]
        for mount in self.mounts:
            bind = "--bind" if mount.writable else "--ro-bind"
            places += [bind, self.staging.places[mount.source], mount.inside]
        return [*places, "--remount-ro", "/dev", "--remount-ro", "/"]


def _root_folders() -> list[str]:
    """Return what makes /bin and the like look as on this machine: links to /usr, or folders."""
    words: list[str] = []
    for folder in map(Path, _ROOT_FOLDERS):
        if folder.is_symlink():
            words += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            words += ["--ro-bind", str(folder), str(folder)]
    return words


def _memory_file(name: str, stack: ExitStack) -> int:
    descriptor = os.memfd_create(name)
    stack.callback(os.close, descriptor)
    return descriptor


def _explained(completed: Completed, status: bytes) -> Completed:
    """Tell the command's own end from that of the walls, which report it as theirs."""
    if completed.code is None:
        return completed
    if b'"exit-code"' not in status:  # only written once the command was started
        detail = completed.stderr.text.strip() or f"bwrap ended with code {completed.code}"
        return replace(completed, outcome="sandbox-error", code=None, detail=detail)
    # Like a shell, the walls add 128 to the signal that ended the command.
    number = completed.code - 128
    if 0 < number < signal.NSIG:
        return replace(completed, outcome="killed", code=None, signal=number)
    return completed


def _short_folder() -> "tempfile.TemporaryDirectory[str]":
    """Return a new folder: an address holds 107 bytes, and the state folder may be deeper."""
    for place in _SHORT_PLACES:
        with suppress(OSError):  # read-only or full: the next may not be
            return tempfile.TemporaryDirectory(prefix="changewright-", dir=place)
    raise SandboxRefusal(
        f"none of {', '.join(_SHORT_PLACES)} can be written to, so the sandbox cannot be measured;"
        " make one of them writable"
    )


def _bait(scratch: Path, stack: ExitStack) -> Bait:
    """Return a folder and sockets of the host; they last until ``stack`` is unwound."""
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="probe-", dir=scratch))
    except OSError as error:
        raise SandboxRefusal(f"{scratch} cannot be written to: {error.strerror}") from error
    stack.callback(remove, folder)
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    short = stack.enter_context(_short_folder())
    names = (f"{short}/socket", f"\0changewright-{folder.name}")
    for name in names:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(name)
        listener.listen()
    return Bait(folder, _CHECKS, tcp.getsockname(), names)
