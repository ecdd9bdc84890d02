"""Cgroups of sessions: real ones where this user may make them, and how the kernel's files read.

Version 2 with its memory is laid out by hand in part: few machines have both versions to test on.
"""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ending import LIMIT_S, all_ended, ended
from validators.processes.cgroups import Cgroup, Hierarchy, hierarchies, make_cgroup
from validators.processes.supervise import Launch, supervise
from validators.sandbox import Completed, Limits

MIB = 1024**2
LIMITS = Limits(timeout_s=120, memory_bytes=48 * MIB, processes=20)
PYTHON = (sys.executable, "-I", "-S", "-c")
HUNGRY = f"m = bytearray({96 * MIB}); import time; time.sleep(10)"


@pytest.fixture
def places() -> Iterator[tuple[Hierarchy, ...]]:
    """Cgroups of this test alone: whoever makes one sweeps what was left beside it."""
    found = hierarchies()
    if not found or make_and_close(found) is None:
        pytest.skip("this user may make no cgroup here")
    own = []
    for place in found:
        folder = Path(tempfile.mkdtemp(prefix="test-cgroups-", dir=place.folder))
        own.append(Hierarchy(folder, place.version, place.controllers))
        if place.version == 2:
            handed_on = sorted(place.controllers & {"memory", "pids"})
            (folder / "cgroup.subtree_control").write_text(" ".join(f"+{one}" for one in handed_on))
    yield tuple(own)
    for place in own:
        place.folder.rmdir()


@pytest.fixture
def cgroup(places: tuple[Hierarchy, ...]) -> Iterator[Cgroup]:
    made = make_cgroup(places, LIMITS)
    assert made is not None
    yield made
    made.close()


def make_and_close(places: tuple[Hierarchy, ...]) -> Cgroup | None:
    made = make_cgroup(places, LIMITS)
    if made:
        made.close()
    return made


def run(cgroup: Cgroup, *argv: str, limits: Limits = LIMITS) -> Completed:
    launch = Launch((*cgroup.prefix, *argv), {}, Path("/"), watches=(cgroup.watch(),))
    return supervise(launch, limits, time.monotonic)


def test_a_command_is_in_its_cgroup_from_the_start(cgroup: Cgroup) -> None:
    done = run(cgroup, "/bin/cat", "/proc/self/cgroup")
    assert done.outcome == "ok"
    for folder in cgroup.folders:
        assert f"/{folder.name}\n" in done.stdout.text


def test_what_needs_too_much_is_stopped_and_says_by_whom(cgroup: Cgroup) -> None:
    done = run(cgroup, *PYTHON, HUNGRY)
    assert (done.outcome, done.code) == ("oom", None)
    assert done.peak_memory_bytes >= 48 * MIB
    assert "needed more than 50331648 bytes of memory together (the kernel (" in done.detail
    assert run(cgroup, "/bin/true").outcome == "ok"


def test_a_command_that_goes_on_without_its_killed_child_is_told_of_as_well(
    cgroup: Cgroup,
) -> None:
    script = f"""
import os
child = os.fork()
if not child:
    m = bytearray({96 * MIB})
os.waitpid(child, 0)
"""
    assert run(cgroup, *PYTHON, script).outcome == "oom"


def test_a_cgroup_that_cannot_be_entered_is_no_way_around_it(cgroup: Cgroup) -> None:
    cgroup.close()
    done = run(cgroup, "/bin/echo", "outside")
    assert (done.outcome, done.code, done.stdout.text) == ("failed", 125, "")


def test_closing_ends_what_is_left_and_leaves_nothing(places: tuple[Hierarchy, ...]) -> None:
    made = make_cgroup(places, LIMITS)
    assert made is not None
    with ended(subprocess.Popen([*made.prefix, "/bin/sleep", "600"])) as left:
        until = time.monotonic() + 60
        while not (made.folders[0] / "cgroup.procs").read_text() and time.monotonic() < until:
            time.sleep(0.005)
        made.close()
        made.close()
        assert left.wait(LIMIT_S) == -signal.SIGKILL
    assert not any(folder.exists() for folder in made.folders)


CRASHING = """
import os, sys
from pathlib import Path
from validators.processes.cgroups import Hierarchy, make_cgroup
from validators.sandbox import Limits
version, *folders = sys.argv[1:]
places = [Hierarchy(Path(folder), int(version), frozenset()) for folder in folders]
made = make_cgroup(tuple(places), Limits())
import subprocess
child = subprocess.Popen([*made.prefix, "/bin/sleep", "600"], stdin=-3, stdout=-3, stderr=-3)
print(made.folders[0], child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_is_removed_by_the_next(
    places: tuple[Hierarchy, ...], cgroup: Cgroup
) -> None:
    root = Path(__file__).resolve().parents[2]
    folders = [str(place.folder) for place in places]
    argv = [sys.executable, "-c", CRASHING, str(places[0].version), *folders]
    dead = subprocess.run(
        argv, cwd=root, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    folder, child = dead.stdout.split()
    assert Path(folder).is_dir()
    assert make_and_close(places)
    assert not Path(folder).exists()
    assert not Path("/proc", child).exists() or "Z" in Path("/proc", child, "stat").read_text()
    assert all(folder.is_dir() for folder in cgroup.folders)  # in use: nobody's to remove


RACING = """
import sys
from pathlib import Path
from validators.processes.cgroups import Hierarchy, make_cgroup
from validators.sandbox import Limits
version, *folders = sys.argv[1:]
places = [Hierarchy(Path(folder), int(version), frozenset()) for folder in folders]
for _ in range(100):
    made = make_cgroup(tuple(places), Limits())
    print(made is not None)
    made and made.close()
