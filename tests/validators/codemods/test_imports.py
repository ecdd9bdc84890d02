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


def test_more_than_one_name_at_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="insert one at a time"):
        made("python", "x\n", lambda file: file.insert_import("from a import b, c"))


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
    ("before", "after"),
    [
        ("import { a } from 'm';\n", "import { b } from 'n';\n"),
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
