"""What a reply's edits do to the files of one patch: what is refused, what order counts."""

from collections.abc import Iterator
from functools import cache

import pytest

from validators.edits.edit import Edit, Landing, Patch
from validators.patch import SourceSyntax, land

Files = dict[str, tuple[str, bytes] | bytes]


@cache
def syntax() -> SourceSyntax:
    """Return the one reader of all these tests: a child takes longer to start than to ask."""
    return SourceSyntax()


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    syntax().close()


def landing_of(edits: tuple[Edit, ...], files: Files, *, partial: bool = False) -> Landing:
    def read(path: str) -> tuple[str, bytes] | None:
        there = files.get(path)
        return ("100644", there) if isinstance(there, bytes) else there

    return land(Patch(edits), read, syntax(), partial=partial)


def test_lines_may_be_added_at_the_end_of_the_file() -> None:
    edit = Edit("a.txt", "append", new=("x",))
    assert landing_of((edit,), {"a.txt": b"a\n"}).files[0].content == b"a\nx\n"
    assert landing_of((edit,), {"a.txt": b"a"}).files[0].content == b"a\nx"
    assert landing_of((edit,), {"a.txt": b"a\nx\n"}).files[0].content == b"a\nx\nx\n"
    assert landing_of((edit,), {"a.txt": b"a\r\nb\r\n"}).files[0].content == b"a\r\nb\r\nx\r\n"
    assert landing_of((edit,), {}).rejected[0].reason == "no-such-file"
    telling = Edit("a.txt", "append", new=("a line that is there by no accident",))
    there = f"a\n{telling.new[0]}\n".encode()
    assert landing_of((telling,), {"a.txt": there}).landed[0].how == "already-applied"


def test_a_line_that_an_earlier_edit_took_away_is_told_as_that() -> None:
    edits = (Edit("a.txt", old=("1",), new=("2",)), Edit("a.txt", old=("1",), new=("3",)))
    (rejected,) = landing_of(edits, {"a.txt": b"1\n"}).rejected
    assert rejected.reason == "changed"
    assert "an earlier edit of this reply took the old lines away" in rejected.message


def test_a_file_that_changed_since_its_author_read_it_is_told_as_that() -> None:
    patch = Patch((Edit("a.txt", old=("old words here",), new=("x",)),))

    def read(_: str) -> tuple[str, bytes]:
        return "100644", b"top\nnew words here\n"

    def seen(_: str) -> tuple[str, bytes]:
        return "100644", b"top\nold words here\n"

    (rejected,) = land(patch, read, syntax(), seen=seen).rejected
    assert rejected.reason == "changed"
    assert rejected.message.splitlines() == [
        "a.txt changed since you read it: the old lines stood there then. Its nearest lines now:",
        "1 | top",
        "2 | new words here",
        "3 |",
    ]
    assert land(patch, seen, syntax(), seen=read).files
    (rejected,) = land(patch, read, syntax(), seen=read).rejected
    assert rejected.reason == "no-match"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit("", old=("a",)), "no-path"),
        (Edit("../a", old=("a",)), "bad-path"),
        (Edit("/etc/passwd", old=("a",)), "bad-path"),
        (Edit("sub/.GIT/config", "create", new=("a",)), "bad-path"),
        (Edit("missing.txt", old=("a",)), "no-such-file"),
        (Edit("missing.txt", "delete"), "no-such-file"),
        (Edit("missing.txt", "rename", to="b.txt"), "no-such-file"),
        (Edit("link", old=("a",)), "symlink"),
        (Edit("link/a.txt", "create", new=("a",)), "symlink"),
        (Edit("module", "delete"), "submodule"),
        (Edit("module/a.txt", "create", new=("a",)), "submodule"),
        (Edit("a.txt/b.txt", "create", new=("a",)), "not-a-folder"),
        (Edit("a.txt", "rename", to="b.txt"), "exists"),
        (Edit("a.txt", "rename", to=".git"), "bad-path"),
        (Edit("a.txt", "create", new=("b",)), "exists"),
        (Edit("a.txt", "insert", new=("b",), line=2), "no-match"),
    ],
)
def test_what_may_not_be_touched_is_refused(edit: Edit, reason: str) -> None:
    files: Files = {
        "a.txt": b"a\n",
        "b.txt": b"b\n",
        "link": ("120000", b"/etc"),
        "module": ("160000", b""),
        "folder": ("040000", b""),
    }
    landing = landing_of((edit,), files)
    assert landing.files == ()
    assert [rejected.reason for rejected in landing.rejected] == [reason]
    assert landing.rejected[0].message.endswith(".")


