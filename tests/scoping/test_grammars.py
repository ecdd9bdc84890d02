"""Syntax to facts in three languages, and no file that could do harm by being read."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scoping.facts import FileFacts, Skipped
from scoping.grammars import MAX_DEPTH, Parser, _answer, parse, tree_after, tree_of
from scoping.languages import BY_NAME, GRAMMARS, INDEXED, grammar_of, query_text
from scoping.listing import language_of
from scoping.scan import scan
from scoping.syntax import MAX_FILE_BYTES, MAX_LINE_BYTES, Syntax, structure_of
from tests.ending import LIMIT_S

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

PYTHON = b'''\
import os, a.b as c
from . import x, y as z
from ..pkg.m import (q, r)
from star import *

LIMIT = 1

@decorated
class Foo(Base):
    """What a foo is.

    And more.
    """

    @property
    def bar(self, a: int,
            b=2) -> str:
        "Short."
        def inner(): pass
        raise ValueError("cannot frobnicate %s now")

    class Inner:
        def deep(self): ...

async def go(): ...
'''

JAVASCRIPT = b"""\
import a, {b} from "./a.js"; const r = require("../r");
export default class A extends B { m(x) { return 1 } static #p() {} }
/** Does it.
 *
 * And well. */
export const f = async (x) => { return "hello there world" };
// no doc
function* gen() {}
module.exports.q = function (a) {};
export * from "./z"; const lazy = await import("./dyn");
notrequire("./no");
"""

TYPESCRIPT = b"""\
export interface I { a(): void }
type T = {x: 1};
export abstract class C<T> { abstract z(): void; private y(a: number): string { return "" } }
declare function d(x: number): void;
enum E { A }
namespace N { function n() {} }
"""


# In each language: a class with a method or its like, what it imports, and what is found of it.
SAMPLES: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "kotlin": (
        (
            "import a.b.C\nclass A(val x: Int) : B() {\n    fun m(y: Int): Int { return 1 }\n}\n"
            "object O {}\nval LIMIT = 3\n"
        ),
        {"A": "class", "A.m": "method", "O": "class", "LIMIT": "variable"},
        ("a.b.C",),
    ),
    "c_sharp": (
        (
            "using A.B;\nnamespace N {\n  class A : B {\n    int M(int x) { return 1; }\n"
            "    int P { get; set; }\n  }\n  enum E { X }\n}\n"
        ),
        {"A": "class", "A.M": "method", "A.P": "variable", "E": "class"},
        ("A.B",),
    ),
    "scala": (
        "import a.b.C\nclass A extends B {\n  def m(x: Int): Int = 1\n}\nobject O\ntrait T\n",
        {"A": "class", "A.m": "method", "O": "class", "T": "class"},
        ("import a.b.C",),
    ),
    "swift": (
        (
            "import Foundation\nclass A: B {\n  func m(x: Int) -> Int { return 1 }\n}\n"
            "struct S {}\nprotocol P {\n  func q()\n}\nlet LIMIT = 3\n"
        ),
        {
            "A": "class",
            "A.m": "method",
            "S": "class",
            "P": "class",
            "P.q": "method",
            "LIMIT": "variable",
        },
        ("Foundation",),
    ),
    "bash": (
        "source lib/a.sh\n. ./b.sh\nfoo() { echo; }\nfunction bar { echo; }\nLIMIT=3\n",
        {"foo": "function", "bar": "function", "LIMIT": "variable"},
        ("lib/a.sh", "./b.sh"),
    ),
    "lua": (
        (
            "local x = require('a.b')\nfunction top(a) return 1 end\nfunction M:g() end\n"
            "M.h = function() end\nlocal near = function() end\n"
        ),
        {"top": "function", "M.g": "method", "M.h": "function", "near": "function"},
        ("a.b",),
    ),
    "elixir": (
        (
            "defmodule Shop.Cart do\n  alias Shop.Item\n  def total(items), do: 1\n"
            "  defp helper(x) do\n    1\n  end\n"
            "  def sum(items) when is_list(items) do\n    1\n  end\n"
            "  def late when true, do: 1\nend\n"
        ),
        {
            "Shop.Cart": "class",
            "Shop.Cart.total": "method",
            "Shop.Cart.helper": "method",
            "Shop.Cart.sum": "method",
            "Shop.Cart.late": "method",
        },
        ("Shop.Item",),
    ),
    "haskell": (
        "module M where\nimport Data.List\ndata T = A | B\ntop :: Int -> Int\ntop x = 1\n",
        {"T": "class", "top": "function"},
        ("Data.List",),
    ),
    "dart": (
        (
            "import 'a/b.dart';\nclass A extends B {\n  int m(int x) { return 1; }\n"
            "  set p(int x) { q(x); }\n}\nenum E { a }\n"
        ),
        {"A": "class", "A.m": "method", "A.p": "method", "E": "class"},
        ("'a/b.dart'",),
    ),
    "hcl": (
        'resource "aws_x" "name" {\n  a = 1\n}\nvariable "v" {}\n',
        {"aws_x.name": "class", "v": "variable"},
        (),
    ),
    "sql": (
        (
            "CREATE TABLE shop.cart (id int);\nCREATE VIEW v AS SELECT 1;\n"
            "CREATE FUNCTION total(a int) RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;\n"
        ),
        {"cart": "class", "v": "class", "total": "function"},
        (),
    ),
    "python": ("class A:\n    pass\n", {"A": "class"}, ()),
    "go": ("package a\ntype A struct {}\n", {"A": "class"}, ()),
    "rust": ("struct A {}\n", {"A": "class"}, ()),
    "c": ("struct A { int a; };\n", {"A": "class"}, ()),
    "ruby": ("class A\nend\n", {"A": "class"}, ()),
    "php": ("<?php\nclass A {}\n", {"A": "class"}, ()),
    **dict.fromkeys(
        ("cpp", "java", "javascript", "typescript", "tsx"),
        ("class A { };\n", {"A": "class"}, ()),
    ),
}


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as made:
        yield made


def facts(parser: Parser, path: str, content: bytes) -> FileFacts:
    syntax = parser.syntax(path, content)
    assert isinstance(syntax, Syntax), syntax
    told = scan(content, language_of(path))
    return FileFacts(
        path,
        language=syntax.language,
        lines=told.lines,
        counts=told.counts,
        names=told.names,
        strings=told.strings,
        structure=lambda path: structure_of(path, syntax),
    )


def reason(parser: Parser, path: str, content: bytes) -> str:
    found = parser.syntax(path, content)
    assert isinstance(found, Skipped), found
    assert found.path == path
    return found.reason


@pytest.mark.parametrize("opened", ["'''", '"', 'r"""', 'Rb"'])
def test_a_docstring_keeps_its_first_letters(parser: Parser, opened: str) -> None:
    closed = opened.lstrip("rRb")
    found = facts(parser, "a.py", f"def f():\n    {opened}Refund buyers.{closed}\n".encode())

