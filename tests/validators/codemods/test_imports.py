"""Imports: one more in its place, one less with its comma, one for another."""

import pytest

from tests.validators.codemods.conftest import made
from validators.codemods.facade import Edits, File


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("import os\n", "import os", "import os\n"),
        ("import os\nx\n", "import sys", "import os\nimport sys\nx\n"),
        ("from a import b\n", "from a import c", "from a import b, c\n"),
        ("from a import c\n", "from a import b", "from a import b, c\n"),
        ("from a import b as c\n", "from a import b", "from a import b as c, b\n"),
        (
            "from a import (\n    b,\n    d,\n)\n",
            "from a import c",
            "from a import (\n    b,\n    c,\n    d,\n)\n",
        ),
        ("from a import *\n", "from a import c", "from a import *\n"),
        (
            "from a import (\n\tb,\n\td,  # why\n)\n",
            "from a import e",
            "from a import (\n\tb,\n\td,  # why\n\te,\n)\n",
        ),
        ("from a import b, \\\n    d\n", "from a import c", "from a import b, \\\n    c, d\n"),
        ("from a import c\n", "from a import b, d", "from a import b, c, d\n"),
        (
            "import os\ndef f(): pass\nfrom a import b  # late\n",
            "from a import c",
            "import os\n\nfrom a import c\ndef f(): pass\nfrom a import b  # late\n",
        ),
        (
            '"""Doc."""\nfrom __future__ import annotations\n\nx = 1\n',
            "import os",
            '"""Doc."""\nfrom __future__ import annotations\n\nimport os\n\nx = 1\n',
        ),
        ("import os, sys\nx\n", "import re", "import os, sys\nimport re\nx\n"),
        ("import numpy\n", "import os", "import os\n\nimport numpy\n"),
        ('"""Doc."""\n\nx = 1\n', "import os", '"""Doc."""\n\nimport os\n\nx = 1\n'),
        ("x = 1\n", "import os", "import os\n\nx = 1\n"),
        ("import os\n", "import pytest", "import os\n\nimport pytest\n"),
        ("import os", "import sys", "import os\nimport sys"),
        (
            "# Who.\nif a:\n    import b\nimport c\n",
            "from __future__ import annotations",
            "# Who.\n\nfrom __future__ import annotations\n\nif a:\n    import b\nimport c\n",
        ),
        (
            "from __future__ import annotations\n",
            "import os",
            "from __future__ import annotations\n\nimport os\n",
        ),
        (
            "import os\n",
            "from __future__ import annotations",
            "from __future__ import annotations\n\nimport os\n",
        ),
    ],
)
def test_python_gets_an_import_where_one_would_look_for_it(
    before: str, statement: str, after: str
) -> None:
    assert made("python", before, lambda file: file.insert_import(statement)) == after
    assert made("python", after, lambda file: file.insert_import(statement)) == after


