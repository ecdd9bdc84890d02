"""Edits of one file: nested ones, arguments, comments and layout kept, and what is left instead."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.validators.codemods.conftest import left, made
from validators.codemods.edit import OverlappingEdits
from validators.codemods.facade import Edits, File


def each(pattern: str, text: str) -> Callable[[File], Edits]:
    return lambda file: [file.replace(node, text) for node in file.find(pattern)]


def test_nested_sites_are_all_rewritten_and_what_is_kept_is_kept_to_the_byte() -> None:
    assert made("python", "f(f(1,  2), 3)\n", each("f($X, $Y)", "g($Y, $X)")) == "g(3, g(2, 1))\n"
    assert made("python", "f(f( 1 ))\n", each("f($X)", "$X.g()")) == "1.g().g()\n"


def test_a_comment_that_would_be_lost_leaves_the_place() -> None:
    code = "f(a,  # why\n  b)\n"
    assert made("python", code, each("f($X, $Y)", "g($Y, $X)")) == code
    assert left("python", code, each("f($X, $Y)", "g($Y, $X)")) == [
        "a comment inside it would be lost"
    ]
    assert made("python", code, each("f($$$ALL)", "g($$$ALL)")) == "g(a,  # why\n  b)\n"


def test_a_comment_behind_a_decorator_stays() -> None:
    code = "@a(1)  # why\ndef f(): pass\n"
    assert made("python", code, each("@a($X)", "@b($X)")) == code.replace("@a", "@b")


def test_a_row_of_none_takes_its_comma_with_it() -> None:
    assert made("python", "f(1)\n", each("f($X, $$$REST)", "g($X, $$$REST)")) == "g(1)\n"

    assert made("python", "f()\n", each("f($$$ALL)", "g($$$ALL, k=1)")) == "g(k=1)\n"
    assert made("python", "f()\n", each("f($$$ALL)", "g(0, $$$ALL)")) == "g(0)\n"


def test_a_row_that_is_all_there_is_in_brackets_keeps_their_layout() -> None:
    code = "f(\n    # all\n    a,  # why\n    b,  # and\n)\n"
    assert made("python", code, each("f($$$ALL)", "g($$$ALL)")) == code.replace("f(", "g(")
    more = code.replace("f(", "g(").replace(",  # and\n)", ", k=1)")
    assert made("python", code.replace("  # and", ""), each("f($$$ALL)", "g($$$ALL, k=1)")) == more
    assert made("python", "f(a,)\n", each("f($$$ALL)", "assert ($$$ALL)")) == "assert (a)\n"


@pytest.mark.parametrize(
    ("language", "before", "pattern", "text", "after"),
    [
        ("javascript", "var a = b;\n", "var $N = $V", "const $N = $V", "const a = b;\n"),
        ("javascript", "var a = b\n", "var $N = $V", "const $N = $V", "const a = b\n"),
        ("javascript", "var a = b;\n", "var $N = $V;", "const $N = $V", "const a = b\n"),
        ("javascript", "for (var i = 0; i;) {}", "var $N = $V", "let $N = $V", None),
        (
            "javascript",
            "var f = function (a) { b(); };\n",
            "var $N = function ($$$P) { $$$B }",
            "function $N($$$P) { $$$B }",
            "function f(a) { b(); }\n",
        ),
        (
            "java",
            "class A { int f() { return g(1); } }",
            "return g($X)",
            "return h($X)",
            "class A { int f() { return h(1); } }",
        ),
    ],
)
def test_a_semicolon_that_nobody_named_stays(
    language: str, before: str, pattern: str, text: str, after: str | None
) -> None:
    after = after or before.replace("var", "let")
    assert made(language, before, each(pattern, text)) == after


def test_the_only_statement_of_a_block_leaves_pass() -> None:
    def transform(file: File) -> Edits:
        return [file.remove(call) for call in file.find("f($X)")]

    before = "if a:\n    f(1)  # why\nelse:\n    f(2)\n    g()\n"
    assert made("python", before, transform) == "if a:\n    pass  # why\nelse:\n    g()\n"
    assert made("go", "package p\nfunc a() {\n\tf(1)\n}\n", transform) == (
        "package p\nfunc a() {\n}\n"
    )


def test_a_dollar_can_be_written() -> None:
    assert made("python", "f(1)\n", each("f($X)", "g('$$', $X)")) == "g('$', 1)\n"


def test_edits_that_claim_the_same_bytes_are_refused_together() -> None:
    def transform(file: File) -> Iterator[Edits]:
        for call in file.find("f($X)"):
            yield file.replace(call, "g(1)")
            yield file.replace(call["X"], "2")

    with pytest.raises(OverlappingEdits, match="overlap at byte 2"):
        made("python", "f(1)\n", transform)


def test_the_same_edit_twice_is_one() -> None:
    def transform(file: File) -> Edits:
        return [each("f($X)", "g($X)")(file), each("f($X)", "g($X)")(file)]

    assert made("python", "f(1)\n", transform) == "g(1)\n"


def test_a_name_renamed_twice_by_two_ways_is_one_edit() -> None:
    def transform(file: File) -> Edits:
        return [file.rename("b", "c"), file.replace_import("from a import b", "from a import c")]

    assert made("python", "from a import b, d\nb()\n", transform) == "from a import c, d\nc()\n"


def test_a_rename_spares_strings_comments_and_longer_names() -> None:
    before = "old(old.older)  # old\n'old'\nself.old = old_\n"
    after = "new(new.older)  # old\n'old'\nself.new = old_\n"
    assert made("python", before, lambda file: file.rename("old", "new")) == after


def test_text_within_strings_is_rewritten_where_that_is_asked_for() -> None:
    def transform(file: File) -> Edits:
        return [file.rewrite(text, r"a\.(\w+)", r"b.\1") for text in file.strings(r"a\.")]

    assert made("python", "p('é a.x', a.y, f'{a.z} a.z')\n", transform) == (
        "p('é b.x', a.y, f'{b.z} b.z')\n"
    )


def test_an_anchor_means_the_string_and_not_the_file() -> None:
    file = File("a", "javascript", b"f('./')\ng('./a')\n")
    assert [text.text for text in file.strings(r"^'\./'$")] == ["'./'"]


def test_bytes_that_are_no_text_and_line_ends_survive() -> None:
    before = b"# \xff caf\xe9\r\nf(1)\r\nf(2)"
    assert made("python", before, each("f($X)", "g($X)")).encode("utf-8", "surrogateescape") == (
        b"# \xff caf\xe9\r\ng(1)\r\ng(2)"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "f(k=1)\n"),
        ("f(a)\n", "f(a, k=1)\n"),
        ("f(a,)\n", "f(a, k=1,)\n"),
        ("f(\n    a,  # one\n    b,\n)\n", "f(\n    a,  # one\n    b,\n    k=1,\n)\n"),
        ("f(\n    a,\n    b\n)\n", "f(\n    a,\n    b,\n    k=1\n)\n"),
        ("f(a,\n  b)\n", "f(a,\n  b, k=1)\n"),
    ],
)
def test_an_argument_is_added_as_the_others_are_written(before: str, after: str) -> None:
    def add(file: File) -> Edits:
        return [file.add_argument(call, "k=1") for call in file.find("f($$$_)")]

    assert made("python", before, add) == after


@pytest.mark.parametrize(
    ("language", "before", "at", "after"),
    [
        ("python", "def f(): pass", None, "def f(k: int): pass"),
        ("go", "package p\nfunc f(a, b int) {}", None, "package p\nfunc f(a, b int, k: int) {}"),
        ("typescript", "class A { f(\n  a,\n) {} }", 0, "class A { f(\n  k: int,\n  a,\n) {} }"),
        ("c", "int f(int a) { return a; }", None, "int f(int a, k: int) { return a; }"),
    ],
)
def test_a_definition_gets_a_parameter(
    language: str, before: str, at: int | None, after: str
) -> None:
    kinds = {"go": "function_declaration", "typescript": "method_definition"}

    def add(file: File) -> Edits:
        found = file.find(kind=kinds.get(language, "function_definition"))
        assert all(len(one.parameters) < 2 for one in found)
        return [file.add_parameter(one, "k: int", at) for one in found]

    assert made(language, before, add) == after


def test_what_takes_no_parameters_is_said() -> None:
    with pytest.raises(ValueError, match="the call at line 1 takes no parameters"):
        made("python", "f(1)", lambda file: file.add_parameter(file.find("f($X)")[0], "k"))


def test_arguments_are_known_by_place_and_name() -> None:
    (call,) = File("a", "python", b"f(1, k=2, *rest, **more)\n").find("f($$$_)")
    names = [(one.value.text, one.name, one.is_rest) for one in call.arguments]
    assert names[:2] == [("1", "", False), ("2", "k", False)]
    assert [rest for _, _, rest in names] == [False, False, True, True]
    assert (call.argument("k"), call.argument(1), call.argument("j")) == (
        call.arguments[1],
        None,
        None,
    )


def test_an_argument_is_put_first_taken_out_and_named() -> None:
    def transform(file: File) -> Iterator[Edits]:
        (call,) = file.find("f($$$_)")
        yield file.add_argument(call, "0", at=0)
        yield file.remove_argument(call, call.arguments[0])
        yield file.name_argument(call, call.arguments[1], "k")

    assert made("python", "f(1, 2)\n", transform) == "f(0, k=2)\n"


def test_the_only_and_the_last_argument_are_taken_out_with_their_comma() -> None:
    def last(file: File) -> Iterator[Edits]:
        for call in file.find("f($$$_)"):
            yield file.remove_argument(call, call.arguments[-1])

    assert made("python", "f(1)\nf(1, 2)\n", last) == "f()\nf(1)\n"


@pytest.mark.parametrize(
    ("language", "code", "count"),
    [
        ("javascript", "f(1, ...a)", 2),
        ("go", "package p\nfunc g() { f(1, a...) }", 2),
        ("java", "class A { void g() { f(1, 2); } }", 2),
        ("kotlin", "fun g() { f(1, k = 2) }", 2),
        ("ruby", "f(1, k: 2)", 2),
        ("rust", "fn g() { f(1, 2); }", 2),
        ("php", "<?php f(1, k: 2);", 2),
        ("c_sharp", "class A { void G() { F(1, k: 2); } }", 2),
    ],
)
def test_calls_of_other_languages_have_arguments(language: str, code: str, count: int) -> None:
    file = File("a", language, code.encode())
    (call,) = file.find("F($$$_)" if language == "c_sharp" else "f($$$_)")
    assert len(call.arguments) == count


def test_what_is_taken_out_takes_its_line_or_the_blank_behind_it() -> None:
    def transform(file: File) -> Edits:
        return [file.remove(word) for word in file.names("gone")]

    assert made("python", "a\n    gone\nb\n", transform) == "a\nb\n"

    def public(file: File) -> Iterator[Edits]:
        for node in file.find(kind="modifiers"):
            yield [file.remove(word) for word in node.tokens if word.kind == "public"]

    code = "class A {\n    public static void f() { }\n}\n"
    assert made("java", code, public) == "class A {\n    static void f() { }\n}\n"


def test_a_follower_is_made_and_is_no_site() -> None:
    file = File("a", "python", b"f(1)\n")
    (edit,) = file.follow(each("f($X)", "g($X)")(file))
    assert getattr(edit, "site", 0) is None


def test_what_is_no_edit_is_said() -> None:
    with pytest.raises(TypeError, match="yielded str"):
        made("python", "f(1)\n", lambda file: "new text")


def test_the_line_that_yielded_no_edit_is_said() -> None:
    def transform(file: File) -> Iterator[Edits]:
        yield None
        yield cast("Edits", [file.find("f($X)")])

    line = transform.__code__.co_firstlineno + 2
    with pytest.raises(TypeError, match=f"yielded Node at line {line}; yield edits of the file"):
        made("python", "f(1)\n", transform)
