"""The trees that commands are shown are written out once, and share what is the same in them."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.housekeeping import sweep_scratch
from tests.ending import LIMIT_S, all_ended
from validators.checkout import CheckoutRefusal, Clone, write_tree
from validators.clones.written_trees import TreePlace, written_tree
from validators.git import git
from validators.sandbox import FileChange

ROOT = Path(__file__).parents[3]
MakeClone = Callable[..., Clone]


def test_threads_that_want_one_tree_at_once_all_get_it(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({f"a/{number}.txt": f"{number}\n" for number in range(200)})
    start = Barrier(6)

    def written(_: int) -> Path:
        start.wait(LIMIT_S)
        return written_tree(clone, clone.base_tree, TreePlace(tmp_path / "scratch"))

    with ThreadPoolExecutor(6) as threads:
        folders = set(threads.map(written, range(6)))

    (folder,) = folders
    assert len(list((folder / "a").iterdir())) == 200
    # Nothing half-written is left beside it.
    left = sorted(path.name for path in folder.parent.iterdir())
    assert left == [clone.base_tree, f"{clone.base_tree}.lock"]


def test_a_tree_that_cannot_be_written_leaves_nothing(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({"a.txt": "one\n"})
    blob = git(clone.git_dir, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    entry = f"100644 blob {blob}\t..\n".encode()
    odd = git(clone.git_dir, "mktree", stdin=entry).decode().strip()

    with pytest.raises(CheckoutRefusal):
        written_tree(clone, odd, TreePlace(tmp_path / "scratch"))

    left = sorted(path.name for path in (tmp_path / "scratch" / "trees").iterdir())
    assert left == sorted((clone.base_tree, f"{clone.base_tree}.lock", f"{odd}.lock"))
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["trees"]


def test_a_written_tree_is_no_other_user_s_to_read(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({"a.txt": "one\n"})

    folder = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "scratch"))

    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    assert folder.stat().st_uid == os.getuid()


def test_another_tree_shares_the_files_that_are_the_same(
    clone_of: MakeClone, tmp_path: Path
) -> None:
    clone = clone_of({"a/same": "same\n", "a/changed": "before\n", "gone": "gone\n", "mode": "m\n"})
    tree = write_tree(
        clone,
        clone.base_tree,
        [
            FileChange("a/changed", "100644", b"after\n"),
            FileChange("gone", "000000"),
            FileChange("mode", "100755", b"m\n"),
            FileChange("link", "120000", b"a/same"),
        ],
    )
    place = TreePlace(tmp_path / "scratch", tmp_path / "kept")

    other = written_tree(clone, tree, place)

    base = written_tree(clone, clone.base_tree, place)
    assert (base.is_relative_to(tmp_path / "kept"), other.is_relative_to(tmp_path / "kept")) == (
        True,
        False,
    )
    found = {
        str(path.relative_to(other)): (path.lstat().st_mode & 0o777, path.read_text())
        for path in other.rglob("*")
        if not path.is_dir()
    }
    assert found == {
        "a/same": (0o644, "same\n"),
        "a/changed": (0o644, "after\n"),
        "mode": (0o755, "m\n"),
        "link": (0o777, "same\n"),
    }
    assert (other / "a/same").samefile(base / "a/same")
    assert (base / "a/changed").read_text() == "before\n"
    assert (base / "mode").stat().st_mode & 0o777 == 0o644


def test_a_kept_tree_is_found_by_the_next_run_and_not_after_the_machine_went_down(
    clone_of: MakeClone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clone_of({"a": "one\n"})
    first = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "1", tmp_path / "kept"))
    inode = first.stat().st_ino
    again = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "2", tmp_path / "kept"))
    assert (again, again.stat().st_ino) == (first, inode)
    # What was not yet on the disk may be empty now.
    (first / "a").write_text("")
    (tmp_path / "boot_id").write_text("another-start\n")
    monkeypatch.setattr("validators.clones.written_trees._BOOT", tmp_path / "boot_id")
    later = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "3", tmp_path / "kept"))
    assert (later / "a").read_text() == "one\n"


KILLED = """
import os, signal, sys
from pathlib import Path
from validators.checkout import open_clone
from validators.clones import written_trees
from bot.scratch import scratch
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
written_trees._give = killed
state = Path(sys.argv[2])
with scratch(state) as place:
    clone = open_clone(Path(sys.argv[1]), "HEAD", place / "clone")
    place = written_trees.TreePlace(place / "gates", state / "trees")
    written_trees.written_tree(clone, clone.base_tree, place)
"""


def test_a_tree_half_written_by_a_killed_process_is_never_used(
    clone_of: MakeClone, tmp_path: Path
) -> None:
    clone = clone_of({f"a/{number}": "one\n" for number in range(50)})
    state = tmp_path / "state"
    argv = [sys.executable, "-c", KILLED, str(clone.repository), str(state)]
    assert (
        subprocess.run(argv, cwd=ROOT, check=False, timeout=LIMIT_S).returncode == -signal.SIGKILL
    )
    assert sweep_scratch(state).scratch == 1
    assert not [path for path in state.rglob("*") if path.is_dir() and path.name == "a"]
    folder = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "2", state / "trees"))
    assert len(list((folder / "a").iterdir())) == 50


def test_processes_that_want_one_tree_at_once_all_get_it(
    clone_of: MakeClone, tmp_path: Path
) -> None:
    clone = clone_of({f"a/{number}.txt": f"{number}\n" for number in range(100)})
    script = """
import sys
from pathlib import Path
from validators.checkout import open_clone
from validators.clones.written_trees import TreePlace, written_tree
scratch = Path(sys.argv[2])
clone = open_clone(Path(sys.argv[1]), "HEAD", scratch / "clone")
folder = written_tree(clone, clone.base_tree, TreePlace(scratch, Path(sys.argv[3])))
print(folder, len(list((folder / "a").iterdir())))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, clone.repository, tmp_path / str(n), tmp_path / "kept"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(3)
    ]
    with all_ended(processes):
        told = {process.communicate(timeout=LIMIT_S)[0] for process in processes}
    (line,) = told
    assert line.endswith(" 100\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_files_of_a_tree_belong_to_who_commands_are_and_the_way_to_them_does_not(
    clone_of: MakeClone, tmp_path: Path
) -> None:
    clone = clone_of({"a/b": "one\n"})
    folder = written_tree(clone, clone.base_tree, TreePlace(tmp_path / "s", owner=60777))
    assert [(folder / path).stat().st_uid for path in ("a", "a/b")] == [60777, 60777]
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (0, 0o700)
