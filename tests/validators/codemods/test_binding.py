"""What operators bind: a rewritten place says what was meant, by brackets where it needs them."""

from collections.abc import Callable

import pytest

from tests.validators.codemods.conftest import made
from validators.codemods.binding import is_loose
from validators.codemods.facade import Edits, File


def each(pattern: str, text: str) -> Callable[[File], Edits]:
    return lambda file: [file.replace(node, text) for node in file.find(pattern)]


@pytest.mark.parametrize(
    ("language", "before", "pattern", "text", "after"),
    [
        ("python", "t(a or b, c if d else e)", "t($A, $B)", "assert $A == $B", None),
        ("python", "t(a, f(b or c))", "t($A, $B)", "assert $A == $B", "assert a == f(b or c)"),
        ("python", "t(a + b, c)", "t($A, $B)", "assert $A == $B", "assert a + b == c"),
        ("python", "x = add(a, b) * 2", "add($A, $B)", "$A + $B", "x = (a + b) * 2"),
        ("python", "x = add(a, b), 2", "add($A, $B)", "$A + $B", "x = a + b, 2"),
        ("python", "x = get(a + b, k)", "get($A, $B)", "$A.get($B)", "x = (a + b).get(k)"),
        ("python", "x = get(await a, k)", "get($A, $B)", "$A.get($B)", "x = (await a).get(k)"),
        ("python", "call(lambda: 1)", "call($A)", "$A()", "(lambda: 1)()"),
        ("python", "t(a\n  + b, c)", "t($A, $B)", "assert $A == $B", "assert (a\n  + b) == c"),
        ("python", "x = get(y).z", "get($A)", "await $A", "x = (await y).z"),
        ("python", "t('a or b', c)", "t($A, $B)", "assert $A == $B", "assert 'a or b' == c"),
        ("python", "f(x, 1)", "f($A, $B)", "g($B, k=$A)", "g(1, k=x)"),
        ("python", "t(a, b)", "t($A, $B)", "$A\n$B", "a\nb"),
        ("typescript", "let x: May<T>[];", "May<$T>", "$T | null", "let x: (T | null)[];"),
        ("typescript", "const a = (<X>b).c;", "<$T>$X", "$X as $T", "const a = (b as X).c;"),
        ("javascript", "wrap({a: 1});", "wrap($X)", "() => $X", "() => ({a: 1});"),
        ("javascript", "f(a, b);", "f($A, $B)", "g([$A, $B])", "g([a, b]);"),
        ("rust", "fn f() { t(a + b); t(-1); t(c.d()) }", "t($X)", "$X?", None),
        ("java", "class A { long f() { return t(a + b); } }", "t($X)", "(long) $X", None),
        ("go", "package p\nvar a = t(b, c).d", "t($A, $B)", "$A - $B", None),
    ],
)
def test_what_was_one_thing_stays_one_thing(
    language: str, before: str, pattern: str, text: str, after: str | None
) -> None:
    afters = {
        "t(a or b, c if d else e)": "assert (a or b) == (c if d else e)",
        "fn f() { t(a + b); t(-1); t(c.d()) }": "fn f() { (a + b)?; (-1)?; c.d()? }",
        "class A { long f() { return t(a + b); } }": before.replace("t(a + b)", "(long) (a + b)"),
        "package p\nvar a = t(b, c).d": "package p\nvar a = (b - c).d",
    }
    assert made(language, before, each(pattern, text)) == (after or afters[before])


def test_a_place_that_is_rewritten_in_another_gets_its_brackets_there() -> None:
    def transform(file: File) -> Edits:
        return [each("add($A, $B)", "$A + $B")(file), each("mul($A, $B)", "$A * $B")(file)]

    assert made("python", "x = mul(add(1, 2), add(3, 4))\n", transform) == "x = (1 + 2) * (3 + 4)\n"
    assert made("python", "x = mul(f(add(1, 2)), 3)\n", transform) == "x = f(1 + 2) * 3\n"
    assert made("python", "mul(b, add(1, mul(2, 3)))\n", transform) == "b * (1 + (2 * 3))\n"


def test_a_text_that_only_looks_like_operators_is_one_thing() -> None:
    tight = ("a.b", "f(a or b)[0].c", "'a or b'", 'f"a {b}"', "[1, 2]", "12.5")
    assert [text for text in tight if is_loose(text)] == []
    assert all(is_loose(text) for text in ("a or b", "-1", "a\n.b", "lambda: 1", "'a' 'b'"))