    assert found.symbols[0].docstring == "Refund buyers."


def test_python_definitions_are_found_with_their_place(parser: Parser) -> None:
    found = facts(parser, "a.py", PYTHON)

    assert [(s.kind, s.qualified_name, s.start_line, s.end_line) for s in found.symbols] == [
        ("variable", "LIMIT", 6, 6),
        ("class", "Foo", 8, 23),
        ("method", "Foo.bar", 15, 20),
        ("function", "Foo.bar.inner", 19, 19),
        ("class", "Foo.Inner", 22, 23),
        ("method", "Foo.Inner.deep", 23, 23),
        ("function", "go", 25, 25),
    ]
    assert found.symbols[1].docstring == "What a foo is."
    assert found.symbols[2].docstring == "Short."
    assert found.symbols[2].signature == "def bar(self, a: int, b=2) -> str:"
    assert found.symbols[2].id == "a.py::Foo.bar"
    assert found.symbols[2].name == "bar"
    assert (found.language, found.lines) == ("python", 25)


def test_python_imports_literals_and_names_are_found(parser: Parser) -> None:
    found = facts(parser, "a.py", PYTHON)

    assert found.imports == ("os", "a.b", ".x", ".y", "..pkg.m.q", "..pkg.m.r", "star")
    assert "cannot frobnicate %s now" in found.strings
    assert "Short." not in found.strings
    assert found.names == ("Foo", "bar", "inner", "Inner", "deep", "go")
    assert found.references["frobnicate"] == 1
    assert found.references["def"] == 4


def test_javascript_definitions_and_imports_are_found(parser: Parser) -> None:
    found = facts(parser, "lib/a.mjs", JAVASCRIPT)

