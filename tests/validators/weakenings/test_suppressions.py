"""Comments that make a tool look away: new ones are found, moved ones are not."""

from collections.abc import Iterator

import pytest

from scoping.grammars import Parser
from validators.weakenings.suites import Touched
from validators.weakenings.suppressions import new_suppressions

Files = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(timeout_s=60.0) as made:
        yield made


def found(parser: Parser, files: Files) -> list[tuple[str, int, bool]]:
    touched = []
    for path, (old, new) in files.items():
        before, after = (parser.suite(path, text.encode(), "comments") for text in (old, new))
        touched.append(Touched(path, path, before, after, old.encode(), new.encode()))
    return [(one.path, one.line, one.certain) for one in new_suppressions(touched)]


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("a.py", "# noqa"),
        ("a.py", "# noqa: E501"),
        ("a.py", "# type: ignore[arg-type]"),
        ("a.py", "# pyright: ignore"),
        ("a.py", "# pylint: disable=all"),
        ("a.py", "# pragma: no cover"),
        ("a.py", "# nosec"),
        ("a.js", "// eslint-disable-line"),
        ("a.js", "/* istanbul ignore */"),
        ("a.ts", "// @ts-ignore"),
        ("a.go", "//nolint"),
        ("a.cpp", "// NOLINT"),
    ],
)
def test_a_suppression_over_code_that_stood_there_silences_it(
    parser: Parser, path: str, comment: str
) -> None:
    assert found(parser, {path: ("x = f(1);\n", f"x = f(1);  {comment}\n")}) == [(path, 1, True)]


@pytest.mark.parametrize(
    ("path", "comment"), [("a.py", "# noqa"), ("a.js", "// eslint-disable-line")]
)
def test_a_suppression_beside_new_code_is_for_a_person(
    parser: Parser, path: str, comment: str
) -> None:
    assert found(parser, {path: ("x = 1;\n", f"x = 1;\ny = g(2);  {comment}\n")}) == [
        (path, 2, False)
    ]


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("a.py", "# ruff: noqa"),
        ("a.py", "# ruff: disable[F401]"),
        ("a.py", "# ruff: file-ignore[F401]"),
        ("a.py", "# flake8: noqa"),
        ("a.py", "# type: ignore"),
        ("a.py", "# mypy: ignore-errors"),
        ("a.py", "# pylint: skip-file"),
        ("a.ts", "// @ts-nocheck"),
        ("a.js", "/* eslint-disable */"),
    ],
)
def test_a_suppression_for_a_whole_file_is_certain(parser: Parser, path: str, comment: str) -> None:
    assert found(parser, {path: ("x = 1\n", f"{comment}\nx = 1\n")}) == [(path, 1, True)]


def test_a_suppression_of_the_next_line_is_weighed_by_that_line(parser: Parser) -> None:
    old = "const a = f();\n"
    above = "// eslint-disable-next-line no-undef\n"

    assert found(parser, {"a.js": (old, above + old)}) == [("a.js", 1, True)]
    assert found(parser, {"a.js": (old, old + above + "g();\n")}) == [("a.js", 2, False)]
    assert found(parser, {"a.ts": (old, "// @ts-expect-error\n" + old)}) == [("a.ts", 1, True)]


def test_what_moves_or_gets_narrower_is_not_new(parser: Parser) -> None:
    line = "x = f(1)  # noqa: E501\n"

    assert found(parser, {"a.py": (line, "\n\ny = 2\n" + line)}) == []
    assert found(parser, {"a.py": (line, ""), "b.py": ("", line)}) == []
    assert found(parser, {"a.py": ("x = 1  # noqa\n", "x = 1  # noqa: E501\n")}) == []
    assert found(parser, {"a.py": ("x = 1  # noqa: E501, F401\n", "x = 1  # noqa: F401\n")}) == []


def test_one_that_names_more_than_before_is_new(parser: Parser) -> None:
    assert found(parser, {"a.py": ("x = 1  # noqa: E501\n", "x = 1  # noqa\n")}) == [
        ("a.py", 1, True)
    ]


def test_words_in_strings_and_prose_suppress_nothing(parser: Parser) -> None:
    assert found(parser, {"a.py": ("", 'TEXT = "# noqa"\n"""\n# type: ignore\n"""\n')}) == []
    assert found(parser, {"a.md": ("", "Write `# noqa` here.\n")}) == []


def test_attributes_of_other_languages_are_known(parser: Parser) -> None:
    assert found(parser, {"a.rs": ("fn f() {}\n", "#[allow(dead_code)]\nfn f() {}\n")}) != []
    assert found(parser, {"a.rs": ("fn f() {}\n", "#[ignore]\nfn f() {}\n")}) != []
    assert found(parser, {"a.go": ("f()\n", 't.Skip("x")\nf()\n')}) != []
    assert found(parser, {"A.java": ("int a;\n", "@Disabled\nint a;\n")}) != []
