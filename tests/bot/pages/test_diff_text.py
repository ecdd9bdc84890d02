"""What git writes of a change is read back into the files, hunks and lines it is about."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.diff_text import FileOfDiff, files_of

NAMES = ("plain.py", "with space.txt", 'quo"te\ttab.txt', "ünïcode.md", "--- a\n+++ b")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileOfDiff]:
    """Files of odd names that changed in every way, as git tells it."""
    folder = tmp_path_factory.mktemp("repo")
    git(folder, "init", "-q")
    for name in NAMES:
        (folder / name).write_text("".join(f"line {n}\n" for n in range(30)))
    (folder / "gone.txt").write_text("a\n")
    (folder / "moved.txt").write_text("".join(f"moved {n}\n" for n in range(30)))
    (folder / "binary").write_bytes(b"\0\1")
    (folder / "mode.sh").write_text("true\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    for name in NAMES:
        text = (folder / name).read_text().replace("line 3\n", "-- line three\n++ more\n")
        (folder / name).write_text(text.replace("line 25\n", "diff --git a/x b/x\n") + "no end")
    (folder / "gone.txt").unlink()
    (folder / "moved.txt").rename(folder / "moved to.txt")
    (folder / "binary").write_bytes(b"\0\2")
    (folder / "mode.sh").chmod(0o755)
    (folder / "empty new").write_text("")
    git(folder, "add", "-A")
    diff = git(folder, "diff-tree", "-r", "-p", "-M", "--full-index", "HEAD", git_tree(folder))
    return {file.path: file for file in files_of(diff)}


def git_tree(folder: Path) -> str:
    return git(folder, "write-tree").strip()


def test_every_file_is_found_under_its_own_name(change: dict[str, FileOfDiff]) -> None:
    others = {"gone.txt", "moved to.txt", "binary", "mode.sh", "empty new"}
    assert set(change) == {*NAMES, *others}


@pytest.mark.parametrize("name", NAMES)
def test_lines_keep_their_numbers_though_they_look_like_headers(
    change: dict[str, FileOfDiff], name: str
) -> None:
    file = change[name]
    assert (file.added, file.removed) == (4, 2)
    lines = {line.new: line for hunk in file.hunks for line in hunk.lines if line.new}
    assert lines[4].text == "-- line three"
    assert lines[5].text == "++ more"
    assert lines[27].text == "diff --git a/x b/x"
    assert lines[32].ends_file
    assert {line.text for hunk in file.hunks for line in hunk.lines if not line.new} == {
        "line 3",
        "line 25",
    }


def test_what_has_no_lines_has_git_s_words(change: dict[str, FileOfDiff]) -> None:
    assert change["moved to.txt"].old_path == "moved.txt"
    assert change["binary"].notes == ("Binary files a/binary and b/binary differ",)
    assert change["mode.sh"].notes == ("old mode 100644", "new mode 100755")
    assert (change["gone.txt"].added, change["gone.txt"].removed) == (0, 1)


@given(st.text())
def test_text_that_is_no_diff_is_read_without_a_fault(text: str) -> None:
    for diff in (text, f"diff --git {text}", f"diff --git a/x b/x\n@@ -1,2 +1,2 @@\n{text}"):
        for file in files_of(diff):
            assert file.added + file.removed <= diff.count("\n") + 1
