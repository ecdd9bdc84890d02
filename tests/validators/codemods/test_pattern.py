"""Patterns: what has the form of a piece of code, in several grammars, and what is no pattern."""

import pytest

from validators.codemods.facade import File


def lines(language: str, code: str, pattern: str) -> list[int]:
    return [node.line for node in File("a", language, code.encode()).find(pattern)]


@pytest.mark.parametrize(
    ("language", "code", "pattern", "found"),
    [
        ("python", "f(1)\nf()\ng(f(2))\nff(1)\n", "f($X)", [1, 3]),
        ("python", "f(1, 2)\nf(\n  1,  # one\n  2,\n)\n", "f($A, $B)", [1, 2]),
        ("python", "f()\nf(1)\nf(1, *b)\n", "f($$$_)", [1, 2, 3]),
        ("python", "a == a\na == b\n", "$X == $X", [1]),
        ("python", "f(1, k=2)\nf(k=2, j=1)\n", "f($$$_, k=$V, $$$_)", [1, 2]),
        ("python", "x = 'f(1)'  # f(1)\n", "f($X)", []),
        ("python", "a.f(1)\nf(1)\n", "$_.f($X)", [1]),
        ("python", "import six\nimport os\n", "import six", [1]),
        ("python", "with a as b:\n    pass\n", "with $X as $Y:\n    $$$BODY", [1]),
        ("javascript", "a && a()\nb && c()\n", "$F && $F()", [1]),
        ("typescript", "let a: Array<string>;\n", "Array<$T>", [1]),
        ("typescript", "f(a.b);\nlet c: a.b;\nd = a.b;\n", "a.b", [1, 2, 3]),
        ("python", "a: List[int]\nb = List[int]\n", "List[$X]", [1, 2]),
        ("go", "package p\nvar a b.C\nvar d = b.C(1)\n", "b.C", [2, 3]),
        ("java", "class A { List<B> a;\nList<C> f() { } }", "List<$X>", [1, 2]),
        ("python", "f(a, \\\n  b)\n", "f($A, $B)", [1]),
        ("python", "f(x for x in y)\nf((1))\n", "f($X)", [1, 2]),
        ("python", "f(\"a\")\nf('a')\nf(b'a')\nf('b')\n", "f('a')", [1, 2]),
        ("javascript", "f(\"a\");\nf('a');\nf(`a`);\n", "f('a')", [1, 2]),
        ("java", "class A { void f() { g(1);\n g(2, 3); } }", "g($X)", [1]),
        (
            "java",
            'class A { @Ignore("a") void f() { }\n@Ignore("b") void g() { } }',
            "@Ignore($X)",
            [1, 2],
        ),
        ("python", "@a.b(1)\n@c\ndef f(): pass\nb(1)\n", "@a.b($X)", [1]),
        ("typescript", "@Old() class A {}\n", "@Old()", [1]),
        ("java", "class A { @Test\n void f() { } }", "@Test void $NAME() { }", [1]),
        ("go", "package p\nvar a interface{}\nvar b interface{ m() }\n", "interface{}", [2]),
        ("rust", "fn f() { a.unwrap();\n b.expect(1); }", "$X.unwrap()", [1]),
        ("ruby", "puts 1\nputs(2)\n", "puts($X)", [2]),
        ("c", "int f(void) { return g(1); }", "g($X)", [1]),
        ("php", "<?php\nf(1);\n", "f(1)", [2]),
        ("c_sharp", "class A { void F() { G(1); } }", "G($X)", [1]),
        ("kotlin", "fun f() { g(1) }", "g($X)", [1]),
    ],
)
def test_a_pattern_finds_what_has_its_form(
    language: str, code: str, pattern: str, found: list[int]
) -> None:
    assert lines(language, code, pattern) == found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [("$X", "matches everything"), ("f(", "no python code"), ("$$$A", "everything")],
)
def test_what_is_no_pattern_is_refused_with_a_way_out(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        lines("python", "f(1)\n", pattern)


def test_a_kind_that_the_grammar_does_not_know_is_refused() -> None:
    why = "no kind of node called 'cal'; in this file there are: call"
    with pytest.raises(ValueError, match=why):
        File("a", "python", b"f(1)\n").find(kind="cal")


def test_holes_hold_what_stands_there() -> None:
    (call,) = File("a", "python", b"f(1, b, *c)\n").find("f($FIRST, $$$REST)")
    assert call["FIRST"].text == "1"
    assert [node.text for node in call.row("REST")] == ["b", "*c"]
    with pytest.raises(KeyError, match="holds 2 nodes"):
        call["REST"]


def test_a_word_is_found_whatever_stands_between_its_bytes_and_the_syntax() -> None:
    content = "é = 'force'\nforce(é, force2, xforce)\n# force\n".encode()
    assert [node.line for node in File("a", "python", content).names("force")] == [2]