@pytest.mark.parametrize(
    ("before", "names", "after"),
    [
        ("from a import b\nx\n", ("b",), "x\n"),
        ("from a import b, c, d\n", ("b",), "from a import c, d\n"),
        ("from a import b, c, d\n", ("c",), "from a import b, d\n"),
        ("from a import b, c, d\n", ("c", "d"), "from a import b\n"),
        ("from a import b, c, d\n", ("b", "d"), "from a import c\n"),
        ("from a import b, c\n", ("b", "c"), ""),
        ("from a import b as x, c\n", ("b",), "from a import c\n"),
        ("from a import (\n    b,\n    c,\n)\n", ("c",), "from a import (\n    b,\n)\n"),
        ("import a\nfrom b import a\n", (), "from b import a\n"),
        ("import a; import b\n", (), "import b\n"),
        ("import b; import a\n", (), "import b\n"),
        ("if x:\n    from a import b\nc\n", ("b",), "if x:\n    pass\nc\n"),
        ("from a import b, \\\n    c\n", ("c",), "from a import b\n"),
        (
            "from a import (\n    b,  # of b\n    c,  # of c\n)\n",
            ("c",),
            "from a import (\n    b,  # of b\n)\n",
        ),
    ],
)
def test_python_loses_a_name_with_its_comma_and_a_statement_with_its_line(
    before: str, names: tuple[str, ...], after: str
) -> None:
    assert made("python", before, lambda file: file.remove_import("a", *names)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import old\n", "from b import new\n"),
        ("from a import old as o\n", "from b import new as o\n"),
        ("from a import old, c\n", "from a import c\nfrom b import new\n"),
        ("from b import new\nfrom a import old\n", "from b import new\n"),
        ("from b import c\nfrom a import old\n", "from b import c, new\n"),
        ("from a import other\n", "from a import other\n"),
        (
            "from b import c\ndef f():\n\tfrom a import old, d\n",
            "from b import c\ndef f():\n\tfrom a import d\n\tfrom b import new\n",
        ),
        (
            "try:\n    from a import old\nexcept ImportError:\n    old = None\n",
            "try:\n    from b import new\nexcept ImportError:\n    old = None\n",
        ),
    ],
)
def test_python_takes_a_name_from_elsewhere(before: str, after: str) -> None:
    replaced = made(
        "python", before, lambda file: file.replace_import("from a import old", "from b import new")
    )
    assert replaced == after


def test_a_name_that_is_renamed_where_it_is_stays_in_its_statement() -> None:
    before = "from a import (\n    old,  # why\n    other,\n)\n"
    after = "from a import (\n    new,  # why\n    other,\n)\n"
    assert (
        made("python", before, lambda f: f.replace_import("from a import old", "from a import new"))
        == after
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a.b as c\n", "import x.y as c\n"),
        ("import a.b, os\n", "import x.y, os\n"),
        ("from a.b import d\n", "from x.y import d\n"),
        ("from a.b.c import d\n", "from x.y.c import d\n"),
        ("from a import b\n", "from x import y as b\n"),
        ("from a import b as c, d\n", "from a import d\nfrom x import y as c\n"),
        ("def f():\n    from a import b, d\n", None),
        ("import a.bc, a\nfrom .a import b\n", "import a.bc, a\nfrom .a import b\n"),
    ],
)
def test_a_module_of_python_is_moved_in_all_ways_to_import_it(
    before: str, after: str | None
) -> None:
    after = after or "def f():\n    from a import d\n    from x import y as b\n"
    assert made("python", before, lambda file: file.replace_import("a.b", "x.y")) == after
    assert made("python", before, lambda f: f.replace_import("import a.b", "import x.y")) == after


def test_a_module_that_moves_below_its_own_name_moves_once() -> None:
    code = "import six\nfrom six.compat import a\n"
    after = "import six.compat\nfrom six.compat import a\n"
    assert made("python", code, lambda file: file.replace_import("six", "six.compat")) == after
    assert made("python", after, lambda file: file.replace_import("six", "six.compat")) == after


@pytest.mark.parametrize(
    ("language", "statement"), [("python", "from a import (b"), ("python", "b")]
)
def test_what_is_no_import_is_refused(language: str, statement: str) -> None:
    with pytest.raises(ValueError, match=r"is no import; write import a\.b"):
        made(language, "x\n", lambda file: file.insert_import(statement))


def test_two_statements_that_are_not_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="takes two statements"):
        made("python", "b\n", lambda f: f.replace_import("from a import b, c", "from d import b"))
    with pytest.raises(ValueError, match="takes two statements"):
        made("javascript", "b\n", lambda f: f.replace_import("import a from 'a'", "import b"))


