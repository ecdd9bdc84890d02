import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from validators.checkout import Clone, open_clone, uncommitted, uncommitted_paths, working_tree
from validators.clones.repository import CheckoutRefusal

Files = dict[str, str | bytes | None]


def plain(folder: Path, *arguments: str) -> None:
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    subprocess.run(argv, cwd=folder, capture_output=True, check=True)


def stamps(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder / ".git").rglob("*")}


def aged(folder: Path) -> dict[str, int]:
    """Give every object an old time, which renewing would change, and return the times."""
    for path in (folder / ".git/objects").rglob("*"):
        os.utime(path, (1, 1))
    return stamps(folder)


def test_a_file_put_back_to_what_an_older_commit_holds_renews_no_time_stamp(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    repository = clone_of({"a.txt": "one\n"}).repository
    (repository / "a.txt").write_text("two\n")
    plain(repository, "commit", "-qam", "two")
    clone = open_clone(repository, "HEAD", tmp_path / "second")
    (repository / "a.txt").write_text("one\n")
    before = aged(repository)
    working_tree(clone, repository)
    assert stamps(repository) == before


def test_a_sparse_index_is_read_without_a_trace(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    repository = clone_of({"near/a.txt": "one\n", "far/b.txt": "one\n"}).repository
    plain(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "near")
    clone = open_clone(repository, "HEAD", tmp_path / "second")
    (repository / "near/a.txt").write_text("two\n")
    before = aged(repository)
    assert uncommitted_paths(clone, repository) == ("near/a.txt",)
    assert stamps(repository) == before


def test_a_damaged_index_is_a_refusal_but_no_obstacle_to_a_mere_count(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({"a.txt": "one\n"})
    (clone.repository / ".git/index").write_bytes(b"DIRC")
    with pytest.raises(CheckoutRefusal, match=r"index of .* is damaged.*git reset"):
        uncommitted_paths(clone, clone.repository)
    assert uncommitted(clone, clone.repository) == 0
