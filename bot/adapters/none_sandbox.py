"""The Sandbox port with no walls at all: the person's own risk, taken by --unsafe-no-sandbox.

Time, output and memory are watched as everywhere, and the tree is a copy; but a command may read,
write and reach whatever its user may. So it guarantees nothing, and no phase that requires anything
opens. Places that only exist inside of real walls are replaced by where they stand on the host.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from validators.processes.layer import spread
from validators.processes.layered_session import (
    HOME,
    TEMPORARY,
    Ground,
    LayeredSession,
    Request,
    check_mounts,
)
from validators.processes.process_limits import limited
from validators.processes.supervise import Launch
from validators.sandbox import TOOLS, WORKSPACE, Limits, Phase, Probe, SandboxRefusal

_LOUD = (
    "NO SANDBOX (--unsafe-no-sandbox): commands of the repository run as this user, who may read,"
    " change and reach whatever they ask for"
)


class NoneSandbox:
    """Commands as this user, nothing around them; private layers are folders in ``scratch``."""

    name = "none"

    def __init__(self, scratch: Path, tell: Callable[[str], None] | None = None) -> None:
        """``tell`` is told once, before the first command, that it runs without walls."""
        self._scratch = scratch
        self._tell = tell

    def probe(self) -> Probe:
        """Report what is known without measuring: it can be used, and it holds nothing."""
        return Probe(self.name, usable=True)

    def open(self, tree: Path, phase: Phase, limits: Limits) -> LayeredSession:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        if phase.require:
            raise SandboxRefusal(
                f"without a sandbox nothing guarantees {', '.join(sorted(phase.require))};"
                " install bubblewrap, or let sandbox.require ask for nothing"
            )
        check_mounts(phase)
        if self._tell is not None:
            self._tell(_LOUD)
            self._tell = None
        layer = spread(tree, self._scratch, why="without walls nothing is mounted")
        own = {WORKSPACE: layer.tree, HOME: layer.folder / "home", TEMPORARY: layer.folder / "tmp"}
        own[TOOLS] = layer.folder / "tools"
        for place in own.values():
            place.mkdir(exist_ok=True)
        for mount in phase.mounts:
            if mount.inside.startswith(f"{TOOLS}/"):  # found by the name alone, too: by PATH
                own[TOOLS].joinpath(Path(mount.inside).name).symlink_to(mount.source.absolute())
        mounts = {mount.inside: mount.source.absolute() for mount in phase.mounts}
        ground = Ground(self.name, _Places(own | mounts).prepare)
        return LayeredSession(layer, phase, limits, ground, time.monotonic)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where what a command knows by its place inside stands on the host."""

    hosts: Mapping[str, Path]

    @contextmanager
    def prepare(self, request: Request, limits: Limits) -> Iterator[Launch]:
        """Yield the command itself, limited, in the places of the host."""
        argv = tuple(self._on_host(word) for word in request.argv)
        environment = {name: self._on_host(text) for name, text in request.environment.items()}
        # A command that cannot be put where it belongs is not put elsewhere: starting it fails.
        cwd = Path(self._on_host(request.cwd))
        yield Launch(
            limited(argv, limits, counts_processes=False),
            environment,
            cwd,
            stdin=request.stdin,
            handed_over=request.handed_over,
        )

    def _on_host(self, text: str) -> str:
        """Replace places that stand at the start of ``text`` or after ``=``, ``:``, space, quote.

        All in one pass, the longest first: what replaces one may look like another.
        """
        places = "|".join(re.escape(place) for place in sorted(self.hosts, key=len, reverse=True))
        pattern = rf"(?<![^=:\s'\"])({places})(?![^/:\s'\"])"
        return re.sub(pattern, lambda found: str(self.hosts[found[1]]), text)
