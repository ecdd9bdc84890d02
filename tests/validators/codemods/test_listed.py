"""Lists of arguments, parameters and names: one more or less, and each comment where it belongs."""

from collections.abc import Iterator

import pytest

from tests.validators.codemods.conftest import made
from validators.codemods.facade import Edits, File

THREE = "f(\n    a,  # of a\n    b,  # of b\n    c,  # of c\n)\n"


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        (THREE, [1], "f(\n    a,  # of a\n    c,  # of c\n)\n"),
        (THREE, [2], "f(\n    a,  # of a\n    b,  # of b\n)\n"),
        (THREE, [0, 1], "f(\n    c,  # of c\n)\n"),
        ("f(\n    a,  # of a\n    b  # of b\n)\n", [1], "f(\n    a  # of a\n)\n"),
        ("f(a, b, c)\n", [1, 2], "f(a)\n"),
        ("f(a, b, c)\n", [0, 1], "f(c)\n"),
        ("f(a, b, c)\n", [0, 1, 2], "f()\n"),
        ("f(a, b, c,)\n", [2], "f(a, b,)\n"),
        ("f(a, \\\n  b)\n", [1], "f(a)\n"),
        ("f(a,\n  b)\n", [0], "f(b)\n"),
        ("f(x for x in y)\n", [0], "f()\n"),
    ],
)
def test_arguments_go_with_their_commas_and_comments_at_once_or_one_by_one(
    before: str, gone: list[int], after: str
) -> None:
    def at_once(file: File) -> Iterator[Edits]:
        for call in file.find("f($$$_)"):
            yield file.remove_argument(call, *(call.arguments[at] for at in gone))

    def one_by_one(file: File) -> Iterator[Edits]:
        for call in file.find("f($$$_)"):
            yield from (file.remove_argument(call, call.arguments[at]) for at in gone)

    assert made("python", before, at_once) == after
    assert made("python", before, one_by_one) == after


@pytest.mark.parametrize(
    ("before", "text", "at", "after"),
    [
        ("f(\n\ta,\n\tb,\n)\n", "c", None, "f(\n\ta,\n\tb,\n\tc,\n)\n"),
        ("f(\n    a,\n    b  # b\n)\n", "c", None, "f(\n    a,\n    b,  # b\n    c\n)\n"),
        ("f(\n    a,  # a\n)\n", "c", None, "f(\n    a,  # a\n    c,\n)\n"),
        ("f(\n    a,\n    b,\n)\n", "c", 0, "f(\n    c,\n    a,\n    b,\n)\n"),
        ("f(a, k=1, **m)\n", "c", None, "f(a, c, k=1, **m)\n"),
        ("f(a, k=1)\n", "c=2", None, "f(a, k=1, c=2)\n"),
        ("f(x for x in y)\n", "c=2", None, "f((x for x in y), c=2)\n"),
    ],
)
def test_an_argument_goes_where_it_may_stand(
    before: str, text: str, at: int | None, after: str
) -> None:
    def add(file: File) -> Edits:
        return [file.add_argument(call, text, at) for call in file.find("f($$$_)")]

    assert made("python", before, add) == after


def test_two_arguments_that_are_added_to_none_are_two() -> None:
    def add(file: File) -> Iterator[Edits]:
        for call in file.find("f($$$_)"):
            yield [file.add_argument(call, "a"), file.add_argument(call, "b")]

    assert made("python", "f()\nf(1)\n", add) == "f(a, b)\nf(1, a, b)\n"


@pytest.mark.parametrize(
    ("language", "kind", "before", "after"),
    [
        ("python", "function_definition", "def f(a, **k): pass", "def f(a, new, **k): pass"),
        ("python", "function_definition", "def f(a, *b): pass", "def f(a, *b, new): pass"),
        (
            "javascript",
            "function_declaration",
            "function f(a, ...b) {}",
            "function f(a, new, ...b) {}",
        ),
    ],
)
def test_a_parameter_stands_before_what_takes_the_rest(
    language: str, kind: str, before: str, after: str
) -> None:
    def add(file: File) -> Edits:
        return [file.add_parameter(one, "new") for one in file.find(kind=kind)]

    assert made(language, before, add) == after


def test_an_argument_that_is_not_there_is_said() -> None:
    def name(file: File) -> Iterator[Edits]:
        for call in file.find("f($$$_)"):
            yield file.name_argument(call, call.argument(1), "k")

    with pytest.raises(ValueError, match="line 1 has no such argument; ask for it first"):
        made("python", "f(1)\n", name)


def test_names_of_one_import_go_one_by_one() -> None:
    def transform(file: File) -> Edits:
        return [file.remove_import("typing", name) for name in ("List", "Dict")]

    before = "from typing import (\n    List,  # l\n    Dict,\n    Any,  # a\n)\n"
    assert made("python", before, transform) == "from typing import (\n    Any,  # a\n)\n"
    assert made("python", "from typing import List, Dict\nx\n", transform) == "x\n"
