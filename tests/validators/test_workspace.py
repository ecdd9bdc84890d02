"""The trees that commands are shown are written out once, whoever asks at the same time."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from validators.building.workspace import written_tree
from validators.checkout import CheckoutRefusal, Clone
from validators.git import git

MakeClone = Callable[..., Clone]


def test_threads_that_want_one_tree_at_once_all_get_it(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({f"a/{number}.txt": f"{number}\n" for number in range(200)})
    start = Barrier(6)

    def written(_: int) -> Path:
        start.wait()
        return written_tree(clone, clone.base_tree, tmp_path / "scratch")

    with ThreadPoolExecutor(6) as threads:
        folders = set(threads.map(written, range(6)))

    (folder,) = folders
    assert len(list((folder / "a").iterdir())) == 200
    # Nothing half-written is left beside it.
    assert [path.name for path in folder.parent.iterdir()] == [clone.base_tree]


def test_a_tree_that_cannot_be_written_leaves_nothing(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({"a.txt": "one\n"})
    blob = git(clone.git_dir, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    entry = f"100644 blob {blob}\t..\n".encode()
    odd = git(clone.git_dir, "mktree", stdin=entry).decode().strip()

    with pytest.raises(CheckoutRefusal):
        written_tree(clone, odd, tmp_path / "scratch")

    assert list((tmp_path / "scratch" / "trees").iterdir()) == []


def test_a_written_tree_is_no_other_user_s_to_read(clone_of: MakeClone, tmp_path: Path) -> None:
    clone = clone_of({"a.txt": "one\n"})

    folder = written_tree(clone, clone.base_tree, tmp_path / "scratch")

    assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0
    assert folder.stat().st_uid == os.getuid()
