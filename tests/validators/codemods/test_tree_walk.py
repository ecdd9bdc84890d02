"""Which files a program is shown: no folder is passed over without a word."""

from pathlib import Path

from validators.codemods.tree_walk import walked_files


def test_tests_and_hidden_folders_are_read_and_what_is_not_is_named(tmp_path: Path) -> None:
    for name in ("a.py", "tests/b.py", ".ci/c.py", "src/vendor/d.py", "notes.txt", ".git/e.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to("a.py")
    (tmp_path / "outside").symlink_to("/")
    assert walked_files(tmp_path, [["*.py"], []]) == (
        [".ci/c.py", "a.py", "tests/b.py"],
        ["src/vendor"],
    )
    assert walked_files(tmp_path, [["*.py"], ["tests/*"]])[0] == ["tests/b.py"]
    assert walked_files(tmp_path, [])[0] == [".ci/c.py", "a.py", "tests/b.py"]
