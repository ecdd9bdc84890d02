"""The Sandbox port over podman or docker, for where bubblewrap may not run or is not enough.

One long-lived container per session, one exec per command. Every guarantee is measured with the
flags of every session: an image changes what is seen inside, never the walls.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.container_sandbox.container import Container
from bot.adapters.container_sandbox.engine import ContainerEngine, installed_engines
from bot.adapters.container_sandbox.images import Image, image_of, written_etc
from bot.adapters.container_sandbox.leftovers import sweep
from bot.adapters.container_sandbox.refusals import check_runtime, mending
from bot.adapters.container_sandbox.seccomp import written_profile
from bot.adapters.container_sandbox.walls import Walls
from bot.probing.bait import lay_bait
from bot.probing.kept_probe import KeptProbe, circumstances
from bot.probing.ways import container_ways
from validators.processes.disk_watch import DiskWatch
from validators.processes.layer import remove, spread
from validators.processes.layered_session import (
    HOME,
    TEMPORARY,
    Ground,
    LayeredSession,
    check_mounts,
)
from validators.processes.measuring import measure, still_holds
from validators.processes.memory_watch import MemoryWatch
from validators.processes.staging import owner
from validators.sandbox import (
    WORKSPACE,
    Guarantee,
    Limits,
    Mount,
    Phase,
    Probe,
    SandboxRefusal,
)

Held = frozenset[Guarantee]

_KERNEL = Path("/proc/version")
_LIMITS = Limits(timeout_s=60.0)
_THE_MACHINES = "this machine's kernel"
_INSTALL = "apt-get install podman"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An engine that runs commands here, what is seen inside, and whose kernel serves it."""

    engine: ContainerEngine
    image: Image
    shares_kernel: bool = False


