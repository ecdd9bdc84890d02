"""What is found out of this machine, or made, once for all the tests that start the program anew.

Measuring the sandbox takes seconds, and a state folder that is new knows nothing. The tests of
measuring itself begin with folders of their own.
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from bot.indexes.tool_defaults import tool_defaults

_shared: list[Path] = []
# Once each: who moves a state folder away wants it to stay away.
_lent: set[Path] = set()


def share_in(folder: Path) -> None:
    """Keep the measurement in ``folder``, which all workers of these tests see."""
    _shared[:] = [folder]


def lend(state: Path, *, again: bool = False) -> Path:
    """Return ``state``, where it is new, or where that is said, with what was measured."""
    if not again and (state in _lent or state.exists() or not state.parent.is_dir()):
        return state
    with for_all_workers("found-out") as folder:
        if folder is None:
            return state
        kept = folder / "found-out"
        if not kept.exists():
            _find_out(kept, folder / "probe-scratch")
    _lent.add(state)
    shutil.copytree(kept, state / "probes")
    state.chmod(0o700)
    return state


def containers(scratch: Path) -> ContainerSandbox:
    """Return containers by the engine's own runtime, or by runc where only that one works."""
    with for_all_workers("containers") as folder:
        return _usable(scratch, folder / "containers" if folder else None)


@contextmanager
def for_all_workers(name: str) -> Iterator[Path | None]:
    """Yield the folder that all workers see, or None; keep others of this ``name`` out."""
    if not _shared:
        yield None
        return
    with (_shared[0] / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _shared[0]


def _usable(scratch: Path, kept: Path | None) -> ContainerSandbox:
    sandbox = ContainerSandbox(scratch, kept=kept)
    if not sandbox.probe().usable and shutil.which("runc"):
        sandbox = ContainerSandbox(scratch, "runc", kept=kept)
        sandbox.probe()
    return sandbox


def _find_out(kept: Path, scratch: Path) -> None:
    for place in (kept, scratch):
        place.mkdir(mode=0o700)
    BwrapSandbox(scratch, kept=kept / "bwrap.json").measure()
    own_python = Path(sys.executable).resolve()
    tool_defaults({"PATH": os.environ["PATH"]}, own_python, kept / "tools.json")
