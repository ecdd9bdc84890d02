"""The user's own files are read as they are, within limits, and nothing is followed."""

import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from validators.checkout import Clone
from validators.clones import uncommitted_files as module
from validators.clones.uncommitted_files import UncommittedFiles, uncommitted_files

CloneOf = Callable[[dict[str, str | bytes | None]], Clone]


def test_what_was_changed_added_and_removed_is_told(clone_of: CloneOf) -> None:
    clone = clone_of({"a.py": "one\n", "b.py": "one\n", "c.py": "one\n", "d/e.py": "one\n"})
    repository = clone.repository
    (repository / "a.py").write_bytes(b"two\r\n\xff")
    (repository / "b.py").unlink()
    (repository / "new.py").write_bytes(b"")
    (repository / "d" / "e.py").unlink()
    (repository / "d").rmdir()
    (repository / "d").write_text("a file now\n")

    assert uncommitted_files(clone, 100) == UncommittedFiles(
        {"a.py": b"two\r\n\xff", "b.py": None, "d": b"a file now\n", "d/e.py": None, "new.py": b""}
    )


def test_links_pipes_sockets_folders_and_large_files_are_left_out(
    clone_of: CloneOf, tmp_path: Path
) -> None:
    names = ("link.py", "pipe.py", "socket.py", "folder.py", "large.py", "far/away.py")
    clone = clone_of(dict.fromkeys(names, "one\n"))
    repository = clone.repository
    for name in names:
        (repository / name).unlink()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "away.py").write_text("secret\n")
    (repository / "far").rmdir()
    (repository / "far").symlink_to(outside)
    (repository / "link.py").symlink_to("/dev/zero")
    os.mkfifo(repository / "pipe.py")
    here = Path.cwd()
    os.chdir(repository)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket.py")
    finally:
        os.chdir(here)
    (repository / "folder.py").mkdir()
    with (repository / "large.py").open("wb") as sparse:
        sparse.truncate(1024**4)
    (repository / "inner").mkdir()
    subprocess.run(["git", "init", "-q", "."], cwd=repository / "inner", check=True)
    (repository / "inner" / "x.py").write_text("x = 1\n")

    found = uncommitted_files(clone, 100)

    assert dict(found.left_out) == {
        "far": "a symbolic link",
        "inner/": "a git repository of its own",
        "large.py": "larger than 100 bytes",
        "link.py": "a symbolic link",
        "pipe.py": "a pipe",
        "socket.py": "a socket",
    }
    assert set(found.files.values()) == {None}
    assert {"far/away.py", "folder.py", *names} <= found.files.keys()


def test_a_file_that_may_not_be_read_is_told(clone_of: CloneOf) -> None:
    clone = clone_of({"a.py": "one\n"})
    (clone.repository / "a.py").write_text("two\n")
    (clone.repository / "a.py").chmod(0)
    if os.access(clone.repository / "a.py", os.R_OK):
        pytest.skip("this user may read every file")

    found = uncommitted_files(clone, 100)

    assert found.files == {"a.py": None}
    assert found.left_out[0][1].startswith("it cannot be read")


def test_no_more_is_read_than_the_limits_allow(
    clone_of: CloneOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clone_of({"a.py": "one\n"})
    for number in range(5):
        (clone.repository / f"n{number}.py").write_text("new\n")
    monkeypatch.setattr(module, "MAX_FILES", 2)

    found = uncommitted_files(clone, 100)

    assert [path for path, content in found.files.items() if content] == ["n0.py", "n1.py"]
    assert len(found.left_out) == 3
    assert {why for _, why in found.left_out} == {"past the uncommitted files that are read"}


def test_a_tree_that_git_cannot_compare_is_said_to_be_none(clone_of: CloneOf) -> None:
    clone = clone_of({"a.py": "one\n"})
    (clone.repository / ".git" / "index").write_bytes(b"no index")

    found = uncommitted_files(clone, 100)

    assert (found.files, found.left_out) == ({}, ())
    assert "the index of" in found.trouble
    assert "git reset" in found.trouble


def test_a_bare_repository_has_nothing_uncommitted(clone_of: CloneOf) -> None:
    clone = clone_of({"a.py": "one\n"})
    bare = clone.repository.parent / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", clone.repository, bare], check=True)

    assert uncommitted_files(replace(clone, repository=bare), 100) == UncommittedFiles()
