"""The Sandbox port over bubblewrap: namespaces, an allow-listed root, and no way to gain rights.

Bubblewrap run by root is no sandbox (files below /proc/sys stay writable), so
`validators.processes.staging` gives root's rights away first. Which guarantees hold is measured:
`bot/probing/checks.py` runs under the very flags of every command. That takes a while, so its
result is kept until anything about it changes; at each start a short look must agree with it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.probing.bait import lay_bait
from bot.probing.kept_probe import KeptProbe, circumstances
from bot.probing.ways import bwrap_ways
from validators.processes.layer import lay
from validators.processes.layered_session import (
    HOME,
    TEMPORARY,
    Ground,
    LayeredSession,
    Request,
    check_mounts,
)
from validators.processes.measuring import measure, still_holds
from validators.processes.process_limits import limited
from validators.processes.seccomp import seccomp_filter
from validators.processes.session_bounds import SessionBounds, bound, machine_bounds
from validators.processes.stacking import file_system_of, why_not_stacked
from validators.processes.staging import Staging, owner, stage
from validators.processes.supervise import Launch
from validators.processes.system_places import INSIDE_UID, root_folders, write_etc
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
_IN_MEMORY = {"/dev/shm": "1777", TEMPORARY: "1777", HOME: "0700"}  # noqa: S108 - the sandbox's own
_INSTALL = "apt-get install bubblewrap"


class BwrapSandbox:
    """Commands behind bubblewrap at ``binary``; private layers are folders in ``scratch``.

    What was measured is kept in the file ``kept``, nowhere without one.
    """

    name = "bwrap"

    def __init__(
        self, scratch: Path, binary: Path = Path("/usr/bin/bwrap"), kept: Path | None = None
    ) -> None:
        self._scratch = scratch
        self._binary = binary
        self._kept = kept
        self._probe: Probe | None = None

    def probe(self) -> Probe:
        """Report what held when it was measured under the very flags that commands run under."""
        if self._probe is None:
            self._probe = self._remembered() or self.measure()
        return self._probe

    def measure(self) -> Probe:
        """Measure everything, whatever was measured before, and keep it."""
        self._probe = self._measured()
        if self._kept and self._binary.exists():
            KeptProbe(self._kept).write(self._circumstances(), self._probe)
        return self._probe

    def open(self, tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        probe = self.probe()
        if not probe.usable:
            raise SandboxRefusal(
                f"there is no sandbox here: {probe.why_not}; to mend it: {probe.mend}"
            )
        missing = sorted(phase.require - probe.guarantees)
        if missing:
            raise SandboxRefusal(
                f"the {self.name} sandbox does not guarantee {', '.join(missing)} in the"
                f" {phase.name} phase on this machine; `changewright doctor` tells what it does"
            )
        return self._open(tree, phase, limits, probe.guarantees)

    def _open(self, tree: Path, phase: Phase, limits: Limits, held: Held) -> LayeredSession:
        check_mounts(phase)
        layer = lay(tree, self._scratch, owner())
        with ExitStack() as undo:
            undo.callback(layer.close)
            etc = layer.folder / "etc"
            bound_etc = write_etc(etc)
            sources = (layer.tree, etc, *(mount.source for mount in phase.mounts))
            staging = stage(sources, layer.overlay)
            kept = undo.enter_context(ExitStack())
            kept.callback(staging.close)
            written = [mount.source for mount in phase.mounts if mount.writable]
            bounds = bound(limits, [layer.written, *written], tuple(_IN_MEMORY))
            kept.callback(bounds.close)
            held = bounds.kept_of(held, phase.require)
            places = (Mount(layer.tree, WORKSPACE, writable=True), *phase.mounts)
            cage = _Cage(self._binary, staging, etc, bound_etc, places, bounds)
            ground = Ground(self.name, cage.prepare, held, kept.pop_all().close)
            undo.pop_all()
            return LayeredSession(layer, phase, limits, ground, time.monotonic)

    def _remembered(self) -> Probe | None:
        """Return what was measured under the same circumstances, if a short look agrees."""
        if self._kept is None or not self._binary.exists():
            return None
        probe = KeptProbe(self._kept).read(self._circumstances())
        open_session = partial(self._open, held=frozenset())
        agrees = probe and still_holds(open_session, self._scratch, probe.guarantees)
        return probe if agrees else None

    def _circumstances(self) -> str:
        return circumstances(self._binary, machine_bounds(), file_system_of(self._scratch))

    def _measured(self) -> Probe:
        if not self._binary.exists():
            why_not = f"bubblewrap is not installed ({self._binary} does not exist)"
            return Probe(self.name, usable=False, why_not=why_not, mend=_INSTALL)
        try:
            with ExitStack() as stack:
                open_session = partial(self._open, held=frozenset())
                held = measure(open_session, lay_bait(self._scratch, stack))
        except SandboxRefusal as refusal:
            mend = f"It must be version 0.8 or newer. {how_to_allow()}"
            return Probe(self.name, usable=False, why_not=str(refusal), mend=mend)
        told = subprocess.run([self._binary, "--version"], env={}, capture_output=True, check=False)
        version = told.stdout.decode("ascii", "replace").strip()
        why_copied = why_not_stacked(self._scratch.absolute(), owner())
        with closing(bound(Limits(), (), ())) as bounds:
            ways = bwrap_ways(bounds.kept_by, why_copied, is_filtered="seccomp" in held)
        return Probe(self.name, usable=True, guarantees=held, version=version, kept_by=ways)


@dataclass(frozen=True, slots=True)
class _Cage:
    """The walls of one session, and what watches over what they cannot hold."""

    binary: Path
    staging: Staging
    etc: Path
    bound_etc: tuple[str, ...]
    mounts: tuple[Mount, ...]
    bounds: SessionBounds

    @contextmanager
    def prepare(self, request: Request, limits: Limits) -> Iterator[Launch]:
        """Yield the process that is the walls with the command in them.

        Its options go through a file in memory: what a command line holds, everybody can read.
        """
        with ExitStack() as stack:
            status = _memory_file("status", stack)
            words = [*self._walls(request), *self._places(limits), "--json-status-fd", str(status)]
            inherited = [status]
            seccomp = seccomp_filter(os.uname().machine)
            if seccomp:
                inherited.append(_memory_file("seccomp", stack, seccomp))
                words += ["--seccomp", str(inherited[-1])]
            options = b"".join(os.fsencode(word) + b"\0" for word in words)
            inherited.append(_memory_file("options", stack, options))
            outside = (*self.bounds.prefix, *self.staging.prefix)
            walls = (*outside, str(self.binary), "--args", str(inherited[-1]), "--")

            def explain(completed: Completed) -> Completed:
                return _explained(completed, os.pread(status, 65_536, 0))

            yield Launch(
                (*walls, *limited(request.argv, limits, counts_processes=True)),
                environment={},
                cwd=Path("/"),
                stdin=request.stdin,
                descriptors=tuple(inherited),
                handed_over=request.handed_over,
                explain=explain,
                walled=True,
                watches=self.bounds.watches(),
            )

    def _walls(self, request: Request) -> list[str]:
        walls = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
        walls += ["--die-with-parent", "--new-session", "--hostname", "changewright"]
        walls += ["--uid", INSIDE_UID, "--gid", INSIDE_UID, "--chdir", request.cwd, "--clearenv"]
        for name, value in request.environment.items():
            walls += ["--setenv", name, value]
        return walls

    def _places(self, limits: Limits) -> list[str]:
        """Return what can be seen: this and nothing else of the machine."""
        # Where nobody counts it, a file system in memory must be small itself.
        size = str(max(limits.memory_bytes // 4, 1024**2))
        places = ["--ro-bind", "/usr", "/usr"]
        for folder, target in root_folders().items():
            kind, source = ("--symlink", target) if target else ("--ro-bind", folder)
            places += [kind, source, folder]
        places += ["--ro-bind", self.staging.places[self.etc], "/etc"]
        for name in self.bound_etc:
            places += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        # /proc/sys of the machine over that of the sandbox: the latter takes writes.
        places += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
        for folder, mode in _IN_MEMORY.items():
            places += ["--perms", mode, "--size", size, "--tmpfs", folder]
        for mount in self.mounts:
            bind = "--bind" if mount.writable else "--ro-bind"
            places += [bind, self.staging.places[mount.source], mount.inside]
        return [*places, "--remount-ro", "/dev", "--remount-ro", "/"]


def _memory_file(name: str, stack: ExitStack, contents: bytes = b"") -> int:
    descriptor = os.memfd_create(name)
    stack.callback(os.close, descriptor)
    os.pwrite(descriptor, contents, 0)
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