    assert [(s.kind, s.qualified_name, s.start_line, s.end_line) for s in found.symbols] == [
        ("variable", "r", 1, 1),
        ("class", "A", 2, 2),
        ("method", "A.m", 2, 2),
        ("method", "A.#p", 2, 2),
        ("function", "f", 6, 6),
        ("function", "gen", 8, 8),
        ("function", "q", 9, 9),
        ("variable", "lazy", 10, 10),
    ]
    assert [s.docstring for s in found.symbols if s.name in {"f", "gen"}] == ["Does it.", ""]
    assert found.imports == ("./a.js", "../r", "./z", "./dyn")
    assert found.strings == ("hello there world",)


def test_typescript_adds_its_own_definitions(parser: Parser) -> None:
    found = facts(parser, "a.ts", TYPESCRIPT)

    assert [(s.kind, s.qualified_name) for s in found.symbols] == [
        ("class", "I"),
        ("class", "T"),
        ("class", "C"),
        ("method", "C.z"),
        ("method", "C.y"),
        ("function", "d"),
        ("class", "E"),
        ("class", "N"),
        ("method", "N.n"),
    ]


def test_tsx_is_not_taken_for_typescript(parser: Parser) -> None:
    content = b"export const View = (p: P) => <div>hi</div>;\n"

    assert [s.qualified_name for s in facts(parser, "a.tsx", content).symbols] == ["View"]
    assert parser.count_errors("a.tsx", content) == 0
    assert parser.count_errors("a.ts", content)


@pytest.mark.parametrize("grammar", sorted(BY_NAME))
def test_each_grammar_finds_what_is_defined_and_imported(grammar: str) -> None:
    text, defined, imported = SAMPLES[grammar]

    syntax = parse(grammar, text.encode(), "facts")

