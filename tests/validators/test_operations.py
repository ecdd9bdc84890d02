"""Operations on definitions: what they change, what they leave, and what they do not guess."""

import json
from collections.abc import Iterator
from functools import cache

import pytest

from validators.patch import Landing, SourceSyntax, land, parse

PYTHON = '''\
"""Halves."""
from os import path
import re

__all__ = ["half", "Box"]


def half(a, b=1):
    return a.half(b)


@frozen
class Box:
    def open(self, lid, *, half=2):
        return self.shut(lid) + re.half(lid, half=1)

    def shut(self, lid: "Box") -> "Box":
        return lid
'''
SCRIPT = """\
// Licence.
import a, { b as c } from "./a";

export const half = (x) => x / 2;

export class Box extends a {
  open(lid) {
    this.shut(lid);
    return { half, c };
  }
  shut(lid) {
    return half(lid);
  }
}
export function outer(x, ...rest) {
  return half(x) + c;
}
"""


@cache
def syntax() -> SourceSyntax:
    """Return the one reader of all these tests: a child takes longer to start than to ask."""
    return SourceSyntax()


@pytest.fixture(scope="module", autouse=True)
def _ended() -> Iterator[None]:
    yield
    syntax().close()


def landing_of(content: str | bytes, path: str = "a.py", **call: str) -> Landing:
    body = content.encode() if isinstance(content, str) else content
    reply = json.dumps({"path": path, **call})
    return land(parse(reply), lambda one: ("100755", body) if one == path else None, syntax())


def made(content: str, path: str = "a.py", **call: str) -> str:
    landing = landing_of(content, path, **call)
    assert not landing.rejected
    (change,) = landing.files
    assert change.mode == "100755"
    assert landing.landed[0].how == "by-syntax"
    return (change.content or b"").decode()


def refused(content: str, path: str = "a.py", **call: str) -> tuple[str, str]:
    landing = landing_of(content, path, **call)
    assert not landing.files
    (rejected,) = landing.rejected
    return rejected.reason, rejected.message


def renamed(content: str, name: str, new: str, path: str = "a.py") -> str:
    return made(content, path, command="rename_symbol", name=name, new_name=new)


def with_argument(content: str, name: str, argument: str, path: str = "a.py") -> str:
    return made(content, path, command="add_argument", name=name, argument=argument)


def with_import(content: str, statement: str, path: str = "a.py") -> str:
    return made(content, path, command="add_import", **{"import": statement})


def replaced(content: str, name: str, definition: str, path: str = "a.py") -> str:
    return made(content, path, command="replace_definition", name=name, definition=definition)


def test_a_renamed_class_is_renamed_where_types_and_all_name_it() -> None:
    assert renamed(PYTHON, "Box", "Case") == PYTHON.replace("Box", "Case")


def test_a_method_is_renamed_behind_self_and_nowhere_else() -> None:
    expected = PYTHON.replace("self.shut", "self.close").replace("def shut", "def close")
    assert renamed(PYTHON, "Box.shut", "close") == expected


def test_an_imported_name_is_renamed_where_it_comes_from_and_where_it_is_used() -> None:
    source = "from a import f, g as h\n\nx = f(1, f=2).f\n"
    assert renamed(source, "f", "k") == "from a import k, g as h\n\nx = k(1, f=2).f\n"
    assert renamed(source, "g", "k") == "from a import f, k as h\n\nx = f(1, f=2).f\n"


def test_patterns_and_lists_of_exports_name_what_they_mean() -> None:
    source = (
        'f = 1\n__all__ = ["f"]\n__all__ += ["f"]\nmatch x:\n    case A(f=1):\n        print(f)\n'
        "    case f.b | c.f:\n        print(f'{f} f')\n"
    )
    expected = (
        'g = 1\n__all__ = ["g"]\n__all__ += ["g"]\nmatch x:\n    case A(f=1):\n        print(g)\n'
        "    case g.b | c.f:\n        print(f'{g} f')\n"
    )
    assert renamed(source, "f", "g") == expected


