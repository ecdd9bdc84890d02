import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from validators.checkout import (
    Clone,
    list_files,
    open_clone,
    read_file,
    uncommitted,
    uncommitted_paths,
    working_tree,
)
from validators.clones.repository import CheckoutRefusal

Files = dict[str, str | bytes | None]


def plain(folder: Path, *arguments: str) -> None:
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    subprocess.run(argv, cwd=folder, capture_output=True, check=True)


def content(clone: Clone, tree: str) -> dict[str, bytes]:
    """Return what each file of a tree holds."""
    files = {file.path: read_file(clone, tree, file.path) for file in list_files(clone, tree)}
    return {path: found[1] for path, found in files.items() if found}


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


def test_a_folder_below_the_top_stands_for_the_whole_work_tree(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    repository = clone_of({"a.txt": "one\n", "in/b.txt": "one\n"}).repository
    (repository / "a.txt").write_text("two\n")
    clone = open_clone(repository / "in", "HEAD", tmp_path / "second")
    assert clone.repository == repository
    assert content(clone, working_tree(clone, repository / "in")) == {
        "a.txt": b"two\n",
        "in/b.txt": b"one\n",
    }


def test_a_linked_work_tree_is_judged_by_its_own_files_and_index(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    repository = clone_of({"a.txt": "one\n", "b.txt": "one\n"}).repository
    plain(repository, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    (repository / "b.txt").write_text("of another work tree\n")
    (tmp_path / "linked/a.txt").write_text("two\n")
    plain(tmp_path / "linked", "add", "a.txt")
    (tmp_path / "linked/new.txt").write_text("new\n")
    clone = open_clone(tmp_path / "linked", "HEAD", tmp_path / "second")
    assert content(clone, working_tree(clone, tmp_path / "linked")) == {
        "a.txt": b"two\n",
        "b.txt": b"one\n",
        "new.txt": b"new\n",
    }


def test_what_the_environment_says_of_a_repository_is_not_heard(
    clone_of: Callable[[Files], Clone], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clone_of({"a.txt": "one\n"})
    (clone.repository / "a.txt").write_text("two\n")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.autocrlf'='true'")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(clone.repository.parent))
    assert uncommitted_paths(clone, clone.repository) == ("a.txt",)
    assert content(clone, working_tree(clone, clone.repository)) == {"a.txt": b"two\n"}


def test_new_files_are_judged_and_ignored_ones_are_not(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({".gitignore": "*.log\n", "kept.log": "one\n"})
    user = clone.repository
    (user / ".git/info/exclude").write_text("mine.txt\n")
    for name in ("new.txt", "new.log", "mine.txt"):
        (user / name).write_text("new\n")
    (user / "kept.log").write_text("two\n")  # in the base, so no pattern hides it
    found = content(clone, working_tree(clone, user))
    assert found == {".gitignore": b"*.log\n", "kept.log": b"two\n", "new.txt": b"new\n"}


def test_what_a_sparse_work_tree_leaves_out_is_not_deleted(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    repository = clone_of({"near/a.txt": "one\n", "far/b.txt": "one\n"}).repository
    plain(repository, "sparse-checkout", "set", "near")
    (repository / "near/a.txt").unlink()
    clone = open_clone(repository, "HEAD", tmp_path / "second")
    assert content(clone, working_tree(clone, repository)) == {"far/b.txt": b"one\n"}


def test_a_repository_inside_of_the_work_tree_is_no_part_of_it(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({"a.txt": "one\n"})
    inner = clone.repository / "vendor"
    inner.mkdir()
    plain(inner, "init", "--quiet")
    (inner / "secret.txt").write_text("of another repository\n")
    assert uncommitted_paths(clone, clone.repository) == ("vendor/",)
    assert content(clone, working_tree(clone, clone.repository)) == {"a.txt": b"one\n"}


def test_names_that_differ_in_case_alone_stay_two_files(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({"a.txt": "one\n"})
    (clone.repository / "A.txt").write_text("two\n")
    (clone.repository / "IN").mkdir()
    (clone.repository / "IN/x").write_text("three\n")
    assert content(clone, working_tree(clone, clone.repository)) == {
        "a.txt": b"one\n",
        "A.txt": b"two\n",
        "IN/x": b"three\n",
    }


def test_a_file_and_a_folder_that_change_places_do_so_in_the_tree(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({"file": "one\n", "folder/a.txt": "one\n"})
    user = clone.repository
    (user / "file").unlink()
    (user / "file").mkdir()
    (user / "file/a.txt").write_text("two\n")
    (user / "folder/a.txt").unlink()
    (user / "folder").rmdir()
    (user / "folder").write_text("three\n")
    found = content(clone, working_tree(clone, user))
    assert found == {"file/a.txt": b"two\n", "folder": b"three\n"}


def test_a_link_in_the_place_of_a_folder_takes_its_files_out_of_the_tree(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    clone = clone_of({"folder/a.txt": "one\n", "kept.txt": "one\n"})
    user = clone.repository
    (user / "folder").rename(user / "moved")
    (user / "folder").symlink_to(tmp_path)
    found = content(clone, working_tree(clone, user))
    assert found == {
        "folder": os.fsencode(tmp_path),
        "moved/a.txt": b"one\n",
        "kept.txt": b"one\n",
    }


def test_line_ends_are_those_that_attributes_ask_for_changed_or_not(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({".gitattributes": "*.txt text\n", "a.txt": "one\n", "b.bin": "one\n"})
    user = clone.repository
    (user / "a.txt").write_bytes(b"two\r\n")
    (user / "b.bin").write_bytes(b"two\r\n")
    assert content(clone, working_tree(clone, user))["a.txt"] == b"two\n"
    (user / ".gitattributes").write_text("*.bin text\n*.txt -text\n")
    found = content(clone, working_tree(clone, user))
    assert (found["a.txt"], found["b.bin"]) == (b"two\r\n", b"two\n")


def test_the_right_to_run_is_taken_as_it_is_unless_the_users_settings_say_otherwise(
    clone_of: Callable[[Files], Clone],
) -> None:
    clone = clone_of({"a.sh": "one\n"})
    (clone.repository / "a.sh").chmod(0o755)
    (found,) = list_files(clone, working_tree(clone, clone.repository))
    assert found.mode == "100755"
    plain(clone.repository, "config", "core.fileMode", "false")
    (clone.repository / "a.sh").write_text("two\n")
    (found,) = list_files(clone, working_tree(clone, clone.repository))
    assert found.mode == "100644"


def test_a_filter_that_attributes_name_is_never_run(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    clone = clone_of({".gitattributes": "*.txt filter=evil diff=evil\n", "a.txt": "one\n"})
    for key in ("filter.evil.clean", "filter.evil.process", "diff.evil.textconv"):
        plain(clone.repository, "config", key, f"touch {tmp_path}/ran; cat")
    (clone.repository / "a.txt").write_text("two\n")
    assert content(clone, working_tree(clone, clone.repository))["a.txt"] == b"two\n"
    assert not (tmp_path / "ran").exists()