class ContainerSandbox:
    """Commands in containers; private layers are folders in ``scratch``.

    ``runtime`` is an OCI runtime's name or path, "" for the engine's own; ``image`` a name or a
    tarball's path, "" for this machine's system folders. ``engines`` are tried in order. What was
    measured is remembered in the folder ``kept``, if there is one.
    """

    name = "container"

    def __init__(
        self,
        scratch: Path,
        runtime: str = "",
        image: str = "",
        engines: tuple[ContainerEngine, ...] | None = None,
        kept: Path | None = None,
    ) -> None:
        self._scratch = scratch
        self._runtime = runtime
        self._image = image
        self._engines = installed_engines(runtime) if engines is None else engines
        self._kept = kept
        self._probe: Probe | None = None
        self._chosen: _Chosen | None = None

    def probe(self) -> Probe:
        """Report what held when it was measured under the very flags that commands run under."""
        if self._probe is None:
            self._probe = self._remembered() or self.measure()
        return self._probe

    def measure(self) -> Probe:
        """Measure everything, whatever was measured before, and keep it."""
        self._probe = self._measured()
        return self._probe

    def open(self, tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        probe = self.probe()
        if self._chosen is None:
            raise SandboxRefusal(
                f"there is no sandbox here: {probe.why_not}; to mend it: {probe.mend}"
            )
        missing = sorted(phase.require - probe.guarantees)
        if missing:
            raise SandboxRefusal(
                f"the {self.name} sandbox does not guarantee {', '.join(missing)} in the"
                f" {phase.name} phase on this machine; `changewright sandbox probe` tells what it"
                " does"
            )
        return self._opened(self._chosen, probe.guarantees, tree, phase, limits)[0]

    def _opened(
        self, chosen: _Chosen, held: Held, tree: Path, phase: Phase, limits: Limits
    ) -> tuple[LayeredSession, Container]:
        check_mounts(phase)
        uid = owner() if chosen.engine.has_root else None
        layer = spread(tree, self._scratch, uid, "containers work on a copy")
        with ExitStack() as undo:
            undo.callback(remove, layer.folder)
            control, started = layer.folder / "control", layer.folder / "started"
            control.mkdir()
            control.chmod(0o755)  # whatever our umask is: it may be read by another user than us
            started.touch()
            started.chmod(0o666)
            walls = Walls(
                chosen.engine,
                chosen.image,
                control,
                started,
                mounts=(Mount(layer.tree, WORKSPACE, writable=True), *phase.mounts),
                etc=written_etc(layer.folder / "etc"),
                limits=limits,
                seccomp=written_profile(layer.folder) if chosen.engine.is_podman else None,
                shares_kernel=chosen.shares_kernel,
            )
            written = [mount.source for mount in phase.mounts if mount.writable]
            disk = DiskWatch([layer.folder, *written], limits.disk_bytes, limits.disk_files)
            memory = MemoryWatch(limits.memory_bytes, (TEMPORARY, HOME, "/dev/shm"))  # noqa: S108 - inside
            container = Container(walls, (memory.excess, disk.excess))
            container.start()
            ground = Ground(self.name, container.prepare, held, container.close)
            undo.pop_all()
            return LayeredSession(layer, phase, limits, ground, time.monotonic), container

    def _remembered(self) -> Probe | None:
        """Return what was measured under the same circumstances, if a short look agrees."""
        for engine in self._engines if self._kept else ():
            with suppress(SandboxRefusal):  # then measuring will tell why
                image = image_of(engine, self._image)
                probe = self._file(engine).read(_circumstances(engine, image))
                if probe is None:
                    continue
                sweep(engine)
                chosen = _Chosen(engine, image, _THE_MACHINES in probe.version)
                if still_holds(self._opener(chosen), self._scratch, probe.guarantees):
                    self._chosen = chosen
                    return probe
        return None

    def _file(self, engine: ContainerEngine) -> KeptProbe:
        return KeptProbe((self._kept or self._scratch) / f"{engine.name}.json")

    def _opener(self, chosen: _Chosen) -> Callable[[Path, Phase, Limits], LayeredSession]:
        """Return what opens sessions of which nothing is known yet."""

        def opened(tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
            return self._opened(chosen, frozenset(), tree, phase, limits)[0]

        return opened

    def _measured(self) -> Probe:
        if not self._engines:
            why_not = "neither podman nor docker is installed"
            return Probe(self.name, usable=False, why_not=why_not, mend=_INSTALL)
        refusals: list[str] = []
        for engine in self._engines:
            try:
                return self._measured_with(engine)
            except SandboxRefusal as refusal:
                refusals.append(str(refusal))
                if self._kept:
                    self._file(engine).forget()
        why_not = "; ".join(refusals)
        return Probe(self.name, usable=False, why_not=why_not, mend=mending(refusals[0]))

    def _measured_with(self, engine: ContainerEngine) -> Probe:
        sweep(engine)
        with ExitStack() as stack:
            bait = lay_bait(self._scratch, stack)
            seen = _Chosen(engine, image_of(engine, self._image))
            runtime, kernel = self._look(seen, bait.folder)
            shares_kernel = kernel == _KERNEL.read_text("utf-8").strip()
            check_runtime(self._runtime, runtime, shares_kernel=shares_kernel)
            measured = _Chosen(engine, image_of(engine, ""), shares_kernel)
            held = measure(self._opener(measured), bait)
        self._chosen = _Chosen(engine, seen.image, shares_kernel)
        whose = _THE_MACHINES if shares_kernel else f"a kernel of its own ({kernel})"
        told = engine.ask("--version").split(",")[0]
        image = f"{seen.image.name} ({seen.image.digest})"
        # Evidence repeats it, and names no path of a machine.
        version = f"{told}, runtime {Path(runtime).name} on {whose}, {image}"
        ways = container_ways(
            has_memory_group="memory-total" in held,
            shares_kernel=shares_kernel,
            has_own_filter=engine.is_podman,
        )
        probe = Probe(self.name, usable=True, guarantees=held, version=version, kept_by=ways)
        if self._kept:
            self._file(engine).write(_circumstances(engine, seen.image), probe)
        return probe

    def _look(self, chosen: _Chosen, folder: Path) -> tuple[str, str]:
        """Return which runtime the engine used for the wanted image, and the kernel seen inside."""
        empty = folder / "empty"
        empty.mkdir()
        phase = Phase("snippet")
        session, container = self._opened(chosen, frozenset(), empty, phase, _LIMITS)
        with session:
            done = session.run(["cat", str(_KERNEL)])
            if done.outcome != "ok":
                why = done.detail or done.stderr.text.strip() or done.outcome
                raise SandboxRefusal(f"no command runs in {chosen.image.name}: {why}")
            return container.runtime(), done.stdout.text.strip()


def _circumstances(engine: ContainerEngine, image: Image) -> str:
    """Return a digest of all that decides whether these walls hold, our own code included."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    code = [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources]
    facts = (engine.runtime, engine.ask("--version"), image.identity, image.digest, code)
    return circumstances(engine.binary, *facts)