@pytest.mark.parametrize("path", ["a.js", "a.ts", "a.tsx", "a.mjs"])
def test_a_renamed_constant_keeps_the_key_of_a_shorthand(path: str) -> None:
    expected = SCRIPT.replace("half", "third").replace("{ third, c }", "{ half: third, c }")
    assert renamed(SCRIPT, "half", "third", path) == expected


def test_a_method_of_a_script_is_renamed_behind_this() -> None:
    assert renamed(SCRIPT, "Box.shut", "close", "a.ts") == SCRIPT.replace("shut", "close")


def test_a_type_and_a_default_in_a_pattern_are_renamed() -> None:
    source = "interface Box { a: Box }\nconst { x = 1, ...y }: Box = f;\nexport { x };\n"
    assert renamed(source, "Box", "Case", "a.ts") == source.replace("Box", "Case")
    assert renamed(source, "y", "z", "a.ts") == source.replace("...y", "...z")


@pytest.mark.parametrize(
    ("content", "name", "new", "reason", "words"),
    [
        (PYTHON, "half", "third", "ambiguous", "something else at line 14;"),
        (PYTHON, "a", "z", "ambiguous", "line 8"),
        (PYTHON, "re", "z", "no-match", "not defined at the top"),
        (PYTHON, "never", "z", "no-match", "does not stand in the file"),
        (PYTHON, "path", "re", "exists", "re stands in the file already, at line 3, line 15"),
        (PYTHON, "path", "class", "malformed", "'class' is no name"),
        (PYTHON, "path", "a b", "malformed", "is no name"),
        (PYTHON, "Box.gone", "z", "no-match", "does not stand in the file"),
        (PYTHON, "Box.path", "z", "no-match", "no Box.path here"),
        ("class A:\n    def f(self):\n        x.f()\n", "A.f", "g", "ambiguous", "at line 3;"),
        ("class A:\n    def f(self): 1\n    def f(self): 2\n", "A.f", "g", "ambiguous", "line 2, "),
        ("def a():\n    def f(): 1\n    return f\n", "a.f", "g", "no-match", "is no class"),
        ("def f(:\n", "f", "g", "breaks-syntax", "does not parse (line 1)"),
    ],
)
def test_a_name_of_more_than_one_meaning_is_not_renamed(
    content: str, name: str, new: str, reason: str, words: str
) -> None:
    said = refused(content, command="rename_symbol", name=name, new_name=new)
    assert said[0] == reason, said
    assert words in said[1]


@pytest.mark.parametrize(
    ("name", "new", "reason", "words"),
    [
        ("x", "z", "ambiguous", "at line 4, line 15;"),
        ("Box.c", "z", "no-match", "no Box.c here"),
        ("extends", "z", "no-match", "not defined"),
        ("half", "outer", "exists", "line 15"),
    ],
)
def test_a_name_of_a_script_is_not_guessed(name: str, new: str, reason: str, words: str) -> None:
    said = refused(SCRIPT, "a.ts", command="rename_symbol", name=name, new_name=new)
    assert said[0] == reason, said
    assert words in said[1]


@pytest.mark.parametrize(
    ("before", "name", "argument", "after"),
    [
        ("def f(): 1\n", "f", "a", "def f(a): 1\n"),
        ("def f(a, b=1): 1\n", "f", "c=2", "def f(a, b=1, c=2): 1\n"),
        ("def f(a, *, b=1): 1\n", "f", "c", "def f(a, *, b=1, c): 1\n"),
        ("def f(a, *b, **c): 1\n", "f", "d: int = 1", "def f(a, *b, d: int = 1, **c): 1\n"),
        ("def f(a): 1\n", "f", "**c", "def f(a, **c): 1\n"),
        ("class A:\n  def f(self): 1\n", "A.f", "a", "class A:\n  def f(self, a): 1\n"),
        ("def f(\n    a,\n    b,\n): 1\n", "f", "c", "def f(\n    a,\n    b,\n    c,\n): 1\n"),
        ("def f(\n    a,\n    b\n): 1\n", "f", "c", "def f(\n    a,\n    b,\n    c\n): 1\n"),
        ("f = lambda a: a\n", "f", "b", "f = lambda a, b: a\n"),
    ],
)
def test_an_argument_is_added_last(before: str, name: str, argument: str, after: str) -> None:
    assert with_argument(before, name, argument) == after


