"""Files that edits made must still parse, and use no name that nothing defines."""

from collections.abc import Iterator
from functools import cache

import pytest

from validators.edits.python_names import undefined_names
from validators.patch import Edit, Landing, Patch, SourceSyntax, land


@cache
def syntax() -> SourceSyntax:
    """Return the one reader of all these tests: a child takes longer to start than to ask."""
    return SourceSyntax()


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    syntax().close()


def landing_of(path: str, before: str | None, *edits: tuple[str, str]) -> Landing:
    made = [Edit(path, old=(*old.split("\n"),), new=(*new.split("\n"),)) for old, new in edits]
    if before is None:
        made = [Edit(path, "create", new=(*edits[0][1].split("\n"),))]
    content = (before or "").encode()
    there = None if before is None else ("100644", content)
    return land(Patch((*made,)), lambda one: there if one == path else None, syntax())


MODULE = "import os\n\n\ndef half(a):\n    return a / 2\n"
SCRIPT = "import { a } from './a';\nexport const half = (x) => a(x);\n"


@pytest.mark.parametrize(
    ("path", "before", "old", "new", "name"),
    [
        ("a.py", MODULE, "    return a / 2", "    return Decimal(a) / 2", "Decimal"),
        ("a.py", MODULE + "\n\nx = os.sep\n", "import os", "import sys", "os"),
        ("a.py", None, "", "x = missing", "missing"),
        ("a.ts", SCRIPT, "import { a } from './a';", "import { b } from './b';", "a"),
        ("a.js", SCRIPT, "export const half = (x) => a(x);", "export const half = y => a(x);", "x"),
    ],
)
def test_a_name_that_nothing_defines_is_refused_with_its_line(
    path: str, before: str | None, old: str, new: str, name: str
) -> None:
    landing = landing_of(path, before, (old, new))
    (rejected,) = landing.rejected
    assert rejected.reason == "undefined-name"
    assert f"defines or imports: {name}." in rejected.message
    assert not landing.files


@pytest.mark.parametrize(
    ("path", "before", "old", "new"),
    [
        ("a.py", "x = gettext_of_a_plugin\n", "x = gettext_of_a_plugin", "x = another_name"),
        ("a.py", "from a import *\n\nx = 1\n", "x = 1", "x = from_the_star"),
        ("a.py", MODULE, "    return a / 2", "    return _('half') + __file__"),
        ("a.js", "const a = 1;\n", "const a = 1;", "const a = ofAnotherScript;"),
        ("a.js", SCRIPT, "import { a } from './a';", "import { a } from './a';\nDEBUG(a);"),
        ("a.d.ts", "export type A = 1;\n", "export type A = 1;", "export const a = missing;"),
        ("a.txt", "missing\n", "missing", "more missing"),
    ],
)
def test_where_names_cannot_be_known_nothing_is_held_against_an_edit(
    path: str, before: str, old: str, new: str
) -> None:
    assert not landing_of(path, before, (old, new)).rejected


def test_a_name_that_another_edit_of_the_reply_imports_is_defined() -> None:
    landing = landing_of(
        "a.py", MODULE, ("    return a / 2", "    return sys.a"), ("import os", "import os, sys")
    )
    assert not landing.rejected


def test_a_file_that_breaks_is_refused_with_the_lines_as_edited() -> None:
    landing = landing_of("a.py", MODULE, ("def half(a):", "def half(a:"))
    (rejected,) = landing.rejected
    assert rejected.reason == "breaks-syntax"
    assert "As edited:\n" in rejected.message
    assert "4 | def half(a:" in rejected.message


@pytest.mark.parametrize(
    ("old", "new"),
    [("the prose", "the prose\nit's ({ there"), ("const a = 1;", "const a = 1;\nmore (prose {")],
)
def test_errors_beside_those_of_before_are_not_held_against_an_edit(old: str, new: str) -> None:
    assert not landing_of("a.ts", "the prose\nof it all (\nconst a = 1;\n", (old, new)).rejected


def test_errors_far_from_those_of_before_are() -> None:
    before = "the prose of it\n" + "\n".join(f"const a{n} = {n};" for n in range(9)) + "\n"
    landing = landing_of("a.ts", before, ("const a8 = 8;", "const a8 = (8;"))
    assert [one.reason for one in landing.rejected] == ["breaks-syntax"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b\nc = b\n", {"b": 1}),
        ("def f(a):\n    global g\n    g = a\nx = g\n", {}),
        ("class A:\n    b = 1\n    def f(self): return b\n", {"b": 3}),
        ("class A:\n    b = __qualname__\n    c = [b for _ in b]\n", {"b": 3}),
        ("try:\n    a = unicode\nexcept NameError:\n    a = str\n", {}),
        ("try:\n    a = unicode\nexcept ValueError:\n    a = str\n", {"unicode": 2}),
        ("def f():\n    def g(): return x\n    x = 1\n", {}),
        ("print([x for x in y if (z := x)], z)\n", {"y": 1}),
        ("exec('a = 1')\nb = a\n", None),
        ("def f(:\n", None),
        ("print 'two'\n", None),
        ("a = '\x00'\n", None),
        ("(" * 5_000 + ")" * 5_000, None),
    ],
)
def test_the_interpreter_s_own_scopes_tell_what_is_undefined(
    source: str, names: dict[str, int] | None
) -> None:
    assert undefined_names(source.encode()) == names


def test_a_child_that_is_killed_tells_nothing_and_is_not_asked_for_ever() -> None:
    with SourceSyntax(timeout_s=0.0001) as hurried:
        for _ in range(9):
            assert hurried.error_lines("a.py", b"a = 1\n" * 20_000) is None
        assert hurried.pid is None
