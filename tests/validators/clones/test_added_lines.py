from collections.abc import Callable, Mapping

import pytest

from validators.checkout import Clone, write_tree
from validators.clones.added_lines import added_lines
from validators.sandbox import FileChange

CloneOf = Callable[[Mapping[str, str | bytes]], Clone]
ODD = ('a "b"\\\n\tc.py', "é (1).py", "a b/@@ -1 +1 @@.py", "-x", "a => b.txt")


def added(clone: Clone, files: Mapping[str, str | bytes | None]) -> Mapping[str, frozenset[int]]:
    tree = write_tree(clone, clone.base_tree, [changed(*file) for file in files.items()])
    return added_lines(clone, clone.base_tree, tree)


def changed(path: str, content: str | bytes | None) -> FileChange:
    if content is None:
        return FileChange(path, "000000")
    return FileChange(path, "100644", content.encode() if isinstance(content, str) else content)


def test_added_and_rewritten_lines_are_named_by_number(clone_of: CloneOf) -> None:
    clone = clone_of({"a.py": "one\ntwo\nthree\n", "gone.py": "x\n", "less.py": "1\n2\n"})

    found = added(
        clone,
        {"a.py": "zero\none\nTWO\nthree", "new.py": "1\n2\n", "gone.py": None, "less.py": "2\n"},
    )

    assert found == {"a.py": frozenset({1, 3, 4}), "new.py": frozenset({1, 2})}


@pytest.mark.parametrize("name", ODD[1:])
def test_odd_names_are_no_trouble(clone_of: CloneOf, name: str) -> None:
    assert added(clone_of({"b": "x"}), {name: "x\ny\n"}) == {name: frozenset({1, 2})}


def test_lines_that_look_like_headers_are_counted_off(clone_of: CloneOf) -> None:
    fake = f"@@ -1 +1,900 @@\nindex {'0' * 40}..{'1' * 40} 100644\ndiff --git a/x b/x\n"
    clone = clone_of({"a": "1\n2\n"})
    assert added(clone, {"a": f"1\n{fake}2\n"}) == {"a": frozenset({2, 3, 4})}
    assert added(clone, {"b": fake}) == {"b": frozenset({1, 2, 3})}


def test_a_moved_file_adds_only_what_changed_in_it(clone_of: CloneOf) -> None:
    text = "".join(f"line {number}\n" for number in range(50))
    clone = clone_of({"a.py": text})
    assert added(clone, {"a.py": None, "b.py": text}) == {}
    found = added(clone, {"a.py": None, "b.py": text.replace("line 9\n", "nine\n")})
    assert found == {"b.py": frozenset({10})}


def test_two_files_of_the_same_contents_have_the_same_lines(clone_of: CloneOf) -> None:
    clone = clone_of({"a": "1\n", "b": "1\n"})
    found = added(clone, {"a": "1\n2\n", "b": "1\n2\n"})
    assert found == {"a": frozenset({2}), "b": frozenset({2})}


def test_a_file_that_was_a_link_is_all_new(clone_of: CloneOf) -> None:
    clone = clone_of({"a": "x"})
    link = FileChange("b", "120000", b"a")
    base = write_tree(clone, clone.base_tree, [link])
    tree = write_tree(clone, base, [FileChange("b", "100644", b"1\n2\n")])
    assert added_lines(clone, base, tree) == {"b": frozenset({1, 2})}
    assert added_lines(clone, tree, base) == {}


def test_lines_end_where_git_ends_them_and_a_nul_is_no_end(clone_of: CloneOf) -> None:
    found = added(clone_of({"a": "1\n"}), {"a": b"1\n\0\r2\x0c3\n4"})
    assert found == {"a": frozenset({2, 3})}