    symbols = structure_of("x", syntax).symbols
    assert {symbol.qualified_name: symbol.kind for symbol in symbols} == defined
    assert syntax.imports == imported
    # A scan of the bytes finds the same names, but for variables.
    plain = {symbol.name for symbol in symbols if symbol.kind != "variable"}
    assert plain <= set(scan(text.encode(), grammar).names)


def test_every_grammar_loads_where_there_is_no_network(root: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no network namespace")
    script = (
        "from scoping.grammars import parse\nfrom scoping.languages import BY_NAME\n"
        "print(len([parse(name, b'x', 'facts') for name in BY_NAME]))"
    )

    done = subprocess.run(
        [*alone, sys.executable, "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )

    assert done.stdout == f"{len(SAMPLES)}\n"


def test_every_query_file_belongs_to_a_language(root: Path) -> None:
    files = {path.stem for path in (root / "scoping" / "queries").iterdir()}

    assert files == {name for grammar in INDEXED.values() for name in grammar.queries}


def test_the_ending_decides_the_grammar_whatever_its_case() -> None:
    assert grammar_of("x/A.PY") is GRAMMARS[".py"]
    assert grammar_of("x/py") is None


def test_a_file_without_a_grammar_has_words_alone(parser: Parser) -> None:
    found = facts(parser, "notes", b"Hello hello World")

    assert (found.language, found.symbols, found.lines) == ("", (), 1)
    assert found.references == {"Hello": 1, "hello": 1, "World": 1}
    assert facts(parser, "a.txt", b"").lines == 0


@pytest.mark.parametrize(
    ("path", "content", "errors"),
    [
        ("a.py", b"def f():\n    return 1\n", 0),
        ("a.py", b"\xef\xbb\xbfx = 1\n", 0),
        ("a.py", b"x = '\xe9'\r\ny = 2\r\n", 0),
        ("a.py", b"", 0),
        ("a.ts", b"let x: = ;", 1),
        ("a.js", b"f(", 1),
        ("a.txt", b"def (((", None),
        ("a.py", b"x = 1\0", None),
    ],
)
def test_errors_are_counted_where_there_is_a_grammar(
    parser: Parser, path: str, content: bytes, errors: int | None
) -> None:
    counted = parser.count_errors(path, content)

    assert counted == errors if not errors else (counted or 0) >= errors


def test_more_broken_lines_are_more_errors(parser: Parser) -> None:
    one = parser.count_errors("a.py", b"x = 1 +\ny = 2\n")
    two = parser.count_errors("a.py", b"x = 1 +\ny = 2\ndef f(:\n    pass\n")

    assert one is not None
    assert two is not None
    assert 0 < one < two


def test_files_that_cost_too_much_are_skipped_with_the_reason(parser: Parser) -> None:
    assert reason(parser, "a.py", b"x\n" * MAX_FILE_BYTES) == "larger than 1000000 bytes"
    assert reason(parser, "a.py", b"x" * (MAX_LINE_BYTES + 1)).startswith("a line of 20001 bytes")
    assert reason(parser, "a.py", b"a\0b") == "binary"
    assert "LFS" in reason(parser, "a.py", b"version https://git-lfs.github.com/spec/v1\noid x\n")
    assert facts(parser, "a.py", b"# x\n" * MAX_LINE_BYTES).lines == MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", b"x = " + b"[" * 9_000 + b"]" * 9_000),
        ("a.js", b"x = (" + b"1 +\n" * 60_000 + b"1)"),
        ("a.js", b"x = " + b"!" * 19_000 + b"1"),
    ],
)
def test_deep_nesting_is_skipped_and_does_no_harm(
    parser: Parser, path: str, content: bytes
) -> None:
    assert reason(parser, path, content) == f"nested deeper than {MAX_DEPTH} levels"
    assert parser.count_errors(path, content) is None
    assert facts(parser, "b.py", b"x = 1\n").language == "python"


def test_what_needs_no_parser_is_told_however_deep_it_is(parser: Parser) -> None:
    content = b"x = (" + b"1 +\n" * 60_000 + b"1)"

    assert [symbol.name for symbol in facts(parser, "a.py", content).symbols] == ["x"]
    assert parser.count_errors("a.py", content) is None


def test_a_file_that_takes_too_long_is_skipped_and_the_next_is_read() -> None:
    slow = b"f(" * 9_000 + b"\n" + (b"x[" * 9_000 + b"\n") * 50
    with Parser(timeout_s=0.001) as parser:
        assert reason(parser, "a.py", slow) == "the parser crashed or took too long on it"
    with Parser() as parser:
        assert facts(parser, "a.py", b"x = 1\n").language == "python"


def test_a_parser_that_fails_again_and_again_is_asked_no_more() -> None:
    with Parser(timeout_s=0.0001) as parser:
        reasons = [reason(parser, "a.py", b"x = 1\n") for _ in range(22)]

    assert reasons[0] == "the parser crashed or took too long on it"
    assert reasons[-1] == "not parsed: too many files before it broke the parser"


def test_a_child_that_was_killed_is_replaced(parser: Parser) -> None:
    facts(parser, "a.py", b"x = 1\n")
    pid = parser._children[0].pid
    assert pid is not None
    os.kill(pid, 9)
    while Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)

