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
from dataclasses import dataclass, replace
from pathlib import Path

from validators.processes.layered_session import LayeredSession
from validators.processes.staging import owner
from validators.sandbox import Guarantee, Limits, Mount, Phase, RunOutcome, SandboxRefusal

_INSIDE = "/opt/changewright/checks.py"
_MIB = 1024**2
_PROCESSES = 12
_LIMITS = Limits(
    timeout_s=20.0,
    memory_bytes=64 * _MIB,
    processes=_PROCESSES,
    disk_bytes=8 * _MIB,
    disk_files=500,
)
_ORPHAN_S = 3.0
_ORPHAN_WATCH_S = 0.03
# Ways to have too much; each must be stopped. Memory is given back when a command ends, files stay.
_MEMORY_WAYS = (
    *("shared memory", "files in memory", "nameless memory"),
    *("memory of no process", "memory on its way"),
)
_DISK_WAYS = ("bytes", "files", "nameless files")
# The system's own shell: it starts in a millisecond. It fails where something can be written that
# must not be, and tells what the kernel says of its rights and its network.
_LOOK = """
for place in / /usr /etc /dev /proc/sys/kernel; do
  if true 2>/dev/null >"$place/changewright-probe"; then exit 9; fi
done
[ ! -e "$1" ] || exit 8
while read -r name value; do
  case $name in CapEff:|CapBnd:|NoNewPrivs:|Seccomp:) echo "$name$value";; esac
done </proc/self/status
while read -r name rest; do
  case $name in *:*) echo "interface $name";; esac
done </proc/net/dev
"""
# What is stacked is changed, deleted and replaced in three different ways.
_CHANGE = """
set -e
echo changed >file; chmod 777 file; rm gone; rm -r folder; mkdir folder; echo new >folder/new
"""
_RIGHTS = ["CapEff:" + "0" * 16, "CapBnd:" + "0" * 16, "NoNewPrivs:1"]


@dataclass(frozen=True, slots=True)
class Bait:
    """What of the host must not be reached: ``folder`` is ours to fill and to delete.

    ``tcp`` and ``unix`` are addresses at which somebody answers; ``checks`` is the script.
    ``set_up`` is a phase in which a gateway that leads nowhere has its socket at ``gateway``.
    """

    folder: Path
    checks: Path
    tcp: tuple[str, int]
    unix: tuple[str, ...]
    set_up: Phase
    gateway: str


Open = Callable[[Path, Phase, Limits], LayeredSession]


def measure(open_session: Open, bait: Bait) -> frozenset[Guarantee]:
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
        if all(_ends(session, way) == "oom" for way in _MEMORY_WAYS):
            held.add("memory-total")
    if _stays(open_session, bait.folder / "plain") and _stays(open_session, _kept(bait.folder)):
        held.add("original-untouched")
    if all(_stops(open_session, bait, way) for way in _DISK_WAYS):
        held.add("disk-quota")
    return frozenset(held | held_in_set_up(open_session, bait))


def still_holds(open_session: Open, scratch: Path, guarantees: frozenset[Guarantee]) -> bool:
    """Whether a short look agrees with ``guarantees`` measured before.

    ``scratch`` is a folder of the host, to be filled and not to be seen inside.
    """
    empty = scratch / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    try:
        with open_session(empty, Phase("snippet"), _LIMITS) as session:
            done = session.run(["/bin/sh", "-c", _LOOK, "sh", str(scratch)])
    except SandboxRefusal:
        return False
    said = set(done.stdout.text.splitlines())
    if "seccomp" in guarantees and "Seccomp:2" not in said:
        return False
    said -= {"Seccomp:0", "Seccomp:2"}
    return done.outcome == "ok" and said == {*_RIGHTS, "interface lo:"}


def held_in_set_up(open_session: Open, bait: Bait) -> set[Guarantee]:
    """Return what holds where a set-up's gateway, and nobody else, is to be reached."""
    mounts = dict.fromkeys((*bait.set_up.mounts, *_phase(bait.checks).mounts))
    phase = replace(bait.set_up, mounts=tuple(mounts))
    asked = {"gateway": bait.gateway, "tcp": bait.tcp, "unix": bait.unix}
    try:
        with open_session(bait.folder / "tree", phase, _LIMITS) as session:
            done = session.run(_argv(asked))
    except SandboxRefusal:  # a kernel of its own may have no way for a socket of the machine's
        return set()
    return set(json.loads(done.stdout.head)) if done.outcome == "ok" else set()


def _kept(folder: Path) -> Path:
    """Return where a tree has the form of those we keep, over which the kernel may stack."""
    tree = folder / "kept" / ("0" * 40)
    tree.parent.mkdir()
    tree.with_name(f"{tree.name}.lock").touch()
    return tree


def _stays(open_session: Open, tree: Path) -> bool:
    """Whether all of a new ``tree`` is as it was once a command changed it in every way."""
    (tree / "folder").mkdir(parents=True)
    for name in ("file", "gone", "folder/below"):
        (tree / name).write_bytes(b"original")
    uid = owner()
    if uid is not None:
        for path in tree.rglob("*"):
            os.chown(path, uid, uid)
    before = _contents(tree)
    with open_session(tree, Phase("snippet"), _LIMITS) as session:
        done = session.run(["/bin/sh", "-c", _CHANGE])
    return done.outcome == "ok" and _contents(tree) == before


def _contents(tree: Path) -> Mapping[Path, tuple[int, int, bytes]]:
    status = {path: path.lstat() for path in tree.rglob("*")}
    return {
        path: (one.st_mode, one.st_mtime_ns, b"" if path.is_dir() else path.read_bytes())
        for path, one in status.items()
    }


def _stops(open_session: Open, bait: Bait, way: str) -> bool:
    with open_session(bait.folder / "tree", _phase(bait.checks), _LIMITS) as session:
        return _ends(session, way) == "output-limit"


def _ends(session: LayeredSession, way: str) -> RunOutcome:
    facts = {"excess": way, "memory_bytes": _LIMITS.memory_bytes}
    disk = {"disk_bytes": _LIMITS.disk_bytes, "disk_files": _LIMITS.disk_files}
    return session.run(_argv(facts | disk)).outcome


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