@pytest.mark.parametrize(
    ("language", "before", "statement", "after"),
    [
        (
            "javascript",
            "'use strict'\nf()\n",
            "import a from 'a'",
            "'use strict'\nimport a from 'a'\nf()\n",
        ),
        (
            "javascript",
            "import { a } from 'm'\n",
            "import { b } from 'm'",
            "import { a, b } from 'm'\n",
        ),
        ("typescript", 'import a from "a";\n', "import a from 'a'", 'import a from "a";\n'),
        (
            "go",
            'package p\n\nimport (\n\t"os"\n)\n',
            '"io"',
            'package p\n\nimport (\n\t"io"\n\t"os"\n)\n',
        ),
        ("go", "package p\n", '"io"', 'package p\n\nimport "io"\n'),
        ("go", 'package p\n\nimport "os"\n', '"io"', 'package p\n\nimport "os"\nimport "io"\n'),
        (
            "java",
            "package p;\n\nimport a.B;\nimport a.D;\n",
            "import a.C;",
            "package p;\n\nimport a.B;\nimport a.C;\nimport a.D;\n",
        ),
        (
            "java",
            "package p;\n\nclass A { }\n",
            "import a.C;",
            "package p;\n\nimport a.C;\n\nclass A { }\n",
        ),
        ("rust", "use a::b;\n", "use a::c;", "use a::b;\nuse a::c;\n"),
        (
            "rust",
            "use a::b;\nmod t {\n    use z::*;\n}\n",
            "use std::fmt;",
            "use a::b;\nuse std::fmt;\nmod t {\n    use z::*;\n}\n",
        ),
        (
            "rust",
            "#![allow(x)]\n//! Doc.\n\nfn f() {}\n",
            "use a::b;",
            "#![allow(x)]\n//! Doc.\n\nuse a::b;\n\nfn f() {}\n",
        ),
        (
            "java",
            "import a.B;\n\nimport org.C;\n\nimport static d.E.*;\n",
            "import a.F;",
            "import a.B;\nimport a.F;\n\nimport org.C;\n\nimport static d.E.*;\n",
        ),
        (
            "cpp",
            "// Who.\n\n#ifndef A\n#define A\n\nint a;\n#endif\n",
            "#include <b>",
            "// Who.\n\n#ifndef A\n#define A\n\n#include <b>\n\nint a;\n#endif\n",
        ),
        (
            "javascript",
            "import a from 'a'; // why\n",
            "import b from 'b';",
            "import a from 'a'; // why\nimport b from 'b';\n",
        ),
        (
            "javascript",
            "import {\n  a,\n  b, // why\n} from 'm';\n",
            "import { c } from 'm';",
            "import {\n  a,\n  b, // why\n  c,\n} from 'm';\n",
        ),
        (
            "typescript",
            "import type { a } from 'm';\n",
            "import { b } from 'm';",
            "import type { a } from 'm';\nimport { b } from 'm';\n",
        ),
        (
            "javascript",
            "/* who */\n\n/** a */\nconst a = 1;\n",
            "import b from 'b';",
            "/* who */\nimport b from 'b';\n\n/** a */\nconst a = 1;\n",
        ),
        (
            "go",
            'package p\n\nimport (\n\t"a.b/c" // why\n)\n',
            '"io"',
            'package p\n\nimport (\n\t"io"\n\n\t"a.b/c" // why\n)\n',
        ),
        (
            "go",
            'package p\n\nimport (\n\t"io" // why\n)\n',
            '"os"',
            'package p\n\nimport (\n\t"io" // why\n\t"os"\n)\n',
        ),
        (
            "c",
            "#include <a.h>\nint a;\n",
            "#include <b.h>",
            "#include <a.h>\n#include <b.h>\nint a;\n",
        ),
    ],
)
def test_other_languages_get_an_import(
    language: str, before: str, statement: str, after: str
) -> None:
    assert made(language, before, lambda file: file.insert_import(statement)) == after
    assert made(language, after, lambda file: file.insert_import(statement)) == after


