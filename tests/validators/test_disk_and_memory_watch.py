"""Watches over what no kernel limits for us: folders on a disk, and memory without a cgroup."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ending import LIMIT_S
from validators.processes.disk_watch import DiskWatch
from validators.processes.excess import Excess
from validators.processes.memory_watch import MemoryWatch
from validators.processes.process_tree import family
from validators.processes.supervise import Launch, supervise
from validators.processes.unlinked_files import unlinked_bytes
from validators.sandbox import Completed, Limits

MIB = 1024**2
LIMITS = Limits(timeout_s=120)


def looked(watch: DiskWatch, looks: int = 200) -> Excess | None:
    for _ in range(looks):
        excess = watch.excess(())
        if excess:
            return excess
    return None


def fill(folder: Path, files: int, size: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        (folder / f"file-{number}").write_bytes(bytes(size))


def test_a_folder_within_its_bounds_is_left_alone(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], MIB, 100)
    fill(tmp_path / "a", 40, 1000)
    assert looked(watch) is None


def test_too_many_files_are_found_however_small(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], MIB * 100, 1000)
    for name in "abcd":
        fill(tmp_path / name / "deep", 300)
    excess = looked(watch)
    assert excess == Excess(
        "output-limit", "it wrote more than 1000 files to its folders on the disk"
    )


def test_too_many_bytes_are_found_however_spread(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    watch = DiskWatch([tmp_path / "one", tmp_path / "two"], MIB, 1000)
    fill(tmp_path / "one", 3, 200_000)
    fill(tmp_path / "two", 3, 200_000)
    excess = looked(watch)
    assert excess is not None
    assert "more than 1048576 bytes" in excess.detail


def test_a_file_of_many_names_counts_once(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], MIB, 1000)
    (tmp_path / "file").write_bytes(bytes(300_000))
    for number in range(10):
        os.link(tmp_path / "file", tmp_path / f"name-{number}")
    assert looked(watch) is None


def test_a_large_file_that_holds_nothing_counts_nothing(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], MIB, 1000)
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(10**12)
    assert looked(watch) is None


def test_links_lead_to_no_other_folder(tmp_path: Path) -> None:
    fill(tmp_path / "other", 300)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "link").symlink_to(tmp_path / "other")
    (tmp_path / "ours" / "round").symlink_to(tmp_path / "ours")
    assert looked(DiskWatch([tmp_path / "ours"], MIB, 100)) is None


def test_a_file_without_a_name_counts_while_it_is_open(tmp_path: Path) -> None:
    watch = DiskWatch([tmp_path], 4 * MIB, 1000)
    with (tmp_path / "nameless").open("wb") as stream:
        (tmp_path / "nameless").unlink()
        stream.write(bytes(16 * MIB))
        stream.flush()
        members = family(os.getpid())
        assert unlinked_bytes(members)[1] >= 16 * MIB or in_memory(tmp_path)
        found = [watch.excess(members) for _ in range(50)]
    assert any(found) or in_memory(tmp_path)
    assert unlinked_bytes(family(os.getpid()))[1] < 16 * MIB


def in_memory(folder: Path) -> bool:
    kind = subprocess.run(
        ["stat", "--file-system", "--format=%T", folder], capture_output=True, text=True, check=True
    )
    return kind.stdout.strip() in {"tmpfs", "ramfs"}


def test_nothing_is_too_deep_to_be_counted(tmp_path: Path) -> None:
    deep = "import os\nfor _ in range(1200): os.mkdir('d' * 9); os.chdir('d' * 9)\n"
    write = "with open('large', 'wb') as stream: stream.write(bytes(9 << 20))"
    python = [sys.executable, "-I", "-S", "-c"]
    watch = DiskWatch([tmp_path], 8 * MIB, 100_000)
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - as they are
    try:
        subprocess.run([*python, deep + write], cwd=tmp_path, check=True, timeout=LIMIT_S)
        assert looked(watch) is not None
        few = DiskWatch([tmp_path], 4000 * MIB, 1000)
        assert looked(few) is not None
        del watch, few
        assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208 - as above
    finally:
        subprocess.run(["rm", "-rf", tmp_path / ("d" * 9)], check=True)


def test_growth_that_nothing_explains_ends_the_command_and_does_not_blame_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "ours").mkdir()
    excess = None
    for name in ("elsewhere", "again", "and again"):  # others may free as much on this disk
        watch = DiskWatch([tmp_path / "ours"], MIB, 1000, others_bytes=2 * MIB)
        (tmp_path / name).write_bytes(bytes(64 * MIB))
        excess = excess or looked(watch, 3)
    assert excess is not None
    assert excess.outcome == "sandbox-error"
    assert "its folders do not hold them" in excess.detail
    patient = DiskWatch([tmp_path / "ours"], MIB, 1000)
    (tmp_path / "more").write_bytes(bytes(96 * MIB))
    assert looked(patient, 3) is None


def test_what_we_may_not_look_into_counts_once_the_disk_fills(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root looks into everything")
    watch = DiskWatch([tmp_path], 4 * MIB, 100_000)
    (tmp_path / "closed").mkdir(mode=0)
    assert looked(watch, 5) is None
    (tmp_path / "closed").chmod(0o700)
    (tmp_path / "closed" / "large").write_bytes(bytes(64 * MIB))
    (tmp_path / "closed").chmod(0)
    excess = looked(watch, 5)
    (tmp_path / "closed").chmod(0o700)
    assert excess is not None
    assert "behind folders that cannot be looked into" in excess.detail


# --- memory ---------------------------------------------------------------------------------------


def python(script: str, limit_bytes: int = 64 * MIB) -> Completed:
    watch = MemoryWatch(limit_bytes)
    argv = (sys.executable, "-I", "-S", "-c", script + "\nimport time; time.sleep(100)")
    return supervise(Launch(argv, {}, Path("/"), watches=(watch.excess,)), LIMITS, time.monotonic)


@pytest.mark.parametrize(
    "script",
    [
        f"m = bytearray({96 * MIB})",
        f"import mmap; m = mmap.mmap(-1, {96 * MIB})\nfor i in range(0, len(m), 4096): m[i] = 1",
        f"import os; os.fork(); os.fork(); m = bytearray({30 * MIB})",
        f"import os\nfor _ in 1, 2: os.write(os.memfd_create('x'), bytes({48 * MIB}))",
    ],
)
def test_memory_of_every_kind_is_seen_by_the_watch(script: str) -> None:
    done = python(script)
    assert (done.outcome, done.code) == ("oom", None)
    assert done.peak_memory_bytes > 64 * MIB
    assert done.detail.endswith(f"bytes of memory together, and {64 * MIB} are allowed")
    assert done.wall_s < 90


def test_files_in_the_sandboxs_own_memory_are_seen_by_the_watch() -> None:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("bubblewrap is not installed")
    links = [("--symlink", f"usr/{name}", f"/{name}") for name in ("bin", "lib", "lib64")]
    walls = (bwrap, "--ro-bind", "/usr", "/usr", *(word for link in links for word in link))
    walls += ("--tmpfs", "/tmp", "--unshare-pid", "--proc", "/proc", "--dev", "/dev")  # noqa: S108
    script = "head -c 48M /dev/zero > /tmp/large; sleep 100"
    watch = MemoryWatch(32 * MIB, ("/tmp", "/var"))  # noqa: S108 - inside
    launch = Launch(
        (*walls, "--die-with-parent", "/bin/sh", "-c", script),
        {"PATH": "/usr/bin:/bin"},
        Path("/"),
        walled=True,
        watches=(watch.excess,),
    )
    done = supervise(launch, LIMITS, time.monotonic)
    if "bwrap:" in done.stderr.text:
        pytest.skip(done.stderr.text.strip())
    assert done.outcome == "oom", done


def test_what_is_within_its_bounds_is_left_alone() -> None:
    assert MemoryWatch(64 * 1024 * MIB).excess(family(os.getpid())) is None
    assert MemoryWatch(MIB, ("/tmp",)).excess(()) is None  # noqa: S108 - inside
