"""What a session as a whole is bounded by, and what it says when that is less than was measured."""

import time
from pathlib import Path

import pytest

from validators.processes.cgroups import hierarchies
from validators.processes.disk_watch import DiskWatch
from validators.processes.memory_watch import MemoryWatch
from validators.processes.session_bounds import SessionBounds, bound, machine_bounds
from validators.processes.supervise import Launch, supervise
from validators.sandbox import Guarantee, Limits, SandboxRefusal

HELD: frozenset[Guarantee] = frozenset({"memory-total", "no-network"})
MIB = 1024**2


def watched(folder: Path) -> SessionBounds:
    return SessionBounds(MemoryWatch(48 * MIB), DiskWatch([folder], 8 * MIB, 1000))


def test_a_watch_does_not_stand_in_for_the_cgroup_that_was_measured(tmp_path: Path) -> None:
    bounds = watched(tmp_path)
    assert bounds.kept_of(HELD, frozenset({"no-network"})) == {"no-network"}
    with pytest.raises(SandboxRefusal, match="no cgroup could be made for this session"):
        bounds.kept_of(HELD, frozenset({"memory-total"}))
    assert bounds.prefix == ()
    assert set(bounds.kept_by.values()) == {
        "a watch that looks every tenth of a second",
        "a watch that looks every tenth of a second, for no control group can be made here",
    }
    bounds.close()


def test_a_session_is_bounded_by_what_the_machine_allows(tmp_path: Path) -> None:
    limits = Limits(timeout_s=120, memory_bytes=48 * MIB, disk_bytes=8 * MIB)
    bounds = bound(limits, [tmp_path], ())
    try:
        if bounds.prefix:
            assert hierarchies()
            assert bounds.kept_of(HELD, HELD) == HELD
            assert bounds.kept_by["memory-total"].startswith("the kernel (cgroup v")
        script = f"head -c 32M /dev/zero > {tmp_path}/large; sleep 100"
        argv = (*bounds.prefix, "/bin/sh", "-c", script)
        launch = Launch(argv, {"PATH": "/usr/bin:/bin"}, tmp_path, watches=bounds.watches())
        assert supervise(launch, limits, time.monotonic).outcome == "output-limit"
    finally:
        bounds.close()
    assert repr(machine_bounds()) == repr(machine_bounds())
