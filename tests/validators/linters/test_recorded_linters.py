"""Real output of linters that ran on one small tree at /workspace.

Recorded with ruff 0.17.5, mypy 2.4.1, flake8 7.5.0, pycodestyle 2.15.0, pyflakes 4.1.0,
pylint 4.1.4, bandit 1.9.4, yamllint 1.38.0, eslint 9.39.5, typescript 7.0.2, pyright 1.1.414,
biome 2.6.8, oxlint 1.94.0, jshint 2.13.6, stylelint 17.16.0, clippy of Rust 1.95.0, go 1.19 vet.
"""

from pathlib import Path

import pytest

from validators.linters.lint_output import LintOutput, read_lint
from validators.reports import LintMark

RECORDED = Path(__file__).parent / "recorded"
Place = tuple[str, int, str]

RUFF: set[Place] = {
    ("odd names/é (1).py", 1, "F401"),
    ("odd names/é (1).py", 1, "I001"),
    ("odd names/é (1).py", 2, "F821"),
    ("src/app.py", 1, "F401"),
    ("src/app.py", 2, "F401"),
    ("src/app.py", 6, "F821"),
    ("src/broken.py", 1, "invalid-syntax"),
}
ESLINT: set[Place] = {
    ("odd names/é (1).js", 1, "no-unused-vars"),
    ("odd names/é (1).js", 1, "no-undef"),
    ("src/a.js", 1, "no-unused-vars"),
    ("src/a.js", 2, "no-unused-vars"),
    ("src/a.js", 3, "no-unused-vars"),
    ("src/a.js", 5, "no-undef"),
    ("src/broken.js", 1, "parse-error"),
}
ESLINT_WARNS: set[Place] = {("src/a.js", 4, "eqeqeq"), ("src/a.js", 4, "no-debugger")}
MYPY: set[Place] = {
    ("src/app.py", 6, "no-any-return"),
    ("src/app.py", 6, "name-defined"),
    ("src/app.py", 10, "assignment"),
}
TSC: set[Place] = {
    ("src/a.ts", 2, "TS2322"),
    ("src/a.ts", 2, "TS6133"),
    ("src/a.ts", 3, "TS2304"),
    ("src/a.ts", 5, "TS2322"),
    ("src/a.ts", 5, "TS6133"),
    ("src/a.ts", 6, "TS2345"),
}
PYLINT: set[Place] = {
    ("src/app.py", 1, "C0114"),
    ("src/app.py", 1, "W0611"),
    ("src/app.py", 2, "W0611"),
    ("src/app.py", 5, "C0116"),
    ("src/app.py", 5, "W0613"),
    ("src/app.py", 6, "E0602"),
    ("src/app.py", 9, "C0116"),
    ("src/app.py", 11, "C0121"),
}
FLAKE: set[Place] = {
    ("src/app.py", 1, "F401"),
    ("src/app.py", 2, "F401"),
    ("src/app.py", 6, "F821"),
    ("src/app.py", 11, "E711"),
    ("src/broken.py", 1, "E999"),
}


def recorded(name: str) -> LintOutput:
    output = read_lint((RECORDED / f"{name}.txt").read_text("utf-8"), "", {})
    assert output is not None
    return output


def places(marks: tuple[LintMark, ...]) -> set[Place]:
    return {(mark.path, mark.line, mark.code) for mark in marks}


