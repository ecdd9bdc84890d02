"""Where edits land, and what they leave as it was."""

from collections.abc import Iterator
from functools import cache

import pytest

from validators.edits.edit import Edit, Landing, Patch
from validators.patch import SourceSyntax, land, parse


@cache
def syntax() -> SourceSyntax:
    """Return the one reader of all these tests: a child takes longer to start than to ask."""
    return SourceSyntax()


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    syntax().close()


def landing_of(reply: str | tuple[Edit, ...], content: bytes) -> Landing:
    """Land a reply, or edits, on a tree whose one file is a.py."""

    def read(path: str) -> tuple[str, bytes] | None:
        return ("100755", content) if path == "a.py" else None

    return land(Patch(reply) if isinstance(reply, tuple) else parse(reply), read, syntax())


def edited(content: bytes, *edits: tuple[str, str]) -> bytes | None:
    blocks = (f"a.py\n<<<<<<< SEARCH\n{o}=======\n{n}>>>>>>> REPLACE\n" for o, n in edits)
    landing = landing_of("".join(blocks), content)
    assert not landing.rejected
    (change,) = landing.files
    return change.content


def refused(content: bytes, old: str, new: str = "new\n") -> tuple[str, str]:
    reply = f"a.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"
    landing = landing_of(reply, content)
    assert landing.files == ()
    (rejected,) = landing.rejected
    return rejected.reason, rejected.message


def replaced(content: bytes, old: str, new: str) -> bytes | str | None:
    """Land one edit of raw text; return the content, or the reason it was rejected for."""
    edit = Edit("a.py", old=(*old.split("\n"),), new=(*new.split("\n"),), whole_lines=False)
    landing = landing_of((edit,), content)
    if landing.rejected:
        return landing.rejected[0].reason
    return landing.files[0].content if landing.files else landing.landed[0].how


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (b"a\r\nb\r\nc\r\n", "b\n", "x\ny\n", b"a\r\nx\r\ny\r\nc\r\n"),
        (b"a\nb\r\nc\n", "a\nb\nc\n", "a\nx\nb\nc\n", b"a\nx\nb\r\nc\n"),
        (b"\xef\xbb\xbfa\nb\n", "a\n", "x\n", b"\xef\xbb\xbfx\nb\n"),
        (b"a\nb", "b\n", "x\ny\n", b"a\nx\ny"),
        (b"a\nb", "a\n", "x\n", b"x\nb"),
        (b"a\nb", "b\n", "", b"a\n"),
        (b"a\n", "a\n\n", "x\n", b"x\n"),
        (b"a\n", "a\n", "", b""),
        (b"a", "a\n", "", b""),
        (b"\ta\n\tb\n", "\tb\n", "\tx\n", b"\ta\n\tx\n"),
        (b"caf\xe9\nb\n", "b\n", "x\n", b"caf\xe9\nx\n"),
        (b"# caf\xe9\n", "# caf\u00e9\n", "# un caf\u00e9\n", b"# un caf\xe9\n"),
        (b"a\x0cb\n\xe2\x80\xa8\rb\n", "\u2028\rb\n", "x\n", b"a\x0cb\nx\n"),
    ],
)
def test_what_an_edit_does_not_name_keeps_every_byte(
    before: bytes, old: str, new: str, after: bytes
) -> None:
    assert edited(before, (old, new)) == after


def test_the_mode_of_a_file_stays() -> None:
    landing = landing_of("a.py\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE", b"a\n")
    assert [(change.mode, change.content) for change in landing.files] == [("100755", b"b\n")]