@pytest.mark.parametrize(
    ("language", "before", "module", "after"),
    [
        ("javascript", "import a from 'm'\nf()\n", "m", "f()\n"),
        ("javascript", "const a = require('m').a\nf()\n", "m", "f()\n"),
        (
            "go",
            'package p\n\nimport (\n\t"io"\n\t"os"\n)\n',
            "io",
            'package p\n\nimport (\n\t"os"\n)\n',
        ),
        ("go", 'package p\n\nimport "io"\n', "io", "package p\n\n"),
        ("java", "import a.B;\nimport a.Bc;\n", "a.B", "import a.Bc;\n"),
    ],
)
def test_other_languages_lose_an_import(
    language: str, before: str, module: str, after: str
) -> None:
    assert made(language, before, lambda file: file.remove_import(module)) == after


def test_a_module_is_replaced_in_place() -> None:
    code = "var Buffer = require('safe-buffer').Buffer\n"
    after = made("javascript", code, lambda f: f.replace_import("safe-buffer", "node:buffer"))
    assert after == "var Buffer = require('node:buffer').Buffer\n"


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("javascript", "import m from 'm';\n", "import m from 'n';\n"),
        ("javascript", 'import o, { m } from "m";\n', 'import o, { m } from "n";\n'),
        ("javascript", "export * from 'm';\n", "export * from 'n';\n"),
        ("go", 'package p\n\nimport m "m"\n', 'package p\n\nimport m "n"\n'),
        ("swift", "import m\n", "import n\n"),
    ],
)
def test_a_module_that_has_the_name_of_something_else_in_its_statement_is_replaced(
    language: str, before: str, after: str
) -> None:
    assert made(language, before, lambda file: file.replace_import("m", "n")) == after


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("import d, { a } from 'm';\n", "a", "import d from 'm';\n"),
        ("import d, { a } from 'm';\n", "d", "import { a } from 'm';\n"),
        ("import d, { a, b } from 'm';\n", "a", "import d, { b } from 'm';\n"),
        ("import * as d from 'm';\n", "d", ""),
        (
            "import {\n  a, // of a\n  b, // of b\n} from 'm';\n",
            "b",
            "import {\n  a, // of a\n} from 'm';\n",
        ),
    ],
)
def test_javascript_loses_a_name_and_no_other(before: str, name: str, after: str) -> None:
    assert made("javascript", before, lambda file: file.remove_import("m", name)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import { a } from 'm';\n", "import { b } from 'n';\n"),
        (
            "import { a, c } from 'm';\nimport { d } from 'n';\n",
            "import { c } from 'm';\nimport { d, b } from 'n';\n",
        ),
        ('import { a as x } from "m"\n', 'import { b as x } from "n"\n'),
        (
            "import { a, c } from 'm';\nf()\n",
            "import { c } from 'm';\nimport { b } from 'n';\nf()\n",
        ),
        ("import d, { a } from 'm';\n", "import d from 'm';\nimport { b } from 'n';\n"),
        (
            "import type { a, c } from 'm'\n",
            "import type { c } from 'm'\nimport type { b } from 'n'\n",
        ),
        ("const { a } = require('m');\n", "const { b } = require('n');\n"),
        (
            "const { a, c } = require('m');\n",
            "const { c } = require('m');\nconst { b } = require('n');\n",
        ),
        ("import { a } from 'other';\n", "import { a } from 'other';\n"),
    ],
)
def test_javascript_takes_a_name_from_elsewhere(before: str, after: str) -> None:
    def transform(file: File) -> Edits:
        return file.replace_import("import { a } from 'm'", "import { b } from 'n'")

    assert made("typescript", before, transform) == after
    assert made("typescript", after, transform) == after


def test_a_rename_may_leave_imports_to_their_own_edit() -> None:
    for language, code in [
        ("python", "from a import b\nb(1)\n"),
        ("typescript", "import { b } from 'a';\nb(1)\n"),
        ("bash", "b 1\n"),
    ]:
        after = made(language, code, lambda file: file.rename("b", "c", imports=False))
        assert after == code.replace("b(1)", "c(1)").replace("b 1", "c 1")


def test_a_language_without_imports_of_ours_is_said() -> None:
    with pytest.raises(ValueError, match="imports of bash are not known"):
        made("bash", "f 1\n", lambda file: file.insert_import("source a"))
