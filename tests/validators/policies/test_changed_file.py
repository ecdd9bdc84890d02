"""The contents policies read: both trees, plain files alone, and never without a limit."""

from collections.abc import Callable

import pytest

from validators.checkout import CheckoutRefusal, Clone, RawChange, raw_changes, write_tree
from validators.policies import changed_file
from validators.policies.changed_file import ChangedFile, added_lines, changed_files
from validators.sandbox import FileChange

Files = dict[str, str | bytes | None]


def files_after(clone: Clone, *changes: FileChange) -> tuple[ChangedFile, ...]:
    tree = write_tree(clone, clone.base_tree, changes)
    return changed_files(clone, raw_changes(clone, clone.base_tree, tree))


def test_both_contents_are_read(clone_of: Callable[[Files], Clone]) -> None:
    clone = clone_of({"a": "one\n", "gone": "two\n", "odd \u00fc": b"\0\n"})
    files = files_after(
        clone,
        FileChange("a", "100644", b"1\n"),
        FileChange("gone", "000000"),
        FileChange("new", "100755", b""),
        FileChange("odd \u00fc", "100755", b"\0\n"),
    )
    assert files == (
        ChangedFile("a", "a", b"one\n", b"1\n"),
        ChangedFile("gone", "gone", b"two\n", None),
        ChangedFile("new", "new", None, b""),
        ChangedFile("odd \u00fc", "odd \u00fc", b"\0\n", b"\0\n"),
    )


def test_a_renamed_file_keeps_its_old_name_and_content(clone_of: Callable[[Files], Clone]) -> None:
    text = "".join(f"line {number}\n" for number in range(40))
    clone = clone_of({"a": text})
    changes = [FileChange("a", "000000"), FileChange("b", "100644", f"{text}x\n".encode())]
    assert files_after(clone, *changes) == (
        ChangedFile("b", "a", text.encode(), f"{text}x\n".encode()),
    )


def test_links_and_submodules_have_no_content(clone_of: Callable[[Files], Clone]) -> None:
    clone = clone_of({"a": "one\n"})
    files = files_after(
        clone, FileChange("a", "120000", b"target"), FileChange("m", "160000", b"1" * 40)
    )
    assert files == (ChangedFile("a", "a", b"one\n", None), ChangedFile("m", "m", None, None))


def test_what_is_too_large_is_not_read(clone_of: Callable[[Files], Clone]) -> None:
    clone = clone_of({"a": "one\n"})
    just, over = b"x" * 1024**2, b"x" * (1024**2 + 1)
    files = files_after(clone, FileChange("b", "100644", just), FileChange("c", "100644", over))
    assert [file.new for file in files] == [just, None]


def test_all_together_have_a_limit(
    clone_of: Callable[[Files], Clone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_file, "MAX_TOTAL_BYTES", 6)
    changes = [FileChange(name, "100644", name.encode() * 3) for name in "abc"]
    files = files_after(clone_of({"z": "z\n"}), *changes)
    assert [file.new for file in files] == [b"aaa", b"bbb", None]


def test_a_missing_object_is_refused(clone_of: Callable[[Files], Clone]) -> None:
    clone = clone_of({"z": "z\n"})
    entry = RawChange("A", "000000", "100644", "0" * 40, "1" * 40, "a", "a")
    with pytest.raises(CheckoutRefusal, match="lacks object"):
        changed_files(clone, [entry])


def test_added_lines_are_those_the_old_file_held_less_often() -> None:
    file = ChangedFile("a", "a", b"a\nb\nc", b"c\nx\na\na\nb")
    assert list(added_lines(file)) == [(2, b"x"), (4, b"a")]
    assert list(added_lines(ChangedFile("a", "a", b"a", None))) == []
    assert list(added_lines(ChangedFile("a", "a", None, b"a\n"))) == [(1, b"a")]