    assert "crashed" in reason(parser, "a.py", b"x = 1\n")
    assert facts(parser, "a.py", b"x = 1\n").symbols[0].name == "x"


def test_a_child_that_answers_in_other_words_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scoping.child._ROOT", str(Path(__file__).parent))
    monkeypatch.setattr("scoping.grammars.__name__", "crashing_child")
    with Parser() as parser:
        assert "crashed" in reason(parser, "a.py", b"x = 1\n")


def test_many_files_are_read_in_their_order(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [(f"f{n}.py", f"def g{n}(): pass\n".encode()) for n in range(120)]
    files[7] = ("f7.py", b"\0")

    alone = parser.syntaxes_of(files)
    monkeypatch.setattr("scoping.grammars._PARALLEL_BYTES", 1)
    both = parser.syntaxes_of(files)

    assert alone == both
    assert alone[7] == Skipped("f7.py", "binary")
    assert [one.shapes[0].name for one in alone if isinstance(one, Syntax)] == [
        f"g{n}" for n in range(120) if n != 7
    ]


@pytest.mark.parametrize(
    ("path", "content"),
    [("a.py", PYTHON), ("a.js", JAVASCRIPT), ("a.ts", TYPESCRIPT), ("a.py", b"x = 1 +\ndef f(:")],
)
def test_the_child_says_what_reading_it_here_says(
    parser: Parser, path: str, content: bytes
) -> None:
    grammar = GRAMMARS[path[path.index(".") :]].name
    here = parse(grammar, content, "facts")
    answer = json.loads(
        _answer(json.dumps({"grammar": grammar, "what": "facts"}).encode(), content)
    )

    assert parser.syntax(path, content) == here
    assert answer["imports"] == list(here.imports)
    assert parser.count_errors(path, content) == parse(grammar, content, "errors").errors


@pytest.mark.parametrize(
    "content",
    [
        PYTHON,
        b"x = 1; import a; from b import c\nif x: import d\nclass A: import e\n",
        b"def f():\r  class undef: pass\r  def g(): pass\r",
        b"async \\\n def f(): yield from importlib\n# def g(): import h\n'class B: pass'\n",
        b"def f(:\nclass\nimport\nfrom x import (\n",
    ],
)
def test_looking_where_keywords_stand_finds_what_walking_the_tree_finds(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoping.python_outline.outline", lambda _: None)
    quick = parse("python", content, "facts")
    monkeypatch.setitem(BY_NAME, "python", replace(BY_NAME["python"], anchors=()))
    declared = (
        "(class_definition name: (identifier) @name) @class"
        "(function_definition name: (identifier) @name) @function"
    )
    written = query_text(BY_NAME["python"])
    monkeypatch.setattr("scoping.grammars.query_text", lambda _: written + declared)
    walked = parse("python", content, "facts")

    assert set(quick.shapes) == set(walked.shapes)
    assert quick.imports == walked.imports


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        (rb"\bfoo\b", b""),
        (rb"\b(?:a|b|x)\b", b"longer"),
        (rb"Base", b"B"),
        (rb"\b[12]\b", b"f(1,\n    2)"),
        (rb"\n\n", b"\n# why\n\n"),
        (rb"a: int,\n *", b""),
        (rb"Short\.|LIMIT", "é".encode()),
    ],
)
def test_a_tree_that_is_parsed_anew_in_parts_is_that_of_the_whole(
    regex: bytes, text: bytes
) -> None:
    grammar = BY_NAME["python"]
    splices = [(*found.span(), text) for found in re.finditer(regex, PYTHON)]
    whole, before = tree_of(grammar, re.sub(regex, text, PYTHON)), tree_of(grammar, PYTHON)
    assert whole is not None
    assert before is not None

    after = tree_after(grammar, before, PYTHON, splices)

    assert after is not None
    places = [
        [(node.type, node.start_point, node.end_point, node.end_byte) for node in nodes(tree)]
        for tree in (after, whole)
    ]
    assert places[0] == places[1]


def nodes(tree: "Tree") -> Iterator["Node"]:
    todo = [tree.root_node]
    while todo:
        yield (node := todo.pop())
        todo += node.children


def test_what_is_too_deep_is_refused_by_the_reading_itself() -> None:
    assert "deeper" in parse("python", b"x = " + b"[" * 9_000 + b"]" * 9_000, "facts").refused


def test_names_nest_no_deeper_than_a_person_reads(parser: Parser) -> None:
    content = b"".join(b" " * n + b"class C:\n" for n in range(60)) + b" " * 60 + b"x = 1\n"

