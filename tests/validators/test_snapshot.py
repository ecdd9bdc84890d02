import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from validators.clones.folder_walk import SnapshotRefusal
from validators.clones.snapshot import Snapshot, changes_since, take
from validators.sandbox import Changes, FileChange

LIMIT = 1_000_000
AS_USER_ONLY = pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")


@pytest.fixture
def tree() -> Iterator[Path]:
    """Not under pytest's long folder names: a socket's path must be short."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tree"
        (folder / "src").mkdir(parents=True)
        (folder / "a.txt").write_bytes(b"one\n")
        (folder / "src/b.py").write_bytes(b"two\n")
        (folder / "link").symlink_to("a.txt")
        yield folder


def before(tree: Path) -> Snapshot:
    """Take a snapshot, and keep a copy of what is remembered."""
    original = tree.with_name("original")
    shutil.rmtree(original, ignore_errors=True)
    subprocess.run(["cp", "--archive", "--", tree, original], check=True)
    return take(tree)


def done_since(snapshot: Snapshot, tree: Path, limit_bytes: int = LIMIT) -> Changes:
    return changes_since(snapshot, tree, tree.with_name("original"), limit_bytes)


def age(tree: Path) -> None:
    """Let all files be older than what comes next: only then do times tell them apart."""
    for path in tree.rglob("*"):
        os.utime(path, ns=(0, 0), follow_symlinks=False)


def test_nothing_done_is_no_change(tree: Path) -> None:
    changes = done_since(before(tree), tree)
    assert (changes.files, changes.refused) == ((), ())


def test_what_was_added_changed_and_deleted_is_told_with_its_mode(tree: Path) -> None:
    snapshot = before(tree)
    (tree / "src/b.py").unlink()
    (tree / "src").rmdir()
    (tree / "src").write_bytes(b"now a file\n")
    (tree / "a.txt").chmod(0o4755)
    (tree / "link").unlink()
    (tree / "link").symlink_to("/etc/passwd")
    (tree / "new/deep").mkdir(parents=True)
    (tree / "new/deep/caf\udce9\n").write_bytes(b"\0")
    (tree / "copy").hardlink_to(tree / "a.txt")
    changes = done_since(snapshot, tree)
    assert changes.files == (
        FileChange("a.txt", "100755", b"one\n"),
        FileChange("copy", "100755", b"one\n"),
        FileChange("link", "120000", b"/etc/passwd"),
        FileChange("new/deep/caf\udce9\n", "100644", b"\0"),
        FileChange("src", "100644", b"now a file\n"),
        FileChange("src/b.py", "000000"),
    )
    assert changes.refused == ()


def test_a_change_of_the_same_size_in_the_same_instant_is_seen(tree: Path) -> None:
    for _ in range(30):
        (tree / "a.txt").write_bytes(b"one\n")
        snapshot = before(tree)
        (tree / "a.txt").write_bytes(b"ONE\n")
        assert done_since(snapshot, tree).files == (FileChange("a.txt", "100644", b"ONE\n"),)


def test_a_change_with_its_time_set_back_is_seen(tree: Path) -> None:
    age(tree)
    snapshot = before(tree)
    (tree / "a.txt").write_bytes(b"ONE\n")
    os.utime(tree / "a.txt", ns=(0, 0))
    assert [change.path for change in done_since(snapshot, tree).files] == ["a.txt"]


def test_a_file_that_did_not_change_is_not_read(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validators.clones.snapshot._TICK_NS", -1)
    snapshot = before(tree)
    (tree / "new").write_bytes(b"xx")
    changes = done_since(snapshot, tree, limit_bytes=2)
    assert changes.files == (FileChange("new", "100644", b"xx"),)
    assert changes.refused == ()


def test_a_young_file_past_the_limit_that_did_not_change_is_no_change(tree: Path) -> None:
    (tree / "large").write_bytes(b"x" * 100)
    changes = done_since(before(tree), tree, limit_bytes=10)
    assert (changes.files, changes.refused) == ((), ())


def test_a_file_too_large_to_hash_is_known_by_its_times(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validators.clones.snapshot._MAX_HASHED_BYTES", 2)
    snapshot = before(tree)
    assert snapshot.files["a.txt"].content == ""
    (tree / "a.txt").write_bytes(b"longer than before\n")
    assert [change.path for change in done_since(snapshot, tree).files] == ["a.txt"]


def test_devices_sockets_and_pipes_are_refused(tree: Path) -> None:
    snapshot = before(tree)
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
    if os.geteuid() == 0:
        os.mknod(tree / "device", 0o600 | 0o020000, os.makedev(1, 3))
    changes = done_since(snapshot, tree)
    assert changes.files == ()
    expected = {"pipe": "it is a pipe", "socket": "it is a socket"}
    assert dict(changes.refused).items() >= expected.items()
    if os.geteuid() == 0:
        assert dict(changes.refused)["device"] == "it is a device"


@pytest.mark.parametrize("name", [".git", ".GIT", ".g\u200cit", "git~1", ".git .", ".git\\x"])
def test_what_git_could_take_for_its_own_directory_is_refused(tree: Path, name: str) -> None:
    snapshot = before(tree)
    (tree / "src" / name).mkdir()
    (tree / "src" / name / "config").write_text("[core]\n")
    changes = done_since(snapshot, tree)
    assert changes.files == ()
    assert changes.refused == ((f"src/{name}", "it is named like git's own directory"),)


def test_what_was_refused_before_and_did_not_change_is_not_told_again(tree: Path) -> None:
    (tree / ".git").write_text("gitdir: /nowhere\n")
    os.mkfifo(tree / "pipe")
    changes = done_since(before(tree), tree)
    assert (changes.files, changes.refused) == ((), ())


def test_past_the_limit_files_are_refused_and_not_taken_for_deleted(tree: Path) -> None:
    snapshot = before(tree)
    with (tree / "a.txt").open("wb") as stream:
        stream.truncate(2**40)
    (tree / "src/b.py").write_bytes(b"12345678")
    (tree / "src/c.py").write_bytes(b"123")
    (tree / "src/d.py").write_bytes(b"12")
    changes = done_since(snapshot, tree, limit_bytes=10)
    assert [change.path for change in changes.files] == ["src/b.py", "src/d.py"]
    assert [path for path, _ in changes.refused] == ["a.txt", "src/c.py"]
    assert "past the limit" in changes.refused[0][1]


def test_no_link_is_followed_out_of_the_directory(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    snapshot = before(tree)
    (tree / "out").symlink_to(tmp_path)
    (tree / "src/b.py").unlink()
    (tree / "src").rmdir()
    (tree / "src").symlink_to(tmp_path)
    changes = done_since(snapshot, tree)
    assert {change.path: change.mode for change in changes.files} == {
        "out": "120000",
        "src": "120000",
        "src/b.py": "000000",
    }


def test_a_directory_that_is_a_link_itself_is_not_read(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    with pytest.raises(NotADirectoryError):
        take(tmp_path / "link")


def test_folders_in_folders_without_end_are_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = before(tree)
    monkeypatch.setattr("validators.clones.folder_walk._MAX_DEPTH", 3)
    (tree / "1/2/3/4/5").mkdir(parents=True)
    (tree / "1/2/3/file").write_bytes(b"x")
    changes = done_since(snapshot, tree)
    assert [change.path for change in changes.files] == ["1/2/3/file"]
    assert changes.refused == (("1/2/3/4", "it lies deeper than 3 folders"),)


def test_a_directory_deeper_than_any_path_may_be_long_is_read(tree: Path) -> None:
    name = "x" * 100
    here = os.open(tree, os.O_RDONLY)
    for _ in range(60):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("end", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    changes = done_since(take(tree / "src"), tree)
    assert any(change.path.endswith("x/end") for change in changes.files)


def test_more_files_than_anybody_can_read_are_refused(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validators.clones.folder_walk._MAX_ENTRIES", 2)
    with pytest.raises(SnapshotRefusal, match="more than 2 files"):
        before(tree)


@AS_USER_ONLY
def test_what_may_not_be_opened_is_refused_and_not_taken_for_deleted(tree: Path) -> None:
    snapshot = before(tree)
    (tree / "src").chmod(0)
    (tree / "a.txt").chmod(0)
    try:
        changes = done_since(snapshot, tree)
    finally:
        (tree / "src").chmod(0o755)
    assert changes.files == ()
    assert [path for path, _ in changes.refused] == ["a.txt", "src"]
    assert "cannot be opened" in changes.refused[1][1]


@AS_USER_ONLY
def test_a_folder_whose_names_alone_can_be_read_is_refused(tree: Path) -> None:
    snapshot = before(tree)
    (tree / "src").chmod(0o600)
    try:
        changes = done_since(snapshot, tree)
    finally:
        (tree / "src").chmod(0o755)
    assert changes.files == ()
    assert changes.refused == (("src", "what is in the folder may not be looked at"),)


def test_what_was_only_touched_is_no_change(tree: Path) -> None:
    snapshot = before(tree)
    (tree / "a.txt").write_bytes(b"one\n")
    (tree / "link").unlink()
    (tree / "link").symlink_to("a.txt")
    (tree / "src/b.py").chmod(0o600)
    changes = done_since(snapshot, tree)
    assert (changes.files, changes.refused) == ((), ())


def test_what_is_new_is_not_held_against_what_a_link_of_the_original_leads_to(tree: Path) -> None:
    (tree / "folder").symlink_to("src")
    snapshot = before(tree)
    (tree / "folder").unlink()
    (tree / "folder").mkdir()
    (tree / "folder/b.py").write_bytes(b"two\n")
    assert done_since(snapshot, tree).files == (
        FileChange("folder", "000000"),
        FileChange("folder/b.py", "100644", b"two\n"),
    )


def test_an_empty_snapshot_reads_a_whole_directory(tree: Path) -> None:
    changes = done_since(Snapshot(), tree)
    assert [change.path for change in changes.files] == ["a.txt", "link", "src/b.py"]