def test_edits_of_one_file_are_made_in_order() -> None:
    assert edited(b"a\nb\n", ("b\n", "c\n"), ("a\nc\n", "d\n")) == b"d\n"


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        # one text more in front of each line
        (b"\tif a:\n\t\tb\n", "if a:\n\tb\n", "if a:\n\tc\n\t\td\n", b"\tif a:\n\t\tc\n\t\t\td\n"),
        # one text less
        (b"if a:\n  b\n", "    if a:\n      b\n", "    if c:\n      b\n", b"if c:\n  b\n"),
        # tabs in the file, spaces in the edit
        (
            b"a:\n\tb\n\t\tc\n",
            "a:\n    b\n        c\n",
            "a:\n    b\n        d\n",
            b"a:\n\tb\n\t\td\n",
        ),
        # spaces in the file, tabs in the edit
        (b"a:\n    b\n", "a:\n\tb\n", "a:\n\tb\n\tc\n", b"a:\n    b\n    c\n"),
        # whitespace inside a line; the file's own line stays where the edit keeps it
        (b"f( a,  b )\nx\n", "f( a, b )\nx\n", "f( a, b )\ny\n", b"f( a,  b )\ny\n"),
        # blank lines around it that the file does not have
        (b"a\nb\n", "\na\n\n", "\nx\n\n", b"x\nb\n"),
        # only the first line lacks its indentation
        (b"  f(\n    a\n  )\n", "f(\n    a\n  )\n", "g(\n    a\n  )\n", b"  g(\n    a\n  )\n"),
        # numbers before the lines
        (b"a\n\nb\n", "1 | a\n2 |\n3 | b\n", "1 | c\n2 |\n3 | b\n", b"c\n\nb\n"),
        (b"a\nb\n", "1\ta\n2\tb\n", "c\n", b"c\n"),
        (b"1 | a\n", "1 | a\n", "1 | b\n", b"1 | b\n"),
        (b"a\n  \nb\n", "a\n\nb\n", "a\n\nc\n", b"a\n  \nc\n"),
    ],
)
def test_a_difference_in_whitespace_alone_is_bridged(
    before: bytes, old: str, new: str, after: bytes
) -> None:
    assert edited(before, (old, new)) == after


@pytest.mark.parametrize(
    ("before", "old", "new", "reason"),
    [
        (b"a\nb\na\n", "a\n", "x\n", "ambiguous"),
        (b"  a\n    a\n", "a\n", "x\n", "ambiguous"),
        (b"a\n", "z\n", "x\n", "no-match"),
        (b"a\nb\n", "a\nb", "x\n", "malformed"),
        (b"a:\n  b\n      c\n", "a:\n  b\n    c\n", "a:\n  b\n    d\n", "indentation"),
        (b"a\nb\n", "  a\n  b\n", "x\n", "indentation"),
        (b"a\nb\n", "2 | a\n4 | b\n", "x\n", "no-match"),
        (b"a\nb\n", "1 | a\n2 | b\n", "1 | x\ny\n", "no-match"),
        (b"caf\xe9\n", "caf\u00e9\n", "\u20ac\n", "encoding"),
        (b"a\0b\n", "a\n", "x\n", "binary"),
        (b"a\n" * 600_000, "a\n", "x\n", "too-large"),
        (b"a\n", "", "x\n", "exists"),
        (b"ok\n", "ok\n", "(ERROR\n", "breaks-syntax"),
        (b"", "a\n", "x\n", "no-match"),
        (b"xa\n", "a\n", "x\n", "no-match"),
        (b"a\n", "\n\n\n", "x\n", "no-match"),
        # a bracket that stands there is no sign that the edit was made before
        (b"a {\n}\n", "b\n", "}\n", "no-match"),
        # neither tabs nor spaces are right for three columns
        (b"a:\n\tb\n", "a:\n    b\n", "a:\n   c\n", "indentation"),
        # only the first old line lacks its indentation, but the new one has one
        (b"  f(\n    a\n", "f(\n    a\n", "  g(\n    a\n", "indentation"),
    ],
)
def test_an_edit_without_one_sure_place_is_refused(
    before: bytes, old: str, new: str, reason: str
) -> None:
    assert refused(before, old, new)[0] == reason


def test_an_ambiguous_edit_is_told_every_line() -> None:
    assert "at lines 1, 3, 4." in refused(b"a\nb\na\na\n", "a\n")[1]


def test_many_places_are_not_all_listed() -> None:
    assert "and more" in refused(b"a\n" * 80, "a\n")[1]


def test_a_refused_edit_is_shown_the_lines_it_may_mean() -> None:
    content = b"one\ntwo\nthree = compute(four, five)\nsix\nseven\n"
    message = refused(content, "three = compute(four, 5)\n")[1]
    assert message.endswith("1 | one\n2 | two\n3 | three = compute(four, five)\n4 | six\n5 | seven")