"""


def test_who_makes_one_while_others_sweep_gets_one(places: tuple[Hierarchy, ...]) -> None:
    root = Path(__file__).resolve().parents[2]
    folders = [str(place.folder) for place in places]
    argv = [sys.executable, "-c", RACING, str(places[0].version), *folders]
    pipe = subprocess.PIPE
    racing = [subprocess.Popen(argv, cwd=root, stdout=pipe, text=True) for _ in range(3)]
    with all_ended(racing):
        for process in racing:
            said, _ = process.communicate(timeout=LIMIT_S)
            assert (said, process.returncode) == ("True\n" * 100, 0)


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    assert make_cgroup((), LIMITS) is None
    assert make_cgroup((Hierarchy(tmp_path / "gone", 1, frozenset()),), LIMITS) is None


# --- how the kernel's files read ------------------------------------------------------------------


def processes(folder: Path, cgroup: str, mounts: str) -> Path:
    (folder / "cgroup").write_text(cgroup)
    (folder / "mountinfo").write_text(mounts)
    return folder


def slices(folder: Path) -> Path:
    """A user's part of version 2, down to the scope that this process is in."""
    scope = folder / "user.slice" / "app.slice" / "run.scope"
    scope.mkdir(parents=True)
    for place in (folder, *scope.relative_to(folder).parents, scope.relative_to(folder)):
        (folder / place / "cgroup.procs").write_text("")
        (folder / place / "cgroup.subtree_control").write_text("")
    (scope.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (scope.parent.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    return scope


def test_version_2_takes_the_nearest_folder_that_hands_memory_on(tmp_path: Path) -> None:
    scope = slices(tmp_path / "fs")
    mounts = f"30 23 0:26 / {tmp_path}/fs rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    asking = processes(tmp_path, "0::/user.slice/app.slice/run.scope\n", mounts)
    (found,) = hierarchies(asking)
    assert (found.folder, found.version) == (scope.parent, 2)
    assert "pids" in found.controllers


def test_version_2_without_memory_for_us_is_none(tmp_path: Path) -> None:
    scope = slices(tmp_path / "fs")
    for parent in (scope.parent, scope.parent.parent):
        (parent / "cgroup.subtree_control").write_text("cpu\n")
    mounts = f"30 23 0:26 / {tmp_path}/fs rw - cgroup2 cgroup2 rw\n"
    assert hierarchies(processes(tmp_path, "0::/user.slice/app.slice/run.scope\n", mounts)) == ()
    assert hierarchies(processes(tmp_path, "0::/\n", mounts)) == ()
    assert hierarchies(processes(tmp_path, "0::/../outside\n", mounts)) == ()
    assert hierarchies(processes(tmp_path, "", "")) == ()
    assert hierarchies(tmp_path / "nobody") == ()


def test_version_1_is_found_beside_a_version_2_that_has_no_memory(tmp_path: Path) -> None:
    for folder in ("memory/ours/deep", "pids", "unified"):
        (tmp_path / folder).mkdir(parents=True)
    mounts = (
        f"35 31 0:32 /job {tmp_path}/memory rw - cgroup cgroup rw,memory\n"
        f"39 31 0:36 / {tmp_path}/pids rw - cgroup cgroup rw,pids\n"
        f"41 31 0:38 / {tmp_path}/unified rw - cgroup2 cgroup2 rw\n"
    )
    told = "8:pids:/\n4:memory:/job/ours/deep\n0::/\n"
    memory, pids = hierarchies(processes(tmp_path, told, mounts))
    assert (memory.folder, memory.version) == (tmp_path / "memory/ours/deep", 1)
    assert pids.folder == tmp_path / "pids"
    # Only where memory can be limited is there any use in it.
    assert hierarchies(processes(tmp_path, "8:pids:/\n0::/\n", mounts)) == ()


def test_limits_are_written_in_the_words_of_each_version(tmp_path: Path) -> None:
    # The kernel makes the files of a new cgroup; here a folder that takes ours stands in.
    made = make_cgroup((Hierarchy(tmp_path, 2, frozenset({"memory"})),), LIMITS)
    assert made is not None
    (folder,) = made.folders
    assert folder.parent == tmp_path
    descriptor = os.open(folder, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    (folder / "memory.events").write_text("low 0\noom 3\noom_kill 0\noom_group_kill 0\n")
    watch = made.watch()
    assert watch(()) is None
    (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 1\n")
    excess = watch(())
    assert excess is not None
    assert "(the kernel (cgroup v2) stopped it)" in excess.detail
    # The kernel may kill another before the command's family has ended; the next one did nothing.
    (folder / "memory.events").write_text("low 0\noom 4\noom_kill 3\noom_group_kill 1\n")
    assert made.watch()(()) is None
    (folder / "memory.events").unlink()
    made.close()
    assert list(tmp_path.iterdir()) == []