@pytest.mark.parametrize(
    ("before", "name", "argument", "after"),
    [
        ("const f = a => a\n", "f", "b = 1", "const f = (a, b = 1) => a\n"),
        ("const f = () => 1\n", "f", "b", "const f = (b) => 1\n"),
        ("function f(a, ...b) {}\n", "f", "c", "function f(a, c, ...b) {}\n"),
        ("class A { f(a: T) {} }\n", "A.f", "b?: T", "class A { f(a: T, b?: T) {} }\n"),
    ],
)
def test_an_argument_of_a_script_is_added_last(
    before: str, name: str, argument: str, after: str
) -> None:
    assert with_argument(before, name, argument, "a.ts") == after


@pytest.mark.parametrize(
    ("content", "name", "argument", "reason", "words"),
    [
        (PYTHON, "half", "c", "malformed", "give the new one a default"),
        (PYTHON, "half", "b=2", "exists", "has an argument b already: b=1."),
        (PYTHON, "Box", "b", "malformed", "takes no arguments"),
        (PYTHON, "half", "a\nb", "malformed", "on one line"),
        (PYTHON, "half", "3", "malformed", "is not one argument"),
        (PYTHON, "gone", "c", "no-match", "half, Box, Box.open, Box.shut."),
        ("def f(*a): 1\n", "f", "*b", "malformed", "starred argument already"),
        ("def f(**a): 1\n", "f", "**b", "malformed", "**a already"),
        ("def f(): 1\ndef f(): 2\n", "f", "a", "ambiguous", "defined 2 times, at lines 1, 2"),
    ],
)
def test_an_argument_without_a_sure_place_is_refused(
    content: str, name: str, argument: str, reason: str, words: str
) -> None:
    said = refused(content, command="add_argument", name=name, argument=argument)
    assert said[0] == reason, said
    assert words in said[1]


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        (
            "import a\nfrom b import c\n\nx\n",
            "import d",
            "import a\nfrom b import c\nimport d\n\nx\n",
        ),
        (
            "#!/bin/x\n# Licence.\n\nx = 1\n",
            "import d",
            "#!/bin/x\n# Licence.\nimport d\n\nx = 1\n",
        ),
        ('"""Doc."""\n\nx = 1\n', "import d.e", '"""Doc."""\nimport d.e\n\nx = 1\n'),
        ("# About x.\nx = 1\n", "import d", "import d\n# About x.\nx = 1\n"),
        ("", "import d", "import d\n"),
        ("import a", "import d", "import a\nimport d"),
        (
            '"""Doc."""\nimport a\n',
            "from __future__ import annotations",
            '"""Doc."""\nfrom __future__ import annotations\nimport a\n',
        ),
    ],
)
def test_an_import_goes_below_those_at_the_top(before: str, statement: str, after: str) -> None:
    assert with_import(before.replace("\nx\n", "\nx = 1\n"), statement) == after.replace(
        "\nx\n", "\nx = 1\n"
    )


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("// L.\nimport a from 'a'\n\na()\n", "import b from 'b'", 2),
        ("'use strict'\nconst a = require('a')\na()\n", "const b = require('b')", 2),
        ("'use strict'\na()\n", "const b = require('b')", 1),
        ("a()\n", "import b from 'b'", 0),
    ],
)
def test_an_import_of_a_script_goes_below_those_at_the_top(
    before: str, statement: str, after: int
) -> None:
    lines = before.split("\n")
    expected = "\n".join([*lines[:after], statement, *lines[after:]])
    assert with_import(before, statement, "a.js") == expected


@pytest.mark.parametrize(
    ("content", "path", "statement", "reason", "words"),
    [
        (PYTHON, "a.py", "from x import half", "exists", "half is a name of this file already"),
        (PYTHON, "a.py", "x = 1", "malformed", "is not one import"),
        (PYTHON, "a.py", "import a; import b", "malformed", "is not one import"),
        (PYTHON, "a.py", "import", "malformed", "is not one import"),
        (SCRIPT, "a.ts", "import { half } from 'x'", "exists", "line 4 defines half already"),
        (SCRIPT, "a.ts", "alert(1)", "malformed", "is not one import"),
        (SCRIPT, "a.ts", "import {", "malformed", "is not one import"),
        ("fn main() {}\n", "a.rs", "use std;", "no-match", "no grammar reads"),
    ],
)
def test_an_import_that_is_none_or_takes_a_name_is_refused(
    content: str, path: str, statement: str, reason: str, words: str
) -> None:
    said = refused(content, path, command="add_import", **{"import": statement})
    assert said[0] == reason, said
    assert words in said[1]


