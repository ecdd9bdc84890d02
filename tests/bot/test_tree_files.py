"""Files of a folder somebody named: written whole, and never through a link out of it."""

from pathlib import Path

import pytest

from bot.tree_files import MAX_REPLY_BYTES, TreeRefusal, read_text, tree_reader, write_changes
from validators.sandbox import FileChange


def shape(tree: Path) -> dict[str, tuple[int, bytes | None]]:
    """Return every path below ``tree`` with its mode and content."""
    return {
        str(path.relative_to(tree)): (
            path.stat().st_mode,
            path.read_bytes() if path.is_file() else None,
        )
        for path in tree.rglob("*")
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_text("outside")
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("inside")
    (folder / "out").symlink_to("../outside")
    return folder


def test_a_file_is_read_with_its_mode(tree: Path) -> None:
    (tree / "run.sh").write_bytes(b"x")
    (tree / "run.sh").chmod(0o755)
    read = tree_reader(tree)

    assert read("sub/a.txt") == ("100644", b"inside")
    assert read("run.sh") == ("100755", b"x")
    assert read("none") is None
    assert read("sub") is None


def test_what_lies_behind_a_link_is_not_read(tree: Path) -> None:
    (tree / "link").symlink_to("../outside/a.txt")
    read = tree_reader(tree)

    for path in ("out/a.txt", "link", "../outside/a.txt", str(tree.parent / "outside/a.txt")):
        assert read(path) == ("120000", b"")
    assert read("out/none") is None


@pytest.mark.parametrize("path", ["out/a.txt", "out/new", "../outside/a.txt", "/nowhere/a.txt"])
def test_nothing_is_written_outside(tree: Path, path: str) -> None:
    with pytest.raises(TreeRefusal, match="a link out of"):
        write_changes(tree, [FileChange(path, "100644", b"hostile")])

    assert [file.name for file in (tree.parent / "outside").iterdir()] == ["a.txt"]
    assert (tree.parent / "outside" / "a.txt").read_text() == "outside"


def test_a_link_planted_under_a_temporary_name_is_not_followed(tree: Path) -> None:
    (tree / "sub" / ".a.txt.changewright").symlink_to("../../outside/a.txt")

    write_changes(tree, [FileChange("sub/a.txt", "100644", b"new")])

    assert (tree / "sub" / "a.txt").read_bytes() == b"new"
    assert (tree.parent / "outside" / "a.txt").read_text() == "outside"


@pytest.mark.parametrize(
    ("before", "mode", "after"),
    [
        (0o600, "100644", 0o600),
        (0o640, "100755", 0o750),
        (0o755, "100644", 0o644),
        (0o751, "100755", 0o751),
        (0o611, "100644", 0o611),
        (None, "100644", 0o644),
        (None, "100755", 0o755),
    ],
)
def test_who_may_read_a_file_stays_as_it_was(
    tree: Path, before: int | None, mode: str, after: int
) -> None:
    place = tree / "new folder" / "file"
    if before is not None:
        place.parent.mkdir()
        place.write_bytes(b"")
        place.chmod(before)

    write_changes(tree, [FileChange("new folder/file", mode, b"content")])

    assert place.read_bytes() == b"content"
    assert place.stat().st_mode & 0o777 == after
    assert [file.name for file in place.parent.iterdir()] == ["file"]


def test_a_deleted_file_is_gone(tree: Path) -> None:
    write_changes(tree, [FileChange("sub/a.txt", "000000")])

    assert not (tree / "sub" / "a.txt").exists()


@pytest.mark.parametrize(
    "change",
    [
        FileChange("sub/a.txt/b", "100644", b"x"),
        FileChange("sub", "100644", b"x"),
        FileChange("none", "000000"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    tree: Path, change: FileChange
) -> None:
    with pytest.raises(TreeRefusal, match="cannot write it"):
        write_changes(tree, [change])

    assert sorted(file.name for file in tree.rglob("*")) == ["a.txt", "out", "sub"]


def test_files_are_made_changed_and_deleted_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"1")
    changes = [
        FileChange("a", "100644", b"2"),
        FileChange("b", "000000"),
        FileChange("c/d/e", "100755", b"3"),
    ]
    write_changes(tmp_path, changes)
    found = {path: content for path, (_, content) in shape(tmp_path).items()}
    assert found == {"a": b"2", "c": None, "c/d": None, "c/d/e": b"3"}
    assert tree_reader(tmp_path)("c/d/e") == ("100755", b"3")


@pytest.mark.parametrize(
    "last",
    [
        FileChange("folder", "100644", b"a file in place of a folder"),
        FileChange("gone", "000000"),
        FileChange("b/below/a/file", "100644", b"x"),
    ],
    ids=["exchange", "delete", "stage"],
)
def test_when_one_cannot_be_written_all_is_as_it_was(tmp_path: Path, last: FileChange) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"1")
    (tmp_path / "b").chmod(0o751)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_bytes(b"1")
    before = shape(tmp_path)
    changes = [
        FileChange("a", "000000"),
        FileChange("b", "100755", b"2"),
        FileChange("new/file", "100644", b"2"),
        last,
    ]
    with pytest.raises(TreeRefusal, match="Nothing was changed"):
        write_changes(tmp_path, changes)
    assert shape(tmp_path) == before


def test_a_reply_that_is_no_file_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TreeRefusal, match="cannot read it: Is a directory"):
        read_text(tmp_path)
    large = tmp_path / "large"
    large.write_bytes(b"x" * (MAX_REPLY_BYTES + 1))
    with pytest.raises(TreeRefusal, match="the limit is"):
        read_text(large)


def test_bytes_that_are_not_utf8_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "reply").write_bytes(b"a\xffb")

    assert read_text(tmp_path / "reply") == "a\ufffdb"
