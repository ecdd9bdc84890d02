"""Of a file's imports and classes only what a function needs is shown with it."""

import pytest

from scoping.facts import FileFacts, Structure, Symbol, SymbolKind
from scoping.surroundings import class_heads, imports_for


def imported(language: str, text: str, *used: str) -> str:
    lines = text.splitlines(keepends=True)
    symbol = Symbol("a", "f", "function", len(lines), len(lines))
    facts = FileFacts("a", language=language, structure=lambda _: Structure((symbol,)))
    span = imports_for(facts, lines, frozenset(used))
    return "".join(lines[span[0] - 1 : span[1]]) if span else ""


@pytest.mark.parametrize(
    ("language", "head", "used", "shown"),
    [
        ("python", "'''Doc.'''\nimport os\nimport re\nx = 1\n", "re", "import re\n"),
        ("python", "from a import (\n    b,\n)\n", "b", "from a import (\n    b,\n)\n"),
        ("python", "from a import *\n", "other", "from a import *\n"),
        ("python", "import other\n", "import", ""),
        ("python", "", "f", ""),
        ("typescript", "import { b } from './b'\n", "b", "import { b } from './b'\n"),
        ("javascript", "'use strict'\nconst b = require('b')\n", "b", "const b = require('b')\n"),
        ("go", 'package a\n\nimport (\n\t"fmt"\n)\n', "fmt", 'import (\n\t"fmt"\n)\n'),
        ("rust", "//! Doc\npub use a::{b};\n", "b", "pub use a::{b};\n"),
        ("java", "package a;\nimport a.b.C;\n", "C", "import a.b.C;\n"),
        (
            "ruby",
            "# a\nrequire 'b'\nrequire_relative 'c'\n",
            "",
            "require 'b'\nrequire_relative 'c'\n",
        ),
        ("c", "/* a */\n#include <a.h>\n", "", "#include <a.h>\n"),
        ("hcl", "import a\n", "a", ""),
    ],
)
def test_the_imports_that_are_used_are_found(
    language: str, head: str, used: str, shown: str
) -> None:
    assert imported(language, f"{head}f", used) == shown


def test_an_import_that_never_ends_is_cut() -> None:
    text = "from a import (\n" + "    b,\n" * 100 + "f"

    assert imported("python", text, "b").count("\n") == 40


def symbol(name: str, kind: SymbolKind, start: int, end: int) -> Symbol:
    return Symbol("a.py", name, kind, start, end)


def test_the_heads_of_all_classes_around_a_method_end_before_their_first_member() -> None:
    symbols = (
        symbol("A", "class", 1, 60),
        symbol("A.B", "class", 4, 59),
        symbol("A.B.size", "variable", 6, 6),
        symbol("A.B.f", "method", 50, 59),
        symbol("AB", "class", 70, 80),
    )

    assert list(class_heads(symbols, "a.py::A.B.f")) == [(1, 3), (4, 5)]
    assert not list(class_heads(symbols, "a.py::AB"))


def test_the_head_of_a_class_is_short() -> None:
    symbols = (symbol("A", "class", 1, 90), symbol("A.f", "method", 80, 90))

    assert list(class_heads(symbols, "a.py::A.f")) == [(1, 15)]