    assert max(s.qualified_name.count(".") for s in facts(parser, "a.py", content).symbols) == 12


@pytest.mark.parametrize(
    ("path", "content", "names", "imports"),
    [
        (
            "a.go",
            b'package x\nimport g "shop/render"\nfunc (e *Engine) Run() {}\nfunc New() {}\n',
            {"Engine.Run": "method", "New": "function"},
            ("shop/render",),
        ),
        (
            "a.rs",
            b"use crate::a::b;\nimpl<T> S<T> { fn new() {} }\nmacro_rules! m { () => {} }\n",
            {"S": "class", "S.new": "method", "m": "function"},
            ("crate::a::b",),
        ),
        (
            "A.java",
            b"import a.b.C;\nclass A { A() {} void m() {} }\n",
            {"A": "class", "A.A": "method", "A.m": "method"},
            ("a.b.C",),
        ),
        (
            "a.c",
            b'#include "x/y.h"\n#define MOST 3\nstatic int *f(int a) { return 0; }\n',
            {"MOST": "variable", "f": "function"},
            ("x/y.h",),
        ),
        (
            "a.cpp",
            b"int n::Foo::baz(int a) { return 1; }\nFoo::~Foo() {}\nFoo *Foo::p() { return 0; }\n",
            {"Foo.baz": "method", "Foo.~Foo": "method", "Foo.p": "method"},
            (),
        ),
        (
            "a.cc",
            (
                b"struct A { ~A() {} bool operator==(A o) { return 1; } char **m() {} };\n"
                b"A& A::operator+=(A o) { return *this; }\nB::T& n::B::get() { return t; }\n"
            ),
            {
                "A": "class",
                "A.~A": "method",
                "A.operator==": "method",
                "A.m": "method",
                "A.operator+=": "method",
                "B.get": "method",
            },
            (),
        ),
        (
            "b.js",
            b"class A {\n  m = () => 1;\n  static s = async function () {};\n  n = 1;\n}\n",
            {"A": "class", "A.m": "method", "A.s": "method"},
            (),
        ),
        (
            "b.ts",
            b"class A {\n  m: T = () => 1;\n  n = 1;\n}\n",
            {"A": "class", "A.m": "method"},
            (),
        ),
        ("b.cs", b"delegate void D(int a);\n", {"D": "class"}, ()),
        ("b.swift", b"struct A {\n  init(x: Int) {}\n}\n", {"A": "class", "A.init": "method"}, ()),
        ("c.cc", b"using A = int;\n", {"A": "class"}, ()),
        (
            "b.cc",
            (
                b"struct A { enum : unsigned { mask = 7 }; };\n"
                b"typedef struct B { int b; } B;\n"
                b"template <typename T> int C<T>::m() { return 0; }\n"
            ),
            {"A": "class", "B": "class", "C.m": "method"},
            (),
        ),
        (
            "a.cs",
            (
                b"class A { void m() {\n#if X\n if (a) { }\n#else\n if (b) { }\n#endif\n"
                b" else if (c) { b(); } } }\n"
            ),
            {"A": "class", "A.m": "method"},
            (),
        ),
        (
            "a.swift",
            b"class A { func `default`() {} }\n",
            {"A": "class", "A.default": "method"},
            (),
        ),
        (
            "a.kt",
            b"class A { fun `adds up. `() {} }\n",
            {"A": "class", "A.adds up. ": "method"},
            (),
        ),
        (
            "b.rb",
            b"module Shop::Cart\n  class ::Line\n  end\nend\n",
            {"Shop.Cart": "class", "Shop.Cart.Line": "class"},
            (),
        ),
        (
            "a.rb",
            b'require "shop/cart"\nmodule M\n  class A\n    def self.s\n    end\n  end\nend\n',
            {"M": "class", "M.A": "class", "M.A.s": "method"},
            ("shop/cart",),
        ),
        (
            "a.php",
            b"<?php\nuse C\\D;\ntrait T { function m() {} }\nfunction f() {}\n",
            {"T": "class", "T.m": "method", "f": "function"},
            ("C\\D",),
        ),
    ],
)
def test_symbols_and_imports_are_found_in_each_indexed_language(
    parser: Parser, path: str, content: bytes, names: dict[str, str], imports: tuple[str, ...]
) -> None:
    found = facts(parser, path, content)

    assert {symbol.qualified_name: symbol.kind for symbol in found.symbols} == names
    assert found.imports == imports


def test_a_body_beside_its_signature_belongs_to_the_definition(parser: Parser) -> None:
    content = (
        b"class A {\n  int m(\n    int x) {\n    return 1;\n  }\n  factory A.of() {\n  }\n}\n"
        b"int f() =>\n  1;\nint g();\n"
    )

    found = facts(parser, "a.dart", content).symbols

    assert [(it.qualified_name, it.start_line, it.end_line) for it in found] == [
        ("A", 1, 8),
        ("A.m", 2, 5),
        ("A.of", 6, 7),
        ("f", 9, 10),
        ("g", 11, 11),
    ]
    assert found[1].signature == "int m( int x)"


def test_a_language_that_is_only_indexed_is_not_judged(parser: Parser) -> None:
    assert parser.count_errors("a.go", b"func (((") is None
