"""What commands left in a folder, before it is read or kept."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ending import ended
from validators.clones.snapshot import Snapshot, changes_since
from validators.processes.layer import remove, spread
from validators.processes.scrubbing import scrub
from validators.sandbox import SandboxRefusal

AS_ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not under pytest's long folder names: a socket's path must be short."""
    made = Path(tempfile.mkdtemp())
    yield made
    remove(made)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o4755, 0o755), (0o2755, 0o755), (0o7777, 0o777), (0o4644, 0o644), (0o6000, 0o400)],
)
def test_no_file_makes_who_runs_it_somebody_else(folder: Path, before: int, after: int) -> None:
    deep = folder / "a/b"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (deep / "file").chmod(before)
    scrub(folder)
    assert mode(deep / "file") == after


@pytest.mark.parametrize(
    ("before", "after"), [(0o1777, 0o777), (0o2775, 0o775), (0, 0o700), (0o055, 0o755)]
)
def test_a_folder_is_open_to_its_owner_and_has_no_marks(
    folder: Path, before: int, after: int
) -> None:
    (folder / "outer/inner").mkdir(parents=True)
    (folder / "outer/inner/file").write_text("x")
    (folder / "outer/inner/file").chmod(0)
    (folder / "outer/inner").chmod(before)
    (folder / "outer").chmod(before)
    folder.chmod(before)
    scrub(folder)
    assert [mode(place) for place in (folder, folder / "outer", folder / "outer/inner")] == [
        after
    ] * 3
    assert (folder / "outer/inner/file").read_text() == "x"


def test_what_needs_no_change_keeps_its_times(folder: Path) -> None:
    (folder / "folder").mkdir()
    for name in ("file", "folder/file"):
        (folder / name).write_text("x")
    before = [path.stat().st_ctime_ns for path in sorted(folder.rglob("*"))]
    scrub(folder, devices=True)
    assert [path.stat().st_ctime_ns for path in sorted(folder.rglob("*"))] == before


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("x")
    (tmp_path / "outside/file").chmod(0o4711)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "file").symlink_to(tmp_path / "outside/file")
    scrub(folder, devices=True)
    assert mode(tmp_path / "outside/file") == 0o4711
    with pytest.raises(NotADirectoryError):
        scrub(folder / "link")


SWAPPING = """
import ctypes, os, sys
os.chdir(sys.argv[1])
os.mkdir("folder"); os.symlink(sys.argv[2], "link")
print("begun", flush=True)
while True:
    ctypes.CDLL(None).renameat2(-100, b"folder", -100, b"link", 2)
"""


def test_what_is_swapped_meanwhile_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("x")
    for place in (tmp_path / "outside/file", tmp_path / "outside"):
        place.chmod(0o2755)
    argv = [sys.executable, "-I", "-c", SWAPPING, str(folder), str(tmp_path / "outside")]
    with ended(subprocess.Popen(argv, stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(3000):
            scrub(folder)
    assert [mode(tmp_path / name) for name in ("outside", "outside/file")] == [0o2755] * 2


def test_pipes_and_sockets_stay_for_the_reader_to_refuse(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        scrub(folder, devices=True)
    changes = changes_since(Snapshot(), folder, folder / "nothing", 100)
    assert [path for path, _ in changes.refused] == ["pipe", "socket"]


@AS_ROOT_ONLY
def test_devices_go_where_that_is_asked_for_but_not_what_stands_for_a_deletion(
    folder: Path,
) -> None:
    (folder / "deep").mkdir()
    os.mknod(folder / "deep/characters", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(folder / "blocks", 0o600 | stat.S_IFBLK, os.makedev(7, 200))
    os.mknod(folder / "deleted", 0o600 | stat.S_IFCHR, os.makedev(0, 0))
    scrub(folder)
    assert len(list(folder.rglob("*"))) == 4
    scrub(folder, devices=True)
    assert sorted(path.name for path in folder.rglob("*")) == ["deep", "deleted"]


def test_folders_in_folders_without_end_are_closed_to_others_and_removed(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for level in range(1500):
        os.mkdir("d", 0o755, dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
        if level == 1400:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0o4755, dir_fd=here))
    os.close(here)
    scrub(folder)
    modes = [mode(Path(str(folder) + "/d" * level)) for level in (1, 200, 201, 202)]
    assert modes == [0o755, 0o755, 0o700, 0o755]
    remove(folder / "d")
    assert list(folder.iterdir()) == []


def test_a_link_is_removed_and_not_what_it_leads_to(folder: Path) -> None:
    (folder / "outside").mkdir()
    (folder / "outside").chmod(0o500)
    (folder / "closed").mkdir()
    (folder / "closed/link").symlink_to(folder / "outside")
    (folder / "closed").chmod(0o500)
    if os.geteuid() == 0:
        remove(folder / "closed/link")
    else:
        with pytest.raises(SandboxRefusal, match="link cannot be removed"):
            remove(folder / "closed/link")
    assert mode(folder / "outside") == 0o500


def test_a_copy_of_a_tree_has_no_marks_and_no_devices(folder: Path) -> None:
    tree = folder / "tree"
    tree.mkdir()
    (tree / "program").write_text("x")
    (tree / "program").chmod(0o6755)
    (tree / "shared").mkdir()
    (tree / "shared").chmod(0o2775)
    if os.geteuid() == 0:
        os.mknod(tree / "device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    layer = spread(tree, folder / "scratch")
    try:
        assert sorted(path.name for path in layer.tree.iterdir()) == ["program", "shared"]
        assert mode(layer.tree / "program") == 0o755
        assert mode(layer.tree / "shared") == 0o775
        assert layer.changes(100).files == ()
    finally:
        layer.close()
    assert mode(tree / "program") == 0o6755


def test_what_changes_while_it_is_scrubbed_leads_nowhere(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "program"
    elsewhere.write_text("")
    elsewhere.chmod(0o4755)
    (folder / "x").mkdir()
    (folder / "y").symlink_to(elsewhere.parent)
    swap = "os.rename('x', 'z'); os.rename('y', 'x'); os.rename('z', 'y')"
    swapping = [sys.executable, "-I", "-S", "-c", f"import os\nwhile True: {swap}"]
    with ended(subprocess.Popen(swapping, cwd=folder)):
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            scrub(folder)
    assert mode(elsewhere) == 0o4755