def test_a_file_may_be_made_in_a_folder_that_the_reader_knows() -> None:
    landing = landing_of((Edit("./folder/a", "create"),), {"folder": ("040000", b"")})
    assert [(change.path, change.content) for change in landing.files] == [("folder/a", b"")]
    assert [edit.path for edit in landing.landed] == ["folder/a"]


def test_a_line_number_counts_only_before_other_edits_moved_the_lines() -> None:
    edits = (Edit("a", "insert", new=("x",), line=0), Edit("a", "insert", new=("y",), line=1))
    landing = landing_of(edits, {"a": b"1\n2\n"}, partial=True)
    assert [edit.reason for edit in landing.rejected] == ["ambiguous"]
    assert landing.files[0].content == b"x\n1\n2\n"


@pytest.mark.parametrize(("line", "after"), [(0, b"x\n1\n2"), (1, b"1\nx\n2"), (2, b"1\n2\nx")])
def test_an_insert_goes_after_its_line(line: int, after: bytes) -> None:
    landing = landing_of((Edit("a", "insert", new=("x",), line=line),), {"a": b"1\n2"})
    assert landing.files[0].content == after


def test_a_file_deleted_and_made_again_keeps_its_mode() -> None:
    edits = (Edit("run", "delete"), Edit("run", "create", new=("new",)))
    landing = landing_of(edits, {"run": ("100755", b"old\n")})
    assert [(change.mode, change.content) for change in landing.files] == [("100755", b"new\n")]


def test_a_file_made_and_deleted_again_is_no_change() -> None:
    edits = (Edit("new", "create", new=("x",)), Edit("new", "delete"))
    assert landing_of(edits, {}).files == ()


def test_a_partial_landing_keeps_what_landed() -> None:
    edits = (Edit("a", old=("1",), new=("x",)), Edit("a", old=("9",), new=("y",)))
    landing = landing_of(edits, {"a": b"1\n2\n"}, partial=True)
    assert [change.content for change in landing.files] == [b"x\n2\n"]
    assert len(landing.landed) == len(landing.rejected) == 1
    assert landing_of(edits, {"a": b"1\n2\n"}).files == ()


def test_a_partial_landing_drops_a_file_that_no_longer_parses() -> None:
    edits = (
        Edit("a.py", old=("1",), new=("(ERROR",)),
        Edit("a.py", "rename", to="b.py"),
        Edit("c.py", old=("1",), new=("2",)),
    )
    landing = landing_of(edits, {"a.py": b"1\n", "c.py": b"1\n"}, partial=True)
    assert [change.path for change in landing.files] == ["c.py"]
    assert [edit.path for edit in landing.landed] == ["c.py"]
    assert [(edit.path, edit.reason) for edit in landing.rejected] == [("b.py", "breaks-syntax")]


def test_errors_a_file_had_before_do_not_count_even_after_renames() -> None:
    edits = (
        Edit("a.py", "rename", to="b.py"),
        Edit("b.py", "rename", to="c.py"),
        Edit("c.py", old=("1",), new=("2",)),
    )
    landing = landing_of(edits, {"a.py": b"(ERROR\n1\n"})
    assert [(change.path, change.content) for change in landing.files] == [
        ("a.py", None),
        ("c.py", b"(ERROR\n2\n"),
    ]


def test_a_new_file_that_does_not_parse_is_refused() -> None:
    landing = landing_of((Edit("a.py", "create", new=("(ERROR",)),), {})
    assert "1 syntax errors, 0 before" in landing.rejected[0].message


def test_after_many_rejections_the_rest_is_not_tried() -> None:
    edits = tuple(Edit(f"{number}.txt", old=("x",)) for number in range(60))
    landing = landing_of(edits, {})
    assert len(landing.rejected) == 26
    assert "not tried" in landing.rejected[-1].message