@pytest.mark.parametrize(
    ("name", "tool", "expected", "count"),
    [
        *(
            (f"ruff-{form}", "ruff", RUFF, 8)
            for form in ("full", "concise", "json", "sarif", "grouped")
        ),
        ("ruff-json-lines", "ruff", RUFF, None),
        ("ruff-gitlab", "code-quality", RUFF, 8),
        ("ruff-pylint", "flake8", RUFF, None),
        ("mypy-text", "mypy", MYPY, 3),
        ("mypy-pretty", "mypy", MYPY, 3),
        ("mypy-json", "mypy", MYPY, None),
        ("mypy-syntax", "mypy", {("src/broken.py", 1, "syntax")}, 2),
        ("tsc-plain", "tsc", TSC, None),
        ("tsc-pretty", "tsc", TSC, 6),
        ("pylint-parseable", "pylint", PYLINT, None),
        ("pylint-json", "pylint", PYLINT, 8),
        ("pylint-json2", "pylint", PYLINT, 8),
        ("pylint", "pylint", PYLINT | {("src/broken.py", 1, "E0001")}, None),
        ("flake8", "flake8", FLAKE, None),
        ("flake8-pylint", "flake8", FLAKE, None),
        (
            "pyright-json",
            "pyright",
            {
                ("src/app.py", 6, "reportUndefinedVariable"),
                ("src/app.py", 10, "reportAssignmentType"),
            },
            2,
        ),
        (
            "stylelint",
            "listed",
            {
                ("a.css", 1, "color-no-invalid-hex"),
                ("a.css", 1, "property-no-unknown"),
                ("a.css", 2, "block-no-empty"),
            },
            3,
        ),
        (
            "govet",
            "go",
            {
                ("b.go", 4, "undeclared-name-undefinedthing"),
                ("pkg/a.go", 8, "loop-variable-captured-by-func"),
                ("pkg/a.go", 6, "fmt-printf-format-has-arg"),
            },
            None,
        ),
        (
            "pyflakes",
            "pyflakes",
            {
                ("src/app.py", 1, "imported-but-unused"),
                ("src/app.py", 2, "imported-but-unused"),
                ("src/app.py", 6, "undefined-name"),
                ("src/broken.py", 1, "invalid-syntax"),
            },
            None,
        ),
    ],
)
def test_what_a_linter_calls_an_error_is_read_in_each_of_its_formats(
    name: str, tool: str, expected: set[Place], count: int | None
) -> None:
    output = recorded(name)

    assert (output.tool, output.summary_count) == (tool, count)
    assert places(output.marks) == expected
    assert output.agrees
    assert not output.warnings


@pytest.mark.parametrize("form", ["stylish", "json", "unix", "compact", "checkstyle", "sarif"])
def test_eslint_s_formats_all_say_the_same(form: str) -> None:
    output = recorded(f"eslint-{form}")

    syntax = ("src/broken.js", 1, "parse-error")
    expected = ESLINT - {syntax} | {("src/broken.js", 1, "ESL0999")} if form == "sarif" else ESLINT
    assert places(output.marks) == expected
    assert places(output.warnings) == ESLINT_WARNS
    assert output.summary_count == 9
    assert output.agrees


@pytest.mark.parametrize(
    ("name", "tool", "errors", "warnings", "count"),
    [
        ("biome", "biome", 7, 8, 15),
        ("biome-sarif", "biome", 7, 8, 15),
        ("biome-github", "annotations", 7, 8, None),
        ("ruff-github", "annotations", 8, 0, None),
        ("oxlint", "oxlint", 2, 8, 10),
        ("oxlint-unix", "unix", 2, 8, 10),
        ("oxlint-checkstyle", "checkstyle", 2, 8, 10),
        ("oxlint-sarif", "oxlint", 2, 8, 10),
        ("clippy-short", "compiler", 0, 2, None),
        ("clippy-human", "compiler", 0, 2, None),
        ("clippy-json", "compiler", 0, 2, None),
        ("yamllint", "listed", 4, 1, None),
        ("yamllint-parsable", "yamllint", 4, 1, None),
        ("jshint", "jshint", 2, 0, 2),
        ("pycodestyle", "flake8", 3, 0, None),
        ("pyright-text", "pyright", 9, 0, 9),
        ("bandit-sarif", "bandit", 1, 0, 1),
        ("mypy-clean", "mypy", 0, 0, 0),
    ],
)
def test_errors_and_warnings_are_told_apart(
    name: str, tool: str, errors: int, warnings: int, count: int | None
) -> None:
    output = recorded(name)

    assert (output.tool, output.summary_count) == (tool, count)
    assert (len(output.marks), len(output.warnings)) == (errors, warnings)
    assert output.agrees


def test_a_recorded_path_is_one_of_the_tree_and_has_a_line() -> None:
    for file in RECORDED.glob("*.txt"):
        output = recorded(file.stem)
        for mark in (*output.marks, *output.warnings):
            assert not mark.path.startswith(("/", "."))
            assert mark.line or output.tool == "bandit"
            assert mark.message
