from collections.abc import Callable
from pathlib import Path

from validators.checkout import Clone, open_clone, write_tree
from validators.clones.commits import commit
from validators.clones.left_out import left_out
from validators.sandbox import FileChange

Files = dict[str, str | bytes | None]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"


def test_pointers_are_counted_where_attributes_speak_of_them(
    clone_of: Callable[[Files], Clone],
) -> None:
    pointers = {f"{number}.bin": POINTER + str(number) for number in range(3)}
    clone = clone_of({"sub/.gitattributes": ATTRIBUTES, "a.txt": "x" * 200, **pointers})
    assert left_out(clone) == ("3 files are Git LFS pointers: their content is not here",)


def test_nothing_is_said_of_a_tree_that_is_whole(clone_of: Callable[[Files], Clone]) -> None:
    assert left_out(clone_of({"a.bin": POINTER, "b.txt": "one\n"})) == ()


def test_submodules_are_counted_and_the_first_is_named(
    clone_of: Callable[[Files], Clone], tmp_path: Path
) -> None:
    clone = clone_of({"a.txt": "one\n"})
    change = FileChange("sub", "160000", b"1" * 40)
    tree = write_tree(clone, clone.base_tree, [change])
    made = commit(clone, tree, clone.base_commit, "sub", "ada <a@localhost>", "2026-01-02")
    (clone.git_dir / "refs/heads/main").write_text(made.sha)
    fresh = open_clone(clone.git_dir, made.sha, tmp_path / "second")
    (told,) = left_out(fresh)
    assert told.startswith("1 submodules ('sub'...)")
