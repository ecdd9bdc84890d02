"""The lines of Python tell what its parser tells, or nothing."""

import sysconfig
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoping.grammars import _facts, parse, tree_of
from scoping.languages import BY_NAME
from scoping.python_outline import outline
from scoping.syntax import Syntax, why_unreadable

PYTHON = BY_NAME["python"]
LIBRARY = Path(sysconfig.get_path("stdlib"))
HEADS = (
    'def f(a, b=[1, (2,)], *, c: "x:y" = {3: 4}) -> dict[str, int]:',
    "async def g():",
    "class A(B, metaclass=C):  # a class",
    "def  spaced ( ) :",
    "if a[1:2] and (b\n  or c):",
    "else:",
    "try:",
    "except (A, B) as error:",
    "with a as b, c as d:",
)
STATEMENTS = (
    *("@decorated", "@decorated(by=[1,\n 2])", "def short(): pass  # told", "def\tf(): pass"),
    *('def short(a=":", b=";"): return "#"', 'class Short(E): "Says it."; x = 1'),
    *("x = 1", "x = 1  # why", "y: int = 2", 'w: "list[int]"', 'v = u = [";",\n]', "t == 1"),
    *('s.r = "a" "b"', "q, p = 1, 2", "o = \\\n  1", "n \\\n  = 1", "z = 3; m = 4", "e = a \\\n"),
    *('"A page."', '"""A page.\n\n   More."""', "'''One,\n\n # and \" in it'''", '"a" "b"'),
    *('"a", "b"', '"a".strip()', 'f"{a!r:>{b}}"', r'r"\\" ""', "pass", "lambda: 0"),
    *("import a, b.c as d, e", "import a . b", "from . import a", "from.a import b"),
    *("from ..b.c import (a,  # why\n    b as c,\n)", "from a import *", "if a: import b"),
    *("from __future__ import c", "from .d import a, \\\n    b", "raise A('import: from') from b"),
    *("# a comment", "# another", "", "   "),
)


def by_tree(content: bytes) -> Syntax | None:
    """Return what the parser tells; None where it meets an error."""
    tree = tree_of(PYTHON, content)
    if tree is None or tree.root_node.has_error:
        return None
    return _facts(PYTHON, tree, content)


def differing(files: Iterable[Path]) -> tuple[list[Path], int, int]:
    """Return the files of which lines and parser tell other things, and how many were compared.

    The last number are those that lines were silent about.
    """
    found, compared, silent = [], 0, 0
    for file in files:
        content = file.read_bytes()
        told = None if why_unreadable(content) else by_tree(content)
        if told is not None:
            compared += 1
            by_lines = outline(content)
            silent += by_lines is None
            found += [] if by_lines in (None, told) else [file]
    return found, compared, silent


@st.composite
def programs(draw: st.DrawFn) -> bytes:
    """Draw what is mostly a program: a head has a block, which ends at once or later."""
    lines, indents, is_head = [], [0], False
    for _ in range(draw(st.integers(1, 9))):
        if is_head:
            indents.append(indents[-1] + draw(st.sampled_from((1, 4))))
        elif draw(st.booleans()):
            del indents[draw(st.integers(1, len(indents))) :]
        is_head = draw(st.booleans())
        said = draw(st.sampled_from(HEADS if is_head else STATEMENTS))
        is_comment = said.startswith("#")
        lines.append(" " * (draw(st.integers(0, 9)) if is_comment else indents[-1]) + said)
    return ("\n".join(lines) + draw(st.sampled_from(("", "\n", "\n\n")))).encode()


@pytest.mark.parametrize("said", [*STATEMENTS, *(f"{head}\n    pass" for head in HEADS)])
@pytest.mark.parametrize(
    "form", ["{}", "{}\n", "class A:\n    {}\n    # b\n", "@a\n# b\n{}\nc = 1"]
)
def test_lines_tell_of_each_statement_what_the_parser_tells(form: str, said: str) -> None:
    content = form.format(said.replace("\n", "\n    ") if "class" in form else said).encode()
    told = by_tree(content)

    assert told is None or outline(content) in (None, told)


@given(programs())
def test_lines_tell_of_a_program_what_its_parser_tells(content: bytes) -> None:
    told = by_tree(content)

    assert told is None or outline(content) in (None, told)


def test_lines_tell_of_a_library_what_its_parser_tells() -> None:
    found, compared, silent = differing(sorted(LIBRARY.glob("[a-d]*.py")))

    assert found == []
    assert compared > silent * 10


@pytest.mark.long
def test_lines_tell_of_its_packages_what_the_parser_tells() -> None:
    found, compared, silent = differing(sorted(LIBRARY.glob("[a-rt-z]*/*.py")))

    assert found == []
    assert compared > silent * 10


@pytest.mark.parametrize(
    "content",
    [
        b"def f():\n\tpass\n",
        b"def f():\r\n    pass\r\n",
        b"if a: import b\n",
        b"from.a import b\n",
        b"x = 1; y = 2\n",
        b"x \\\n  = 1\n",
        b"x = 1 \\\n\n",
        b"def f():\npass\n",
        b"  x = 1\n",
        b"if a:\n    b\n  c\n",
        b'x = """never closed\n',
        b"x = (1,\n",
        b"x = " + b"[" * 9 + b"]" * 9 + b"\n",
        b"".join(b" " * depth + b"if a:\n" for depth in range(120)) + b" " * 120 + b"b\n",
        b"def f():\n",
        b"@decorated\n",
        b"@decorated\nx = 1\n",
    ],
)
def test_whatever_is_less_than_plain_is_left_to_the_parser(content: bytes) -> None:
    assert outline(content) is None


def test_what_is_defined_is_told_with_its_place() -> None:
    content = (
        b"import a\n@b\n# why\nclass C(D):\n    def e(self): ...\n    # its end\n# not its\nf = 1\n"
    )

    told = outline(content)

    assert told is not None
    assert told == by_tree(content) == parse("python", content, "facts")
    assert told.imports == ("a",)
    assert [(one.kind, one.name, one.start_line, one.end_line) for one in told.shapes] == [
        ("variable", "f", 8, 8),
        ("class", "C", 2, 6),
        ("function", "e", 5, 5),
    ]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"[(" * 400_000, None),
        (b"(" * 7 + b'"" ' * 300_000, None),
        (b"'''" + b"\\'''a" * 160_000, None),
        (b"x = '" + b"; import" * 120_000 + b"'\n", ["x"]),
        (b"'\\\n" * 300_000, None),
    ],
    ids=("brackets", "strings", "quotes", "imports", "lines"),
)
def test_no_place_of_a_hostile_file_is_looked_at_again_and_again(
    content: bytes, names: list[str] | None
) -> None:
    told = outline(content)  # otherwise this would not return

    assert names == (None if told is None else [one.name for one in told.shapes])
    assert told is None or told.imports == ()
