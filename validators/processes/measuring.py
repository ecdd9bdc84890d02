"""Measures what a sandbox guarantees, by doing in it what must not work.

The same measurement for every backend: a script plays the stranger inside, and what can only be
seen from outside is looked at from here. A guarantee that is not measured is not given.
"""

import json
import os
import pwd
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from validators.processes.layered_session import LayeredSession
from validators.sandbox import Guarantee, Limits, Mount, Phase, SandboxRefusal

_INSIDE = "/opt/changewright/checks.py"
_MIB = 1024**2
_PROCESSES = 12
_LIMITS = Limits(timeout_s=20.0, memory_bytes=96 * _MIB, processes=_PROCESSES)
_ORPHAN_S = 3.0
_ORPHAN_WATCH_S = 0.03


@dataclass(frozen=True, slots=True)
class Bait:
    """What of the host must not be reached: ``folder`` is ours to fill and to delete.

    ``tcp`` and ``unix`` are addresses at which somebody answers; ``checks`` is the script.
    """

    folder: Path
    checks: Path
    tcp: tuple[str, int]
    unix: tuple[str, ...]


def measure(
    open_session: Callable[[Path, Phase, Limits], LayeredSession], bait: Bait
) -> frozenset[Guarantee]:
    """Return the guarantees that held; SandboxRefusal when nothing can be run at all."""
    original = bait.folder / "tree" / "file"
    original.parent.mkdir()
    original.write_bytes(b"original")
    with open_session(original.parent, _phase(bait.checks), _LIMITS) as session:
        done = session.run(_argv(_facts(bait)))
        if done.outcome != "ok":
            raise SandboxRefusal(done.detail or done.stderr.text.strip() or done.outcome)
        held: set[Guarantee] = set(json.loads(done.stdout.head))
        if _has_stopped(session.tree / "orphan"):
            held.add("orphans-killed")
        if original.read_bytes() == b"original":
            held.add("original-untouched")
        if session.run(_argv({"too_much_bytes": 2 * _LIMITS.memory_bytes})).outcome == "oom":
            held.add("memory-total")
    return frozenset(held)


def _argv(facts: Mapping[str, object]) -> list[str]:
    python = Path(sys.executable).resolve()
    return [str(python), "-I", "-S", _INSIDE, json.dumps({**facts, "orphan_s": _ORPHAN_S})]


def _phase(checks: Path) -> Phase:
    """Return a phase with our own interpreter in it, which may live in a closed home folder."""
    mounts = [Mount(checks, _INSIDE)]
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/usr"):
        mounts.append(Mount(prefix, str(prefix)))
    return Phase("snippet", mounts=tuple(mounts))


def _facts(bait: Bait) -> Mapping[str, object]:
    return {
        "hidden": [str(bait.folder), *_private_paths()],
        "tcp": bait.tcp,
        "unix": bait.unix,
        "variables": ["PATH", "HOME", "LANG", "TMPDIR", "PWD"],
        "processes": _PROCESSES,
        "memory_bytes": _LIMITS.memory_bytes,
    }


def _private_paths() -> list[str]:
    """Return what lies in our home folder, but for where our interpreter is."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        private = list(home.iterdir()) if home != Path("/") else []
    except (KeyError, OSError):  # we have none, or may not look into it
        return []
    prefix = Path(sys.base_prefix)
    return [str(path) for path in private if not prefix.is_relative_to(path)]


def _has_stopped(file: Path) -> bool:
    """Whether nobody writes to ``file`` any more; never when nobody ever did."""
    if not file.exists():
        return False
    size = file.stat().st_size
    threading.Event().wait(_ORPHAN_WATCH_S)
    return file.stat().st_size == size