def test_a_definition_is_given_anew_with_its_indentation_and_its_decorators() -> None:
    new = "def shut(self, lid):\n    kept = lid\n\n    return kept"
    expected = PYTHON[: PYTHON.index("    def shut")] + (
        "    def shut(self, lid):\n        kept = lid\n\n        return kept\n"
    )
    assert replaced(PYTHON, "Box.shut", new) == expected
    assert "@frozen\nclass Box:\n    a = 1\n" in replaced(PYTHON, "Box", "class Box:\n    a = 1\n")
    bare = replaced(PYTHON, "Box", "@other\nclass Box:\n    a = 1\n")
    assert "frozen" not in bare
    assert "@other\nclass Box:\n    a = 1\n" in bare


def test_a_definition_of_a_script_is_given_anew() -> None:
    expected = SCRIPT.replace("shut(lid) {\n    return half(lid);", "shut(lid) {\n    return lid;")
    assert replaced(SCRIPT, "Box.shut", "shut(lid) {\n  return lid;\n}", "a.ts") == expected
    new = "function outer(x) {\n  return x;\n}"
    assert f"\nexport {new}\n" in replaced(SCRIPT, "outer", new, "a.js")
    new = "const half = (x) => x * 0.5;"
    assert f"\nexport {new}\n" in replaced(SCRIPT, "half", new, "a.tsx")


@pytest.mark.parametrize(
    "definition", ["def other(): 1", "x = 1\ndef half(): 1", "def half(:", "    ", "half()"]
)
def test_another_definition_in_its_place_is_refused(definition: str) -> None:
    call = {"command": "replace_definition", "name": "half", "definition": definition}
    assert refused(PYTHON, **call)[0] == "malformed"


def test_what_this_interpreter_cannot_compile_is_refused_and_the_next_file_is_read() -> None:
    for _ in range(7):
        said = refused("print 'two'\nf = 1\n", command="rename_symbol", name="f", new_name="g")
        assert said == ("breaks-syntax", "a.py: the file cannot be parsed; edit its lines instead.")
    assert renamed("f = 1\n", "f", "g") == "g = 1\n"


def test_an_operation_that_was_made_before_changes_nothing() -> None:
    for call in (
        {"command": "rename_symbol", "name": "quarter", "new_name": "half"},
        {"command": "add_argument", "name": "half", "argument": "b=1"},
        {"command": "add_import", "import": "from os import path"},
        {
            "command": "replace_definition",
            "name": "half",
            "definition": "def half(a, b=1):\n    return a.half(b)\n",
        },
    ):
        landing = landing_of(PYTHON, **call)
        assert [edit.how for edit in landing.landed] == ["already-applied"]
        assert not landing.files


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    content = b"\xef\xbb\xbfimport a\r\n\r\n\r\ndef f():\r\n    return a\r\n"
    new = "def f():\n    b = a\n    return b"
    (change,) = landing_of(content, command="replace_definition", name="f", definition=new).files
    assert change.content == content.replace(b"return a", b"b = a\r\n    return b")
    (change,) = landing_of(content, command="add_import", **{"import": "import c"}).files
    assert change.content == content.replace(b"import a\r\n", b"import a\r\nimport c\r\n")


def test_an_operation_sees_the_edits_before_it() -> None:
    calls = [
        {"path": "a.py", "command": "rename_symbol", "name": "f", "new_name": "g"},
        {"path": "a.py", "command": "add_argument", "name": "g", "argument": "a"},
    ]
    content = b"def f(): 1\n"
    landing = land(parse(json.dumps(calls)), lambda _: ("100644", content), syntax())
    assert [change.content for change in landing.files] == [b"def g(a): 1\n"]
