"""What a change of its kind leaves alone, told from the two trees."""

from dataclasses import replace

import pytest

from validators.checkout import RawChange
from validators.policies.change import Change
from validators.policies.changed_file import ChangedFile
from validators.policies.kinds import kind_findings
from validators.rules import ChangeKind, Rules
from validators.verdict import Finding

ENTRY = RawChange("M", "100644", "100644", "1" * 40, "2" * 40, "a.py", "a.py")


def change_of(*files: tuple[str, str | None, str | None]) -> Change:
    return Change(
        tuple(replace(ENTRY, path=path, old_path=path) for path, _, _ in files),
        (),
        {},
        tuple(
            ChangedFile(path, path, *(None if text is None else text.encode() for text in texts))
            for path, *texts in files
        ),
    )


def found(kind: ChangeKind, *files: tuple[str, str | None, str | None]) -> list[Finding]:
    return list(kind_findings(change_of(*files), Rules(kind=kind)))


@pytest.mark.parametrize(
    "path",
    ["tests/test_a.py", "test_a.py", "src/a_test.py", "tests/data/a.json", "a.test.ts",
     "tests/conftest.py", "__tests__/a.js"],
)  # fmt: skip
def test_a_change_of_tests_may_touch_tests(path: str) -> None:
    assert found("tests", (path, None, "x\n")) == []


@pytest.mark.parametrize(
    "path", ["a.py", "README.md", "pyproject.toml", "src/latest.py", "test.cfg"]
)
def test_a_change_of_tests_touches_nothing_else(path: str) -> None:
    (one,) = found("tests", ("tests/test_a.py", "", "x\n"), (path, "", "x\n"))

    assert (one.code, one.severity, one.path) == ("source-touched", "block", path)


def test_a_source_that_is_moved_among_the_tests_is_touched() -> None:
    entry = replace(ENTRY, status="R", old_path="a.py", path="tests/a.py")
    change = replace(change_of(), entries=(entry,))

    (one,) = kind_findings(change, Rules(kind="tests"))

    assert (one.code, one.path) == ("source-touched", "a.py")


def test_many_sources_are_counted() -> None:
    (one,) = found("tests", *((f"{name}.py", "", "x\n") for name in "abcde"))

    assert one.message.endswith("a.py, b.py, c.py and 2 more")


DOCSTRING = '"""One."""\n\n\ndef f():\n    """Two."""\n    return 1\n'


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("README.md", "a\n", "b\n"),
        ("README", None, "b\n"),
        ("docs/use.rst", "a\n", None),
        ("docs/shot.png", None, "\x00"),
        ("a.py", "x = 1\n", "x = 1  # why\n"),
        ("a.js", "x = 1;\n", "// why\nx = 1;\n"),
        ("a.py", DOCSTRING, DOCSTRING.replace("Two", "Three")),
        ("a.py", DOCSTRING.replace('    """Two."""\n', ""), DOCSTRING),
        ("a.py", DOCSTRING.replace('"""One."""', ""), DOCSTRING),
        ("a.pyi", 'class A:\n    """A."""\n    x: int\n', "class A:\n    x: int\n"),
    ],
)
def test_prose_comments_and_docstrings_are_documentation(
    path: str, old: str | None, new: str | None
) -> None:
    assert found("docs", (path, old, new)) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "x = 1\n", "x = 2\n"),
        ("a.py", None, "# why\n"),
        ("a.py", "# why\n", None),
        ("a.py", DOCSTRING, DOCSTRING.replace("return 1", "return 2")),
        ("a.py", 'x = """One."""\n', 'x = """Two."""\n'),
        ("a.py", DOCSTRING, DOCSTRING.replace("def f()", "def f(")),
        ("a.py", f"x = {'(' * 60}1{')' * 60}\n", f"'''a'''\nx = {'(' * 60}1{')' * 60}\n"),
        ("a.py", "x = 1\n", "# -*- coding: utf-7 -*-\n'''a'''\nx = 2\n"),
        ("docs/conf.py", "x = 1\n", "x = 2\n"),
        ("requirements.txt", "a\n", "b\n"),
        ("CMakeLists.txt", "a\n", "b\n"),
        ("tests/cases.txt", "a\n", "b\n"),
        ("Makefile", "a\n", "b\n"),
        ("changes.py", "x = 1\n", "x = 2\n"),
    ],
)
def test_all_else_is_for_a_person_to_see(path: str, old: str | None, new: str | None) -> None:
    (one,) = found("docs", ("README.md", "a\n", "b\n"), (path, old, new))

    assert (one.code, one.severity, one.path) == ("code-touched", "ask", path)


def test_a_mode_is_no_documentation() -> None:
    change = change_of(("a.py", "x = 1\n", "x = 1\n"))
    (entry,) = change.entries
    change = replace(change, entries=(replace(entry, new_mode="100755"),))

    assert [one.code for one in kind_findings(change, Rules(kind="docs"))] == ["code-touched"]


def test_an_update_that_updates_nothing_is_for_a_person_to_see() -> None:
    manifest = '[project]\nname = "a"\ndependencies = ["b==1"]\n'
    same = manifest.replace('"a"', '"c"')

    (one,) = found("dependency", ("pyproject.toml", manifest, same), ("a.py", "", "x = 1\n"))

    assert (one.code, one.severity) == ("no-dependency-changed", "ask")
    assert found("dependency", ("pyproject.toml", manifest, manifest.replace("1", "2"))) == []


@pytest.mark.parametrize("kind", ["fix", "feature", "refactor"])
def test_other_kinds_may_touch_what_the_rules_let_them(kind: ChangeKind) -> None:
    assert found(kind, ("a.py", "", "x\n"), ("README.md", "", "x\n")) == []
