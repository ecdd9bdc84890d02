"""Where two trees differ, line by line, and which changes meet."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from validators.checkout import Clone, write_tree
from validators.clones.hunks import Hunk, hunks
from validators.clones.own_repository import open_own
from validators.sandbox import FileChange

Tree = Callable[[Mapping[str, bytes]], str]


@pytest.fixture
def own(tmp_path: Path) -> Clone:
    return open_own(tmp_path / "own.git")


@pytest.fixture
def tree(own: Clone) -> Tree:
    def written(files: Mapping[str, bytes]) -> str:
        changes = [FileChange(path, "100644", content) for path, content in files.items()]
        return write_tree(own, own.base_tree, changes)

    return written


def test_each_range_is_named_with_its_lines_before_and_after(own: Clone, tree: Tree) -> None:
    old = tree({"a.py": b"1\n2\n3\n4\n", "gone.py": b"x\n", "same.py": b"y\n"})
    new = tree({"a.py": b"0\n1\n2\nthree\n", "new.py": b"p\nq\n", "same.py": b"y\n"})

    assert hunks(own, old, new) == {
        "a.py": (Hunk(0, 0, 1, 1), Hunk(3, 2, 4, 1)),
        "gone.py": (Hunk(1, 1, 0, 0),),
        "new.py": (Hunk(0, 0, 1, 2),),
    }
    assert set(hunks(own, old, new, ["new.py", "same.py"])) == {"new.py"}


def test_a_line_that_looks_like_a_header_is_none(own: Clone, tree: Tree) -> None:
    index = b"index " + b"0" * 40 + b".." + b"1" * 40 + b"\n"
    old = tree({"a.diff": b"@@ -1 +1 @@\n" + index, "odd\nname": b"no end"})
    new = tree({"a.diff": b"@@ -9,9 +9,9 @@\n" + index * 2, "odd\nname": b"no end\nhere"})

    assert hunks(own, old, new) == {
        "a.diff": (Hunk(1, 1, 1, 2),),
        "odd\nname": (Hunk(1, 1, 1, 2),),
    }


def test_what_has_no_lines_is_named_without_any(own: Clone, tree: Tree) -> None:
    old, new = tree({"a.bin": b"\0\1"}), tree({"a.bin": b"\0\2"})
    assert hunks(own, old, new) == {"a.bin": ()}


@pytest.mark.parametrize(
    ("hunk", "start", "count", "meets"),
    [
        (Hunk(3, 2, 3, 2), 3, 1, True),
        (Hunk(3, 2, 3, 2), 4, 5, True),
        (Hunk(3, 2, 3, 2), 5, 1, False),
        (Hunk(3, 2, 3, 2), 1, 2, False),
        (Hunk(3, 0, 4, 1), 3, 2, True),  # between the two
        (Hunk(3, 0, 4, 1), 3, 1, False),  # below the last
        (Hunk(3, 0, 4, 1), 4, 1, False),  # above the first
        (Hunk(3, 0, 4, 1), 3, 0, True),  # the same place
        (Hunk(3, 2, 3, 2), 3, 0, True),  # both lines around it
        (Hunk(4, 2, 4, 2), 3, 0, False),
        (Hunk(0, 0, 1, 1), 0, 0, True),
    ],
)
def test_a_change_meets_lines_and_the_places_between_them(
    hunk: Hunk, start: int, count: int, *, meets: bool
) -> None:
    assert hunk.meets(start, count) is meets