def test_a_block_with_one_wrong_line_is_shown_by_the_lines_it_shares() -> None:
    content = b"".join(b"line %d\n" % number for number in range(60))
    message = refused(content, "line 30\nline 31\nlime 32\nline 33\n")[1]
    assert "29 | line 28\n" in message
    assert message.endswith("36 | line 35")


@pytest.mark.parametrize("content", [b"abc\n", b"\n\n"])
def test_nothing_similar_is_not_suggested(content: bytes) -> None:
    assert "Did you mean" not in refused(content, "0123456789\n")[1]


@pytest.mark.parametrize(
    ("content", "old", "new", "result"),
    [
        (b"x = 1\n", "1", "2", b"x = 2\n"),
        (b"f(a,\r\n  b)\r\n", "a,\n  b", "c", b"f(c)\r\n"),
        (b"a\nb\n", "a\nb\n", "c", b"c\n"),
        (b"x = 1\ny = 1\n", "1", "2", "ambiguous"),
        (b"    a\n    b\n", "a\nb", "c\nd", b"    c\n    d\n"),
        (b"import b\n", "import b\n", "import a\nimport b\n", b"import a\nimport b\n"),
        (b"import a\nimport b\n", "import b\n", "import a\nimport b\n", "already-applied"),
        (b"a\n", "a", "a", "no-change"),
        (b"a\n", "z", "a", "no-match"),
        (b"x = compute(price, count)\n", "price", "compute(price, count)", "already-applied"),
        (b"x = compute(price, count)\n", "y", "compute(price, count)", "already-applied"),
    ],
)
def test_raw_text_is_replaced_where_it_stands_once(
    content: bytes, old: str, new: str, result: bytes | str
) -> None:
    assert replaced(content, old, new) == result


@pytest.mark.parametrize(
    ("content", "old", "new"),
    [
        ("a\nreturn compute(price)\n", "return price\n", "return compute(price)\n"),
        ("a\nb\nc\n", "b\n", "b\nc\n"),
        ("a\n    b\n    c\n", "b\n", "b\nc\n"),
        ("a\nb\n", "", "a\nb\n"),
    ],
)
def test_an_edit_that_was_made_before_changes_nothing(content: str, old: str, new: str) -> None:
    reply = f"a.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"
    landing = landing_of(reply, content.encode())
    assert landing.files == ()
    assert [edit.how for edit in landing.landed] == ["already-applied"]


def test_a_deletion_that_finds_nothing_is_refused_and_not_taken_as_done() -> None:
    assert refused(b"a\nc\n", "a\nb\nc\n", "a\nc\n")[0] == "no-match"


METHODS = b"class A:\n    def f(self):\n        pass\n\nclass B:\n    def f(self):\n        pass\n"


@pytest.mark.parametrize(
    ("anchors", "landed"),
    [
        (("class B:",), True),
        (("class B:", "def f(self):"), True),
        (("def f(self):",), False),
        (("class C:",), False),
        ((), False),
    ],
)
def test_an_anchor_tells_alike_places_apart(anchors: tuple[str, ...], landed: bool) -> None:  # noqa: FBT001 - a table's column
    edit = Edit("a.py", old=("        pass",), new=("        return 1",), anchors=anchors)
    landing = landing_of((edit,), METHODS)
    assert bool(landing.files) == landed
    if landed:
        assert (landing.files[0].content or b"").endswith(
            b"B:\n    def f(self):\n        return 1\n"
        )


def test_an_anchor_that_is_missing_is_named_as_the_reason() -> None:
    edit = Edit("a.py", old=("class A:",), new=("class C:",), anchors=("nowhere",))
    landing = landing_of((edit,), METHODS)
    assert "named after '@@' is not in a.py" in landing.rejected[0].message


def test_the_end_of_the_file_tells_alike_places_apart() -> None:
    edit = Edit("a.py", old=("        pass",), new=("        return 1",), at_end=True)
    landing = landing_of((edit,), METHODS)
    assert (landing.files[0].content or b"").endswith(b"return 1\n")
    early = Edit("a.py", old=("class A:",), new=("class C:",), at_end=True)
    landing = landing_of((early,), METHODS)
    assert "at the end of the file" in landing.rejected[0].message
