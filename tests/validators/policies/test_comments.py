"""A change of nothing but comments is told from one of code, documents and strings."""

from dataclasses import replace

import pytest

from validators.checkout import RawChange
from validators.policies.change import Change
from validators.policies.changed_file import ChangedFile
from validators.policies.comments import comment_findings
from validators.policy import judge_change
from validators.rules import Rules

ENTRY = RawChange("M", "100644", "100644", "1" * 40, "2" * 40, "a.py", "a.py")


def change_of(*files: tuple[str, str, str]) -> Change:
    return Change(
        tuple(replace(ENTRY, path=path, old_path=path) for path, _, _ in files),
        (),
        {path: len(new) for path, _, new in files},
        tuple(ChangedFile(path, path, old.encode(), new.encode()) for path, old, new in files),
    )


def found(*files: tuple[str, str, str]) -> list[str]:
    return [finding.code for finding in comment_findings(change_of(*files), "block")]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "x = 1\n", "# why\nx = 1\n"),
        ("a.py", "# why\nx = 1\n", "x = 1\n"),
        ("a.py", "x = 1\n", "x = 1  # why\n"),
        ("a.py", "x = 1\ny = 2\n", "x = 1\n\n\ny = 2\n"),
        ("a.py", "x = 1\n", "x = 1  \r\n"),
        ("a.py", "x = 1\n", "x = 1  # noqa\n"),
        ("a.js", "x = 1;\n", "// why\nx = 1;\n"),
        ("a.go", "x := 1\n", "x := 1 // why\n"),
        ("A.TOML", "x = 1\n", "# why\nx = 1\n"),
    ],
)
def test_a_change_of_comments_alone_is_found(path: str, old: str, new: str) -> None:
    assert found((path, old, new)) == ["comments-only"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", "x = 1\n", "x = 2\n"),
        ("a.py", "x = 1\ny = 2\n", "y = 2\nx = 1\n"),
        ("a.py", "x = '# a'\n", "x = '# b'\n"),
        ("a.py", '"""\nOne.\n"""\n', '"""\nTwo.\n"""\n'),
        ("a.py", '"""\n# One\n"""\n', '"""\n# Two\n"""\n'),
        ("a.py", 'x = """\na\nb"""\n', 'x = """\na\n\nb"""\n'),
        ("a.py", "if x:\n  y\n", "if x:\n    y\n"),
        ("a.py", "x\n", "#!/usr/bin/env python\nx\n"),
        ("a.py", "x\n", "# -*- coding: latin-1 -*-\nx\n"),
        ("a.go", "package a\n", "//go:build linux\npackage a\n"),
        ("a.js", "/*\n// a\n*/\n", "/*\n// b\n*/\n"),
        ("a.js", "x = `\n// a\n`\n", "x = `\n// b\n`\n"),
        ("a.rs", "fn a() {}\n", "/// What it does.\nfn a() {}\n"),
        ("README.md", "# One\n", "# Two\n"),
        ("CHANGES.rst", "a\n", "\na\n"),
        ("noname", "# a\n", "# b\n"),
    ],
)
def test_any_other_change_is_a_real_one(path: str, old: str, new: str) -> None:
    assert found((path, old, new)) == []


def test_one_real_change_makes_the_whole_real() -> None:
    comment = ("a.py", "x\n", "# why\nx\n")
    assert found(comment, ("b.py", "x\n", "y\n")) == []
    assert found(comment, ("b.md", "x\n", "y\n")) == []
    assert found(comment, ("b.py", "x\n", "x\n# why\n")) == ["comments-only"]


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, status="R", old_path="b.py"),
        replace(ENTRY, new_mode="100755"),
        replace(ENTRY, old_mode="000000"),
        replace(ENTRY, old_mode="120000", new_mode="120000"),
    ],
)
def test_names_modes_and_new_files_are_real_changes(entry: RawChange) -> None:
    change = replace(change_of(("a.py", "x\n", "# why\nx\n")), entries=(entry,))
    assert list(comment_findings(change, "block")) == []


def test_a_task_about_documentation_may_change_comments_alone() -> None:
    change = change_of(("a.py", "x\n", "# why\nx\n"))
    assert [f.code for f in judge_change(change, Rules())] == ["comments-only"]
    assert judge_change(change, Rules(kind="docs")) == ()
