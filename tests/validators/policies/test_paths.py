"""Names that some file system cannot hold, or takes for another, are refused when they are new."""

from dataclasses import replace

import pytest

from validators.checkout import RawChange
from validators.policy import Change, judge_change
from validators.rules import Protected, Rules

RULES = Rules(protected=Protected(paths=(), policy="allow"))
ADDED = RawChange("A", "000000", "100644", "0" * 40, "1" * 40, "", "")


def judged(path: str, *standing: str, old_path: str = "") -> list[tuple[str, str]]:
    entry = replace(ADDED, path=path, old_path=old_path or path)
    if old_path:
        entry = replace(entry, old_mode="100644", status="R" if old_path != path else "M")
    sizes = dict.fromkeys((path, *standing), 1)
    return [(f.code, f.severity) for f in judge_change(Change((entry,), (), sizes), RULES)]


@pytest.mark.parametrize(
    "path",
    [
        "../evil.txt",
        "/etc/passwd",
        "..\\evil",
        "C:\\x",
        "C:/x",
        "//server/x",
        "a//b",
        "a/./b",
        "a\nb",
        "a\tb",
        "a\x1b[2Jb",
        "a\u202eb",
        "a\u200bb",
        "x" * 300,
        "a\udc80",
        "name.",
        "folder./a",
        " a",
        "a ",
        "a:stream",
        "a?b",
        "a|b",
        'a"b',
        "<a>",
        "a*b",
        "con",
        "src/NUL.txt",
        "com1.py",
        "GITHUB~1/workflows/a.yml",
        "-rf",
        "--output=x",
    ],
)
def test_a_new_name_that_leads_out_or_misleads_is_refused(path: str) -> None:
    assert judged(path) == [("bad-path", "block")]
    assert judged(path, old_path="a.py") == [("bad-path", "block")]


@pytest.mark.parametrize(
    "path",
    [".git/hooks/x", ".GIT/x", "sub/.git/config", "git~1/config", ".g\u200cit/config", ".git./x"],
)
def test_what_may_be_gits_own_directory_is_refused(path: str) -> None:
    assert judged(path) == [("git-directory", "block")]


@pytest.mark.parametrize(
    "path",
    [
        "src/pages/[id].tsx",
        "app/(group)/@modal/page.tsx",
        "docs/Über uns.md",
        "src/a+b=c.py",
        "a~",
        "console.py",
        "docs/-/index.html",
        "...a",
        "src/日本語.txt",
    ],
)
def test_ordinary_names_are_let_through(path: str) -> None:
    assert judged(path) == []


@pytest.mark.parametrize("path", ["cassettes/a:b.yaml", "a.", "aux.py"])
def test_an_odd_name_that_was_there_may_stay(path: str) -> None:
    assert judged(path, old_path=path) == []


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("Setup.py", "setup.py"),
        ("docs/a", "Docs"),
        ("straße", "STRASSE"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("src/K", "src/\u212a"),
    ],
)
def test_a_new_name_that_is_another_files_elsewhere_is_refused(path: str, other: str) -> None:
    assert judged(path, other) == [("name-collision", "block")]
    assert judged(path, other, old_path="x") == [("name-collision", "block")]


def test_names_that_differ_collide_with_nothing() -> None:
    assert judged("Setup.py", "setup.cfg", "sub/setup.py") == []
    assert judged("docs/b", "Docs/a") == []
    assert judged("Setup.py", "setup.py", old_path="Setup.py") == []
